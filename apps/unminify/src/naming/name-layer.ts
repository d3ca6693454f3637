/**
 * Names that go before others: what a source map or a model says lies over what the source itself says,
 * which shows wherever the layer has nothing. 4 bytes a binding.
 */
import { RESERVED_WORDS } from "../rename/reserved-words.ts";
import type { Analysis } from "../scope/analyse.ts";
import { EVIDENCE, type EvidenceKind } from "./evidence.ts";
import type { NameProposals, ProposedName } from "./proposals.ts";

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const MAX_NAME_LENGTH = 60;

/** True for what can be a binding's name in any kind of code, in ASCII. */
export function isName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && IDENTIFIER.test(text) && !RESERVED_WORDS.has(text);
}

/** Proposals over other proposals. */
export class NameLayer implements NameProposals {
  readonly #below: NameProposals;
  readonly #kind: EvidenceKind;
  /** Number of the name plus 1; 0 for none. */
  readonly #names: Uint32Array;
  /** How many bindings it has a name for. */
  size = 0;

  constructor(analysis: Analysis, below: NameProposals, kind: EvidenceKind) {
    this.#below = below;
    this.#kind = kind;
    this.#names = new Uint32Array(analysis.bindings.size);
  }

  /** Proposes the name with a number for the binding with a root. */
  set(root: number, name: number): void {
    if (this.#names[root] === 0) this.size++;
    this.#names[root] = name + 1;
  }

  get(root: number): ProposedName | undefined {
    const name = this.#names[root] ?? 0;
    return name === 0 ? this.#below.get(root) : { name: name - 1, kind: this.#kind, weight: EVIDENCE[this.#kind] };
  }
}
