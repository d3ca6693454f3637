/** Whether the watched program itself is gone, as far as the last reading saw: children of it may live on. */
import type { Recording } from "../monitor/remote/recording.ts";

/** True when it has ended. */
export function hasEnded({ processes }: Recording): boolean {
  return processes[0]?.endedAtMs !== undefined;
}
