/**
 * How figures are written: as many decimals as the spread of a quantity justifies, the same ones for its mean and its
 * quantiles, so that a row can be read across.
 */
import type { Summary } from "../summary/effective-sample-size.ts";

/** What stands where there is no figure. */
const NONE = "–";
const MOST_DECIMALS = 6;

/** A quantity's figures as text. */
export type Row = Readonly<Record<keyof Summary, string>>;

/** Writes a summary with decimals that fit its standard deviation: three or four significant digits of it. */
export function rowOf(summary: Summary): Row {
  const { sd, mean, q5, q95 } = summary;
  const spread = sd > 0 ? sd : Math.abs(mean) || 1;
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(spread / 2)));
  const isPlain = decimals <= MOST_DECIMALS && Math.max(Math.abs(q5), Math.abs(q95), Math.abs(mean)) < 1e7;
  const write = (value: number, places = decimals): string => {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? NONE : value > 0 ? "∞" : "-∞";
    const text = isPlain ? value.toFixed(Math.min(20, Math.max(0, places))) : value.toExponential(2);
    // No "-0.00".
    return Number(text) === 0 ? text.replace("-", "") : text;
  };
  return {
    mean: write(summary.mean),
    sd: write(sd),
    mcse:
      isPlain && summary.mcse < 100
        ? write(summary.mcse, 1 - Math.floor(Math.log10(summary.mcse)))
        : write(summary.mcse),
    q5: write(q5),
    q50: write(summary.q50),
    q95: write(q95),
    bulkEss: wholeNumber(summary.bulkEss),
    tailEss: wholeNumber(summary.tailEss),
    rHat: writeRHat(summary.rHat),
  };
}

/** R-hat with three decimals: what matters is whether it is above 1.01. */
export function writeRHat(value: number): string {
  if (Number.isNaN(value)) return NONE;
  return value >= 100 ? (Number.isFinite(value) ? value.toExponential(0) : "∞") : value.toFixed(3);
}

/** `12,345`, or a dash. */
export function wholeNumber(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString("en-US") : NONE;
}

/** A number with so many significant digits at most; far from 1, with two. */
export function shortNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  return size >= 1e6 || (size > 0 && size < 1e-4) ? value.toExponential(1) : String(Number(value.toPrecision(digits)));
}

/** `1 divergence`, `3 divergences`. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${wholeNumber(value)} ${value === 1 ? noun : plural}`;
}

/** A time in words. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
