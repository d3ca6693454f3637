/** The playground is built and served by itself; nothing of it goes into a package. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: { outDir: "dist", emptyOutDir: true, target: "es2023" },
  // Values are printed with the names of their classes.
  worker: { format: "es", rolldownOptions: { output: { keepNames: true } } },
});
