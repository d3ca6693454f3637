/**
 * `dynamic-wind` and the entering of continuations, which calls what lies on the way out and in.
 */
import { Resumption, together } from "./resumption.ts";
import type { Value } from "../data/values.ts";
import { type Continuation, ControlPrimitive, type Dynamic, type Winder } from "./procedures.ts";
import type { Registers } from "./registers.ts";

interface Journey {
  /** What is called on the way, and the state it is called in. */
  readonly stops: readonly { readonly thunk: Value; readonly dynamic: Dynamic }[];
  readonly next: number;
  readonly target: Continuation;
  readonly values: readonly Value[];
}

const travelOn: Resumption = new Resumption("travel", (machine, data) => travel(machine, data as Journey));

function travel(machine: Registers, journey: Journey): void {
  const stop = journey.stops[journey.next];
  const { target } = journey;
  machine.frame = target.frame;
  if (stop === undefined) {
    machine.dynamic = target.dynamic;
    machine.value = together(journey.values);
    return;
  }
  machine.pushResume(travelOn, { ...journey, next: journey.next + 1 });
  machine.dynamic = stop.dynamic;
  machine.call(stop.thunk, [undefined]);
}

/** Enters a continuation with these values. */
export function rewind(machine: Registers, target: Continuation, values: readonly Value[]): void {
  let [from, to] = [machine.dynamic.winder, target.dynamic.winder];
  if (from === to) {
    machine.frame = target.frame;
    machine.dynamic = target.dynamic;
    machine.value = together(values);
    return;
  }
  const out: Winder[] = [];
  const into: Winder[] = [];
  while (from !== to) {
    if (from !== undefined && (to === undefined || from.depth >= to.depth)) {
      out.push(from);
      from = from.outer.winder;
    } else if (to !== undefined) {
      into.push(to);
      to = to.outer.winder;
    }
  }
  const stops = [
    ...out.map(({ after, outer }) => ({ thunk: after, dynamic: outer })),
    ...into.reverse().map(({ before, outer }) => ({ thunk: before, dynamic: outer })),
  ];
  travel(machine, { stops, next: 0, target, values });
}

const entered = new Resumption("wind-entered", (machine, data) => {
  const [winder, thunk] = data as [Winder, Value];
  machine.pushResume(left, winder);
  machine.dynamic = { ...machine.dynamic, winder };
  machine.call(thunk, [undefined]);
});

const left = new Resumption("wind-left", (machine, data, value) => {
  const winder = data as Winder;
  machine.dynamic = winder.outer;
  machine.pushResume(giveBack, value);
  machine.call(winder.after, [undefined]);
});

const giveBack = new Resumption("give-back", (machine, data) => {
  machine.value = data;
});

/** `dynamic-wind`. */
export const dynamicWind = new ControlPrimitive("dynamic-wind", 3, 3, (machine, [, before, thunk, after]) => {
  const outer = machine.dynamic;
  const winder: Winder = { before, after, outer, depth: (outer.winder?.depth ?? 0) + 1 };
  machine.pushResume(entered, [winder, thunk]);
  machine.call(before, [undefined]);
});
