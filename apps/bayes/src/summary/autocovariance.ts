/**
 * Autocovariances of a chain. Chains that mix need few lags, which are summed directly; those that do not need thousands,
 * and get all at once by the Wiener-Khinchin theorem: the inverse Fourier transform of the power spectrum.
 */

/** Beyond so many lags the transform is cheaper. */
const DIRECT_LAGS = 128;

/** Gives the autocovariance of a chain at a lag, over the whole length. */
export function autocovarianceOf(chain: ArrayLike<number>, center: number): (lag: number) => number {
  let all: Float64Array | undefined;
  return (lag) => {
    if (lag >= DIRECT_LAGS) {
      all ??= transformed(chain, center);
      return all[lag] ?? Number.NaN;
    }
    let sum = 0;
    for (let i = 0; i + lag < chain.length; i += 1)
      sum += ((chain[i] ?? 0) - center) * ((chain[i + lag] ?? 0) - center);
    return sum / chain.length;
  };
}

function transformed(chain: ArrayLike<number>, center: number): Float64Array {
  // Zeros of the chain's length follow it: its end must not meet its start.
  const size = 2 ** Math.ceil(Math.log2(2 * chain.length));
  const [real, imaginary] = [new Float64Array(size), new Float64Array(size)];
  for (let i = 0; i < chain.length; i += 1) real[i] = (chain[i] ?? 0) - center;
  transform(real, imaginary);
  for (let i = 0; i < size; i += 1) {
    real[i] = (real[i] ?? 0) ** 2 + (imaginary[i] ?? 0) ** 2;
    imaginary[i] = 0;
  }
  // A power spectrum is even: its forward transform is its inverse one, but for the scale.
  transform(real, imaginary);
  return real.subarray(0, chain.length).map((each) => each / size / chain.length);
}

/** The discrete Fourier transform, in place; the length must be a power of 2 (J. W. Cooley and J. W. Tukey, 1965). */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i += 1) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [real[i], real[j]] = [real[j] ?? 0, real[i] ?? 0];
    [imaginary[i], imaginary[j]] = [imaginary[j] ?? 0, imaginary[i] ?? 0];
  }
  for (let half = 1; half < size; half *= 2)
    for (let k = 0; k < half; k += 1) {
      const [cosine, sine] = [Math.cos((Math.PI * k) / half), -Math.sin((Math.PI * k) / half)];
      for (let even = k; even < size; even += 2 * half) {
        const odd = even + half;
        const [a, b] = [real[odd] ?? 0, imaginary[odd] ?? 0];
        const [x, y] = [a * cosine - b * sine, a * sine + b * cosine];
        real[odd] = (real[even] ?? 0) - x;
        imaginary[odd] = (imaginary[even] ?? 0) - y;
        real[even] = (real[even] ?? 0) + x;
        imaginary[even] = (imaginary[even] ?? 0) + y;
      }
    }
}
