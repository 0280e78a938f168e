import { KvtError } from "../errors.ts";
import { studentT } from "./student-t.ts";

export interface Interval {
  readonly mean: number;
  /** ends of the 95 % interval; null when one pair gives no spread */
  readonly low: number | null;
  readonly high: number | null;
}

const CONFIDENCE = 0.95;

/** Σ x / n */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** √(Σ (x − mean)² / (n − 1)); null for one value, which has no spread. */
export function sampleDeviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * Mean of the differences of pairs, `values` minus `baseline`, with the interval mean ± t · s / √n of Student's t
 * for n − 1 degrees of freedom. Throws a `usage` error when there are not as many of one as of the other.
 */
export function pairedDifference(values: readonly number[], baseline: readonly number[]): Interval {
  if (values.length !== baseline.length || values.length === 0) {
    const got = `${values.length} and ${baseline.length}`;
    throw new KvtError("usage", `a paired difference: expected as many values as in the baseline, got ${got}`);
  }
  const differences = values.map((value, i) => value - (baseline[i] ?? 0));
  const middle = mean(differences);
  const deviation = sampleDeviation(differences);
  if (deviation === null) return { mean: middle, low: null, high: null };
  const half = (studentT(CONFIDENCE, differences.length - 1) * deviation) / Math.sqrt(differences.length);
  return { mean: middle, low: middle - half, high: middle + half };
}
