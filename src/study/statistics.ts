import { KvtError } from "../errors.ts";
import { bootstrapInterval, CONFIDENCE, LEAST_FOR_BOOTSTRAP } from "./bootstrap.ts";
import { studentT } from "./student-t.ts";

export interface Interval {
  readonly mean: number;
  /** ends of the 95 % interval; null when one pair, or few equal ones, give no spread */
  readonly low: number | null;
  readonly high: number | null;
}

/** Σ x / n */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** √(Σ (x − mean)² / (n − 1)); null for one value, which has no spread. */
export function sampleDeviation(values: readonly number[]): number | null {
  return values.length < 2 ? null : Math.sqrt(squares(values) / (values.length - 1));
}

/** √(Σ (x − mean)² / n): of these values alone, not of what they are a sample of; 0 for one value. As numpy's std. */
export function populationDeviation(values: readonly number[]): number {
  return Math.sqrt(squares(values) / values.length);
}

/** Smaller values are rounding, such as 1e-233 for a BLEU without a common word. */
const LEAST = 1e-12;

/** The value, or 0 where it is rounding alone. */
export const orZero = (value: number): number => (Math.abs(value) < LEAST ? 0 : value);

function squares(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
}

/**
 * Mean of independent values with its 95 % interval: of the bootstrap for 6 values or more, mean ± t · s / √n of
 * Student's t for n − 1 degrees of freedom for fewer. One value has no interval, nor have fewer than 6 equal ones.
 */
export function meanInterval(values: readonly number[]): Interval {
  const middle = mean(values);
  if (values.length >= LEAST_FOR_BOOTSTRAP) {
    const [low, high] = bootstrapInterval(values);
    return { mean: middle, low, high };
  }
  const deviation = sampleDeviation(values);
  if (deviation === null || hasNoSpread(values)) return { mean: middle, low: null, high: null };
  const half = (studentT(CONFIDENCE, values.length - 1) * deviation) / Math.sqrt(values.length);
  return { mean: middle, low: middle - half, high: middle + half };
}

/** Whether values are the same but for rounding, which would make any t statistic as large as one likes. */
export function hasNoSpread(values: readonly number[]): boolean {
  return (sampleDeviation(values) ?? 0) <= 1e-9 * Math.abs(mean(values));
}

/**
 * Mean of the differences of pairs, `values` minus `baseline`, with the interval of `meanInterval`. Throws a `usage`
 * error when there are not as many of one as of the other.
 */
export function pairedDifference(values: readonly number[], baseline: readonly number[]): Interval {
  if (values.length !== baseline.length || values.length === 0) {
    const got = `${values.length} and ${baseline.length}`;
    throw new KvtError("usage", `a paired difference: expected as many values as in the baseline, got ${got}`);
  }
  return meanInterval(values.map((value, i) => value - (baseline[i] ?? 0)));
}
