/** The playground is built and served by itself; nothing of it goes into a package. */
import { defineConfig } from "vite";

/** A page that is isolated so may ask how much memory it uses. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  base: "./",
  server: { headers },
  preview: { headers },
  build: { outDir: "dist", emptyOutDir: true, target: "es2023" },
  // Values are printed with the names of their classes.
  worker: { format: "es", rolldownOptions: { output: { keepNames: true } } },
});
