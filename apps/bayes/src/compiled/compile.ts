/**
 * Turns a traced model into a function that computes its log density and the gradient: straight code and loops over a
 * preallocated arena, so that a call allocates nothing and there is nothing to release. What depends on no parameter is
 * computed once, when the model is compiled.
 */
import { type Node, orderOf } from "../graph/node.ts";
import type { Value } from "../graph/value.ts";
import { emit } from "./emit.ts";
import type { Emitted } from "./emit-loop.ts";
import * as kernels from "./kernels.ts";
import { Layout } from "./layout.ts";
import * as special from "./special.ts";

/** V8 optimises a function up to 60 KB of bytecode; longer code is cut into several. */
const MAX_CODE_CHARACTERS = 16_000;

/** A log density that was compiled, with its gradient. */
export interface CompiledDensity {
  /** Unconstrained parameters. */
  readonly dimension: number;
  /** Of the arena, all of it taken when the model is compiled. */
  readonly arenaBytes: number;
  /** Length of the generated code: the same for ten rows, or steps of a scan, and for ten thousand. */
  readonly codeCharacters: number;
  /** The log density; its derivatives are written into `gradient`. Allocates nothing. */
  valueAndGradient(position: Float64Array, gradient: Float64Array): number;
  /** The log density alone. Allocates nothing. */
  value(position: Float64Array): number;
}

/** Code that was compiled. */
interface Pass {
  readonly characters: number;
  readonly run: (values: Float64Array, derivatives: Float64Array) => void;
}

/** Writes the code of some steps and compiles it, cut into functions. */
function build(parts: readonly string[], tables: readonly Int32Array[]): Pass {
  const chunks: string[] = [];
  let chunk = "";
  for (const part of parts) {
    if (chunk !== "" && chunk.length + part.length > MAX_CODE_CHARACTERS) {
      chunks.push(chunk);
      chunk = "";
    }
    chunk += `${part}\n`;
  }
  chunks.push(chunk);
  const scope: Record<string, unknown> = { ...kernels, ...special };
  for (const [index, table] of tables.entries()) scope[`T${index}`] = table;
  const names = Object.keys(scope);
  const functions = chunks.map((code, index) => `function f${index}(V, A) {\n${code}}`);
  const calls = chunks.map((_, index) => `f${index}(V, A);`);
  const source = `"use strict";\n${functions.join("\n")}\nreturn (V, A) => { ${calls.join(" ")} };`;
  // The source is made from the operations of the model alone: no text of the model or of its data goes into it.
  // oxlint-disable-next-line typescript/no-implied-eval
  const run = new Function(...names, source)(...Object.values(scope)) as Pass["run"];
  return { characters: source.length, run };
}

/** Where everything lies, before anything is taken. */
interface Plan {
  readonly layout: Layout;
  /** What is computed once. */
  readonly known: readonly Node[];
  /** What is computed in each call. */
  readonly variable: readonly Node[];
  /** What depends on parameters lies before this. */
  readonly variableSize: number;
}

function plan(outputs: readonly Node[], dimension: number): Plan {
  const order = orderOf(outputs);
  const variable = order.filter((node) => node.isVariable && node.operation.kind !== "parameter");
  const known = order.filter(({ isVariable }) => !isVariable);
  const layout = new Layout();
  layout.placeParameters(order, dimension);
  layout.place(variable);
  const variableSize = layout.size;
  layout.place(known);
  return { layout, known, variable, variableSize };
}

interface Prepared extends Plan {
  readonly values: Float64Array;
  readonly emitted: readonly Emitted[];
}

/** Takes the arena, and computes what is known. */
function prepare(outputs: readonly Node[], dimension: number): Prepared {
  const planned = plan(outputs, dimension);
  const { layout, known, variable } = planned;
  const values = new Float64Array(layout.size);
  for (const node of known) {
    if (node.operation.kind === "constant") values.set(Array.from(node.operation.values), layout.placeOf(node).offset);
  }
  const once = emit(known, layout);
  const emitted = emit(variable, layout);
  build(
    once.map(({ forward }) => forward),
    layout.tables,
  ).run(values, values);
  return { ...planned, values, emitted };
}

/** Bytes of the arena that {@link compileDensity} would take; takes none of them. */
export function predictArenaBytes(density: Value, dimension: number): number {
  const { layout, variableSize } = plan([density.node], dimension);
  return (layout.size + variableSize) * Float64Array.BYTES_PER_ELEMENT;
}

/** Compiles a log density, a single number, of `dimension` unconstrained parameters. */
export function compileDensity(density: Value, dimension: number): CompiledDensity {
  const { node } = density;
  const { layout, values, emitted, variableSize } = prepare([node], dimension);
  const derivatives = new Float64Array(variableSize);
  const forward = build(
    emitted.map((part) => part.forward),
    layout.tables,
  );
  const backward = build(emitted.map((part) => part.backward).toReversed(), layout.tables);
  const at = layout.placeOf(node).offset;
  const value = (position: Float64Array): number => {
    values.set(position);
    forward.run(values, derivatives);
    return values[at] ?? Number.NaN;
  };
  return {
    dimension,
    arenaBytes: values.byteLength + derivatives.byteLength,
    codeCharacters: forward.characters + backward.characters,
    value,
    valueAndGradient(position, gradient) {
      const result = value(position);
      derivatives.fill(0);
      derivatives[at] = 1;
      backward.run(values, derivatives);
      for (let i = 0; i < dimension; i += 1) gradient[i] = derivatives[i] ?? 0;
      return result;
    },
  };
}

/** Compiles values that are wanted for each draw: constrained parameters, derived values. */
export function compileOutputs(
  outputs: readonly Value[],
  dimension: number,
): (position: Float64Array, into: Float64Array) => void {
  const nodes = outputs.map(({ node }) => node);
  const { layout, values, emitted } = prepare(nodes, dimension);
  const forward = build(
    emitted.map((part) => part.forward),
    layout.tables,
  );
  const places = nodes.map((node) => ({ offset: layout.placeOf(node).offset, size: node.size }));
  return (position, into) => {
    values.set(position);
    forward.run(values, values);
    let filled = 0;
    for (const { offset, size } of places) {
      for (let i = 0; i < size; i += 1) into[filled + i] = values[offset + i] ?? 0;
      filled += size;
    }
  };
}
