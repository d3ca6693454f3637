/** What a supervisor tells, and on which channels. */
import { Topic } from "../monitor/topic.ts";
import type { SupervisorEvents } from "./supervisor-options.ts";

/** One topic for each event. */
export type SupervisorTopics = { readonly [Name in keyof SupervisorEvents]: Topic<SupervisorEvents[Name]> };

/** Topics of a supervisor; their channels are the same for all of a process. */
export function createTopics(): SupervisorTopics {
  return {
    start: new Topic("plimsoll:instance:start"),
    ready: new Topic("plimsoll:instance:ready"),
    replace: new Topic("plimsoll:instance:replace"),
    end: new Topic("plimsoll:instance:end"),
    trouble: new Topic("plimsoll:supervisor:trouble"),
  };
}
