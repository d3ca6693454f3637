/**
 * What a program is given so that it finds the watcher: variables of its environment when it is started, a pass when
 * it runs already. Both name the socket and the preload, and say how often and how far the program is looked at.
 */
import { SOCKET_VARIABLE } from "../../base/wire.ts";
import type { BoardingPass } from "./attach/boarding.ts";
import { appendPreload } from "./node-options.ts";
import type { RunDirectory } from "./run-directory.ts";

/** How the program is looked at. */
export interface PassageOptions {
  /** Milliseconds between samples, inside and outside. Default: 500. */
  readonly sampleIntervalMs?: number;
  /** Whether profiles may be asked for, each of which forces a collection. Default: true. */
  readonly allowProfiles?: boolean;
}

/** The environment to start a program with: the preload appended to NODE_OPTIONS, and the socket's path. */
export function makeEnvironment(
  base: NodeJS.ProcessEnv,
  { preloadFile, socketPath }: RunDirectory,
  { sampleIntervalMs, allowProfiles }: PassageOptions,
): NodeJS.ProcessEnv {
  return {
    ...base,
    NODE_OPTIONS: appendPreload(base["NODE_OPTIONS"], preloadFile),
    [SOCKET_VARIABLE]: socketPath,
    ...(sampleIntervalMs === undefined ? {} : { PLIMSOLL_INTERVAL_MS: String(sampleIntervalMs) }),
    ...(allowProfiles === false ? { PLIMSOLL_PROFILES: "off" } : {}),
  };
}

/** The pass for a program that runs already. */
export function makeBoardingPass(
  isInherited: boolean,
  { preloadFile, socketPath }: RunDirectory,
  { sampleIntervalMs, allowProfiles }: PassageOptions,
): BoardingPass {
  return {
    socketPath,
    preloadFile,
    ...(sampleIntervalMs === undefined ? {} : { intervalMs: sampleIntervalMs }),
    ...(allowProfiles === undefined ? {} : { mayProfile: allowProfiles }),
    isInherited,
  };
}
