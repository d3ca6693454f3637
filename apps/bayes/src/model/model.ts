/**
 * A model: data, parameters, what is derived from them, and the log density, written once with values that are recorded.
 * Binding it to data traces it and gives what both backends run.
 */
import { BayesError } from "../errors.ts";
import type { Distribution } from "../distributions/distribution.ts";
import { shapeInWords, type Shape } from "../graph/shape.ts";
import { type Operand, record, toValue, type Value } from "../graph/value.ts";
import type { Constraint } from "./constraint.ts";
import { checkData, type DataOf, type DataSchema } from "./data.ts";

/** Values by name, of parameters or of what is derived from them. */
export type Named = Readonly<Record<string, Value>>;
type ValuesOf<P> = { readonly [K in keyof P]: Value };

/** How the log density is told what holds. */
export interface Statements {
  /** `value` (a parameter, or data) follows a distribution. Vectors: each element by itself. */
  follows(value: Operand, distribution: Distribution): void;
  /** Adds to the log density. */
  add(term: Operand): void;
}

/** What a model consists of. */
export interface ModelDefinition<
  S extends DataSchema,
  P extends Readonly<Record<string, Constraint>>,
  D extends Named,
> {
  /** For reports. Default: `model`. */
  readonly name?: string;
  /** The data that it needs. */
  readonly data: S;
  /** Its parameters; their sizes may depend on the data. */
  parameters(data: DataOf<S>): P;
  /** Values that are reported, and may be used in the density. Default: none. */
  derived?(parameters: ValuesOf<P>, data: DataOf<S>): D;
  /** The log density, up to a constant. */
  density(parameters: ValuesOf<P> & D, data: DataOf<S>, statements: Statements): void;
}

/** A model that can be bound to data. */
export interface Model {
  readonly name: string;
  /**
   * Traces the model with data.
   *
   * @throws BayesError `ERR_BAYES_DATA`, `ERR_BAYES_SHAPE` or `ERR_BAYES_MODEL`, naming what does not fit.
   */
  bind(data: unknown): BoundModel;
}

/** A value that is reported for each draw. */
export interface Reported {
  readonly name: string;
  readonly shape: Shape;
  readonly value: Value;
  readonly isDerived: boolean;
}

/** Where a parameter lies among the unconstrained numbers. */
export interface ParameterPlace {
  readonly name: string;
  /** Name of its constraint: `positive`. */
  readonly constraint: string;
  /** Of the constrained value. */
  readonly shape: Shape;
  /** Of its first unconstrained number. */
  readonly offset: number;
  /** Unconstrained numbers. */
  readonly size: number;
}

/** A traced model with its data. */
export interface BoundModel {
  readonly name: string;
  /** What it was bound to: the entries that the model asks for. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Names of the data that are stated to follow a distribution. */
  readonly observed: readonly string[];
  /** Unconstrained parameters. */
  readonly dimension: number;
  /** What those are, in their order. */
  readonly parameters: readonly ParameterPlace[];
  /** Parameters, then what is derived. */
  readonly reported: readonly Reported[];
  /** Of the unconstrained parameters, Jacobians included. */
  readonly logDensity: Value;
  /** Its summands, by what they are about: which of them is not finite can be told. */
  readonly terms: readonly { readonly label: string; readonly value: Value }[];
}

/** Values that an error names. */
const MOST_NAMED = 4;

/** Defines a model. */
export function model<
  const S extends DataSchema,
  P extends Readonly<Record<string, Constraint>>,
  // Nothing derived: no names beyond those of the parameters.
  // oxlint-disable-next-line typescript/no-generated-empty-object-type
  D extends Named = Record<never, Value>,
>(definition: ModelDefinition<S, P, D>): Model {
  const name = definition.name ?? "model";
  return { name, bind: (data) => bind(name, definition, checkData(definition.data, data)) };
}

function bind<S extends DataSchema, P extends Readonly<Record<string, Constraint>>, D extends Named>(
  name: string,
  definition: ModelDefinition<S, P, D>,
  data: DataOf<S>,
): BoundModel {
  const constraints = definition.parameters(data);
  const terms: { label: string; value: Value }[] = [];
  const parameters: Record<string, Value> = {};
  const places: ParameterPlace[] = [];
  let dimension = 0;
  for (const [parameter, constraint] of Object.entries(constraints)) {
    checkSize(parameter, constraint);
    const size = constraint.unconstrainedSize;
    const free = record({ kind: "parameter", offset: dimension }, [], [size]);
    const { value, logJacobian } = constraint.transform(free);
    parameters[parameter] = value;
    if (logJacobian) terms.push({ label: `the constraint of ${parameter}`, value: logJacobian });
    places.push({ name: parameter, constraint: constraint.name, shape: constraint.shape, offset: dimension, size });
    dimension += size;
  }
  if (dimension === 0) throw new BayesError("ERR_BAYES_MODEL", `${name} has no parameters`);
  const asked = refuseUnknown(parameters, "parameter") as ValuesOf<P>;
  const inputs = { ...data, ...parameters };
  const derived: Named = nameShapes(inputs, () => definition.derived?.(asked, data) ?? {});
  const names = nameValues({ ...data, ...parameters, ...derived });
  const observed = new Set<string>();
  const statements: Statements = {
    follows(value, distribution) {
      const name = names.get(value);
      if (name !== undefined && Object.hasOwn(definition.data, name)) observed.add(name);
      const label = `${name ?? shapeInWords(toValue(value).shape)} ~ ${distribution.name}`;
      terms.push({ label, value: totalOf(label, () => distribution.logProb(value)) });
    },
    add: (term) => void terms.push({ label: "an added term", value: toValue(term).sum() }),
  };
  const all = refuseUnknown({ ...parameters, ...derived }, "parameter or derived value");
  nameShapes({ ...inputs, ...derived }, () => definition.density(all as ValuesOf<P> & D, data, statements));
  const [first, ...rest] = terms;
  if (!first) throw new BayesError("ERR_BAYES_MODEL", `${name} states no density: call follows() or add()`);
  const logDensity = rest.reduce((total, { value }) => total.add(value), first.value);
  const report =
    (isDerived: boolean) =>
    ([each, value]: [string, Value]): Reported => {
      return { name: each, shape: value.shape, value, isDerived };
    };
  const reported = [...Object.entries(parameters).map(report(false)), ...Object.entries(derived).map(report(true))];
  const asData = Object.fromEntries(Object.keys(definition.data).map((each) => [each, data[each]]));
  return {
    name,
    data: asData,
    observed: [...observed],
    dimension,
    parameters: places,
    reported,
    logDensity,
    terms,
  };
}

function checkSize(parameter: string, { name, shape, unconstrainedSize }: Constraint): void {
  const isRight = [...shape, unconstrainedSize].every((length) => Number.isInteger(length) && length > 0);
  if (isRight) return;
  throw new BayesError("ERR_BAYES_MODEL", `parameter "${parameter}" (${name}) has no size: ${shapeInWords(shape)}`, {
    parameter,
    shape,
  });
}

/** Each element counts: a distribution of a number, given a vector of parameters, is one of each of them. */
function totalOf(label: string, logProb: () => Value): Value {
  try {
    return logProb().sum();
  } catch (error) {
    if (error instanceof BayesError)
      throw new BayesError(error.code, `${label}: ${error.message}`, error.details, error);
    throw error;
  }
}

/** Whose shapes they are that do not fit. */
function nameShapes<T>(values: Readonly<Record<string, unknown>>, trace: () => T): T {
  try {
    return trace();
  } catch (error) {
    if (!(error instanceof BayesError) || error.code !== "ERR_BAYES_SHAPE") throw error;
    const shapes = Object.entries(values).map(([name, value]) => [name, shapeInWords(toShape(value))] as const);
    const named = shapes
      .filter(([, shape]) => error.message.includes(shape) && shape !== "number")
      .slice(0, MOST_NAMED);
    if (named.length === 0) throw error;
    const list = named.map(([name, shape]) => `${name} is ${shape}`).join(", ");
    throw new BayesError(error.code, `${error.message} (${list})`, error.details, error);
  }
}

const toShape = (value: unknown): Shape => {
  if (!Array.isArray(value)) return (value as Partial<Value>).shape ?? [];
  const rows: readonly unknown[] = value;
  return [rows.length, ...toShape(rows[0] ?? 0)];
};

function nameValues(values: Readonly<Record<string, unknown>>): Map<unknown, string> {
  return new Map(Object.entries(values).map(([name, value]) => [value, name]));
}

/** Reading a name that does not exist is an error at once, not an `undefined` that fails elsewhere. */
function refuseUnknown(values: Readonly<Record<string, Value>>, what: string): Readonly<Record<string, Value>> {
  return new Proxy(values, {
    get(target, name) {
      if (typeof name !== "string" || name in target) return Reflect.get(target, name) as unknown;
      const known = Object.keys(target).join(", ");
      throw new BayesError("ERR_BAYES_MODEL", `there is no ${what} "${name}": there are ${known}`, { name });
    },
  });
}
