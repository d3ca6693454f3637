/**
 * Procedures that work on the machine's registers: `apply`, continuations, values, exceptions, parameters, promises.
 */
import { failure, wrongType } from "../data/errors.ts";
import { Condition, LispPromise, list, listItems, MultipleValues, type Value } from "../data/values.ts";
import { place } from "../machine/evaluate.ts";
import { Resumption, together } from "../machine/resumption.ts";
import {
  CaseLambda,
  Closure,
  Continuation,
  ControlPrimitive,
  Parameter,
  type ParameterLink,
} from "../machine/procedures.ts";
import { dynamicWind } from "../machine/winding.ts";
import { ANY, type PrimitiveTable, toProcedure } from "./table.ts";
import type { Registers } from "../machine/registers.ts";

const consume = new Resumption("call-with-values", (machine, consumer, value) => {
  const values = value instanceof MultipleValues ? value.items : [value];
  machine.call(consumer, [undefined, ...values]);
});

const makeParameter = new Resumption("make-parameter", (machine, converter, value) => {
  machine.value = new Parameter(value, converter);
});

const forced = new Resumption("force", (machine, data, value) => {
  const promise = data as LispPromise;
  if (!promise.state.isDone) {
    machine.barrier.willChange(promise.state);
    if (!(value instanceof LispPromise)) throw wrongType("a promise", value);
    machine.barrier.willChange(value);
    promise.state.isDone = value.state.isDone;
    promise.state.value = value.state.value;
    value.state = promise.state;
  }
  force(machine, promise);
});

function force(machine: Registers, value: Value): void {
  if (!(value instanceof LispPromise)) machine.value = value;
  else if (value.state.isDone) machine.value = value.state.value;
  else {
    machine.pushResume(forced, value);
    machine.call(value.state.value, [undefined]);
  }
}

function callWithCurrentContinuation(machine: Registers, values: Value[]): void {
  machine.call(values[1], [undefined, new Continuation(machine.frame, machine.dynamic)]);
}

/** Adds control. */
export function addControl(table: PrimitiveTable): void {
  const add = (name: string, run: ControlPrimitive["run"], least: number, most = least): void => {
    table.entries.set(name, new ControlPrimitive(name, least, most, run));
  };
  add(
    "apply",
    (machine, [, callee, ...values]) => {
      const last = listItems(values.pop());
      if (last === undefined) throw failure("type", "apply: the last argument is not a list");
      machine.call(callee, [undefined, ...values].concat(last));
    },
    2,
    ANY,
  );
  for (const name of ["call/cc", "call-with-current-continuation"]) add(name, callWithCurrentContinuation, 1);
  add(
    "values",
    (machine, values) => {
      machine.value = together(values.slice(1));
    },
    0,
    ANY,
  );
  add(
    "call-with-values",
    (machine, [, producer, consumer]) => {
      machine.pushResume(consume, consumer);
      machine.call(producer, [undefined]);
    },
    2,
  );
  table.entries.set("dynamic-wind", dynamicWind);
  add(
    "with-exception-handler",
    (machine, [, handler, thunk]) => {
      machine.pushRestore();
      const { dynamic } = machine;
      machine.dynamic = { ...dynamic, handlers: { handler: toProcedure(handler), outer: dynamic.handlers } };
      machine.call(thunk, [undefined]);
    },
    2,
  );
  add(
    "error",
    (machine, [, message, ...irritants]) => {
      const condition = new Condition("error", message, list(irritants));
      if (machine.node !== undefined) place(condition, machine.node.site);
      machine.raise(condition, false);
    },
    1,
    ANY,
  );
  add("raise", (machine, [, payload]) => machine.raise(payload, false), 1);
  add("raise-continuable", (machine, [, payload]) => machine.raise(payload, true), 1);
  add(
    "call-with-fuel",
    (machine, [, steps, thunk]) => {
      if (typeof steps !== "number" || steps < 0) throw wrongType("a number of steps", steps);
      machine.pushRestore();
      const { dynamic } = machine;
      machine.dynamic = { ...dynamic, fuelEnd: Math.min(dynamic.fuelEnd, machine.steps + steps) };
      machine.call(thunk, [undefined]);
    },
    2,
  );
  add(
    "make-parameter",
    (machine, [, value, converter = false]) => {
      if (converter === false) machine.value = new Parameter(value, false);
      else {
        machine.pushResume(makeParameter, converter);
        machine.call(converter, [undefined, value]);
      }
    },
    1,
    2,
  );
  add(
    "%with-parameters",
    (machine, [, parameters, values, thunk]) => {
      const items = listItems(values) ?? [];
      machine.pushRestore();
      let link: ParameterLink | undefined = machine.dynamic.parameters;
      for (const [index, parameter] of (listItems(parameters) ?? []).entries()) {
        if (!(parameter instanceof Parameter)) throw wrongType("a parameter", parameter);
        link = { parameter, value: items[index], outer: link };
      }
      machine.dynamic = { ...machine.dynamic, parameters: link };
      machine.call(thunk, [undefined]);
    },
    3,
  );
  table.add(
    "%parameter-converter",
    (value) => {
      if (value instanceof Parameter) return value.converter;
      throw wrongType("a parameter", value);
    },
    1,
  );
  add("force", (machine, [, value]) => force(machine, value), 1);
  table.add("%delay-force", (thunk) => new LispPromise({ isDone: false, value: thunk }), 1);
  table.add(
    "make-promise",
    (value) => (value instanceof LispPromise ? value : new LispPromise({ isDone: true, value })),
    1,
  );
  table.add("promise?", (value) => value instanceof LispPromise, 1);
  table.add(
    "%case-lambda",
    (...cases) => {
      return new CaseLambda(cases.filter((each) => each instanceof Closure));
    },
    0,
    ANY,
  );
}
