/**
 * Readable names for minified JavaScript.
 */
export { analyse } from "./scope/analyse.ts";
export { assignNames } from "./rename/assign-names.ts";
export { edits } from "./rename/edits.ts";
export { proposeNames } from "./naming/offline-names.ts";
