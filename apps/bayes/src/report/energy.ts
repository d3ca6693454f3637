/**
 * How well the energy of a chain moves: the fraction of its variance that one transition renews (E-BFMI: M. Betancourt,
 * Diagnosing Suboptimal Cotangent Disintegrations in Hamiltonian Monte Carlo, arXiv:1604.00695).
 */

/** Below this, tails are explored slowly. */
export const LOW_ENERGY_FRACTION = 0.3;

/** E-BFMI of a chain; NaN where it is too short or its energy never moves. */
export function energyFraction(energy: Float64Array): number {
  if (energy.length < 4) return Number.NaN;
  const mean = energy.reduce((sum, each) => sum + each, 0) / energy.length;
  let [moved, spread] = [0, 0];
  for (let i = 0; i < energy.length; i += 1) {
    if (i > 0) moved += ((energy[i] ?? 0) - (energy[i - 1] ?? 0)) ** 2;
    spread += ((energy[i] ?? 0) - mean) ** 2;
  }
  return spread > 0 ? moved / spread : Number.NaN;
}

/** Energies from their mean, and how much each transition changed them. */
export function energyMoves(energies: readonly Float64Array[]): {
  readonly marginal: Float64Array;
  readonly transitions: Float64Array;
} {
  const marginal = energies.flatMap((energy) => {
    const mean = energy.reduce((sum, each) => sum + each, 0) / energy.length;
    return Array.from(energy, (each) => each - mean);
  });
  const transitions = energies.flatMap((energy) =>
    Array.from(energy.subarray(1), (each, i) => each - (energy[i] ?? 0)),
  );
  return { marginal: Float64Array.from(marginal), transitions: Float64Array.from(transitions) };
}
