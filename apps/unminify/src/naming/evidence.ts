/**
 * What the source says of the meaning of its names, noted while it is read. A note refers to an
 * occurrence, because what that stands for is only known when its scope closes; notes are turned into
 * names afterwards (`offline-names.ts`).
 */
import { Column } from "../scope/columns.ts";

/**
 * Kinds of evidence, the strongest first, each with the share of a name's credit that it carries: how
 * often such a name was the author's own, as an estimate.
 */
export const EVIDENCE = {
  "source map": 1,
  model: 0.95,
  exported: 0.95,
  "class name": 0.9,
  "property written": 0.85,
  destructured: 0.85,
  "object key": 0.8,
  "property read": 0.75,
  argument: 0.6,
  constructed: 0.6,
  "call result": 0.55,
  "method parameter": 0.5,
  module: 0.8,
  "text given beside": 0.7,
  "text asked for": 0.55,
  text: 0.5,
  transpiled: 0.9,
  "known code": 0.92,
  super: 0.45,
  convention: 0.5,
  returned: 0.2,
  iteration: 0.5,
  copied: 0.4,
} as const;

/** One of {@link EVIDENCE}. */
export type EvidenceKind = keyof typeof EVIDENCE;

const KINDS = Object.keys(EVIDENCE) as EvidenceKind[];
const NUMBERS = new Map(KINDS.map((kind, index) => [kind, index]));

/** Set in an argument's value when it is an occurrence and no name. */
const IS_OCCURRENCE = 0x8000_0000;
/** Set in a callee that is called with `new`. */
const IS_NEW = 0x8000_0000;

/**
 * Told of a value that a call gives to a parameter: the function's occurrence (or the method's name), the
 * parameter from 0, and the occurrence that is given, or the number of a name that describes the value.
 */
export type ArgumentVisitor = (callee: number, index: number, value: number, isOccurrence: boolean) => void;

/** Notes of one program. */
export class Evidence {
  /** False where nothing is kept of what is noted. */
  get isKept(): boolean {
    return true;
  }

  readonly #hints = [new Column(), new Column(), new Column()] as const;
  readonly #arguments = [new Column(), new Column(), new Column()] as const;
  readonly #methods = [new Column(), new Column(), new Column()] as const;
  readonly #methodArguments = [new Column(), new Column(), new Column()] as const;
  readonly #results = [new Column(), new Column()] as const;
  readonly #returns = [new Column(), new Column()] as const;
  readonly #aliases = [new Column(), new Column()] as const;
  readonly #copies = [new Column(), new Column()] as const;
  readonly #functions = [new Column(), new Column(), new Column()] as const;
  readonly #parameters = new Column();
  readonly #unpacked = new Column();

  /** All notes, in columns. */
  columns(): readonly Column[] {
    return [
      ...this.#hints,
      ...this.#arguments,
      ...this.#methods,
      ...this.#methodArguments,
      ...this.#results,
      ...this.#returns,
      ...this.#aliases,
      ...this.#copies,
      ...this.#functions,
      this.#parameters,
      this.#unpacked,
    ];
  }

  /** `occurrence` could be called `name`. */
  hint(occurrence: number, name: number, kind: EvidenceKind): void {
    const [occurrences, names, kinds] = this.#hints;
    occurrences.push(occurrence);
    names.push(name);
    kinds.push(NUMBERS.get(kind) ?? 0);
  }

  /** A call gives an identifier, or something with a name, to a parameter. */
  argument(callee: number, index: number, value: { name: number } | { occurrence: number }): void {
    const [callees, indices, values] = this.#arguments;
    callees.push(callee);
    indices.push(index);
    values.push("name" in value ? value.name : (value.occurrence | IS_OCCURRENCE) >>> 0);
  }

  /** `to` begins as a copy of `from`; both are occurrences. */
  copy(to: number, from: number): void {
    this.#copies[0].push(to);
    this.#copies[1].push(from);
  }

  /** A property called `name` holds a function with these parameters. */
  method(name: number, firstParameter: number, parameterCount: number): void {
    const [names, firsts, counts] = this.#methods;
    names.push(name);
    firsts.push(firstParameter);
    counts.push(parameterCount);
  }

  /** A property called `name` holds what `occurrence` stands for. */
  alias(name: number, occurrence: number): void {
    this.#aliases[0].push(name);
    this.#aliases[1].push(occurrence);
  }

  /** How many parameters of methods there can be at most, by name and index. */
  get methodParameterCount(): number {
    return this.#methods[0].length * 4 + this.#methodArguments[0].length + this.#aliases[0].length;
  }

  /** A call of a method called `method` gives an identifier, or something with a name, to a parameter. */
  methodArgument(method: number, index: number, value: { name: number } | { occurrence: number }): void {
    const [methods, indices, values] = this.#methodArguments;
    methods.push(method);
    indices.push(index);
    values.push("name" in value ? value.name : (value.occurrence | IS_OCCURRENCE) >>> 0);
  }

  /** `to` begins as the result of calling `callee`, or as a new one of that class; both are occurrences. */
  result(to: number, callee: number, isNew: boolean): void {
    this.#results[0].push(to);
    this.#results[1].push(isNew ? (callee | IS_NEW) >>> 0 : callee);
  }

  /** The function called `occurrence` returns the identifier `returned`. */
  returns(occurrence: number, returned: number): void {
    this.#returns[0].push(occurrence);
    this.#returns[1].push(returned);
  }

  /** A property of `occurrence` is put into a variable of its own. */
  unpack(occurrence: number): void {
    this.#unpacked.push(occurrence);
  }

  /** Occurrences of which a property was put into a variable. */
  unpacked(): Uint32Array {
    return this.#unpacked.view();
  }

  /** Starts the parameters of a function and returns the number of the first. */
  startParameters(): number {
    return this.#parameters.length;
  }

  /** The next parameter: the number of its occurrence, or undefined for a pattern. */
  parameter(occurrence: number | undefined): void {
    this.#parameters.push(occurrence === undefined ? 0 : occurrence + 1);
  }

  /** `occurrence` is the name of a function whose parameters are these. */
  function(occurrence: number, firstParameter: number, parameterCount: number): void {
    const [occurrences, firsts, counts] = this.#functions;
    occurrences.push(occurrence);
    firsts.push(firstParameter);
    counts.push(parameterCount);
  }

  /** Every hint, in the order in which it was noted. */
  hints(visit: (occurrence: number, name: number, kind: EvidenceKind) => void): void {
    forEachRow(this.#hints, (occurrence, name, kind) => visit(occurrence, name, KINDS[kind] ?? "text"));
  }

  /** Every argument of a call to a function with a name. */
  arguments(visit: ArgumentVisitor): void {
    forEachArgument(this.#arguments, visit);
  }

  /** Every argument of a call to a method; `callee` is the number of its name. */
  methodArguments(visit: ArgumentVisitor): void {
    forEachArgument(this.#methodArguments, visit);
  }

  /** Every pair of a property's name and the identifier that it holds. */
  aliases(visit: (name: number, occurrence: number) => void): void {
    forEachPair(this.#aliases, visit);
  }

  /** Every pair of occurrences of which the first begins as a copy of the second. */
  copies(visit: (to: number, from: number) => void): void {
    forEachPair(this.#copies, visit);
  }

  /** Every pair of a name and the function whose result, or the class of which a new one, it begins as. */
  results(visit: (to: number, callee: number, isNew: boolean) => void): void {
    forEachPair(this.#results, (to, callee) => visit(to, callee & ~IS_NEW, (callee & IS_NEW) !== 0));
  }

  /** Every pair of a function's name and an identifier that it returns. */
  returned(visit: (occurrence: number, returned: number) => void): void {
    forEachPair(this.#returns, visit);
  }

  /** Every method: the number of its name, its first parameter and how many it has. */
  methods(visit: (name: number, first: number, count: number) => void): void {
    forEachRow(this.#methods, visit);
  }

  /** Every function with a name: its occurrence, its first parameter and how many it has. */
  functions(visit: (occurrence: number, first: number, count: number) => void): void {
    forEachRow(this.#functions, visit);
  }

  /** The occurrence of a parameter, undefined for a pattern. */
  parameterAt(number: number): number | undefined {
    const occurrence = this.#parameters.get(number);
    return occurrence === 0 ? undefined : occurrence - 1;
  }
}

/** Forgets at once: for a program that is only compared. */
export class NoEvidence extends Evidence {
  override get isKept(): boolean {
    return false;
  }
  override hint(): void {}
  override argument(): void {}
  override copy(): void {}
  override method(): void {}
  override alias(): void {}
  override methodArgument(): void {}
  override result(): void {}
  override returns(): void {}
  override unpack(): void {}
  override parameter(): void {}
  override function(): void {}
}

function forEachPair(
  [firsts, seconds]: readonly [Column, Column],
  visit: (first: number, second: number) => void,
): void {
  for (let index = 0; index < firsts.length; index++) visit(firsts.get(index), seconds.get(index));
}

function forEachRow(
  [firsts, seconds, thirds]: readonly [Column, Column, Column],
  visit: (first: number, second: number, third: number) => void,
): void {
  for (let index = 0; index < firsts.length; index++) visit(firsts.get(index), seconds.get(index), thirds.get(index));
}

function forEachArgument(columns: readonly [Column, Column, Column], visit: ArgumentVisitor): void {
  forEachRow(columns, (callee, index, value) =>
    visit(callee, index, value & ~IS_OCCURRENCE, (value & IS_OCCURRENCE) !== 0),
  );
}
