/**
 * Another process, seen through the preload's channel and from outside.
 */
export { launch, type Launched, type LaunchOptions } from "./launch.ts";
export type * from "./recording.ts";
export { RemoteWatch, type RemoteWatchOptions } from "./remote-watch.ts";
