/**
 * Another process, seen through the preload's channel and from outside.
 */
export { type AttachOptions, type Attached, attachInspector } from "./attach/attach-inspector.ts";
export type { BoardingPass } from "./attach/boarding.ts";
export { isRefusal, type Refusal, type RefusalReason } from "./attach/refusal.ts";
export { launch, type Launched, type LaunchOptions } from "./launch.ts";
export type * from "./recording.ts";
export { RemoteWatch, type RemoteWatchOptions } from "./remote-watch.ts";
