/**
 * Random numbers that can be seeded and resumed: the Mersenne Twister, and normal numbers by the improved ziggurat
 * method, both of stdlib. Chains of one run get seeds of their own, derived from one.
 */
import ziggurat from "@stdlib/random-base-improved-ziggurat";

/** A stream of random numbers. */
export interface Random {
  /** In [0, 1), of 53 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Everything that is needed to go on, for a checkpoint. */
  state(): Uint32Array;
}

const MAX_SEED = 2 ** 32 - 1;

/** Begins a stream; the same seed and chain give the same numbers. */
export function seededRandom(seed: number, chain: number): Random {
  return streamOf(ziggurat.factory({ seed: [Math.trunc(Math.abs(seed)) % MAX_SEED, chain + 1, 0x706c696d] }));
}

/** Goes on where a stream was. */
export function resumedRandom(state: Uint32Array): Random {
  return streamOf(ziggurat.factory({ state }));
}

/** Both kinds of numbers come from one twister: its state is all there is. */
function streamOf(normal: ReturnType<typeof ziggurat.factory>): Random {
  return { uniform: normal.PRNG, normal: () => normal(), state: () => Uint32Array.from(normal.state) };
}
