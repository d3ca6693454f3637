/** `node --import` of this: what imports better-sqlite3 gets the one that is installed here. */
import { register } from "node:module";

const hooks = `
  export const resolve = (specifier, context, next) =>
    next(specifier, specifier === "better-sqlite3" ? { ...context, parentURL: ${JSON.stringify(import.meta.url)} } : context);`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
