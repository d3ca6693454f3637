/**
 * Random numbers that can be seeded and resumed: the Mersenne Twister, and normal numbers by the improved ziggurat
 * method, both of stdlib. Chains of one run get seeds of their own, derived from one.
 */
import ziggurat from "@stdlib/random-base-improved-ziggurat";
import mersenne from "@stdlib/random-base-mt19937";

/** A stream of random numbers. */
export interface Random {
  /** In [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Everything that is needed to go on, for a checkpoint. */
  state(): number[];
}

const MAX_SEED = 2 ** 32 - 1;

/** Begins a stream; the same seed and chain give the same numbers. */
export function seededRandom(seed: number, chain: number): Random {
  return streamOf(mersenne.factory({ seed: [Math.trunc(Math.abs(seed)) % MAX_SEED, chain + 1, 0x706c696d] }));
}

/** Goes on where a stream was. */
export function resumedRandom(state: readonly number[]): Random {
  return streamOf(mersenne.factory({ state: Uint32Array.from(state) }));
}

function streamOf(integers: ReturnType<typeof mersenne.factory>): Random {
  // 53 bits of two numbers of 32, as its authors do.
  const uniform = (): number => ((integers() >>> 5) * 2 ** 26 + (integers() >>> 6)) / 2 ** 53;
  const normal = ziggurat.factory({ prng: uniform });
  return { uniform, normal: () => normal(), state: () => Array.from(integers.state) };
}
