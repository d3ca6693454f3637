/**
 * Readable names for minified JavaScript.
 */
export { analyse } from "./scope/analyse.ts";
export { assignNames } from "./rename/assign-names.ts";
export { edits } from "./rename/edits.ts";
export { namesFromMap } from "./map/names-from-map.ts";
export { namesFromModel } from "./model/names-from-model.ts";
export { proposeNames } from "./naming/offline-names.ts";
export { unminify } from "./unminify.ts";
