/** The server's own version, as its package tells it. */
import { createRequire } from "node:module";

const { version: read } = createRequire(import.meta.url)("../../package.json") as { readonly version: string };

/** Such as `0.1.0`. */
export const version: string = read;
