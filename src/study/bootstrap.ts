import { random } from "../random.ts";
import { erf } from "../special.ts";
import { studentT } from "./student-t.ts";

export const CONFIDENCE = 0.95;

/**
 * Fewer values get no bootstrap interval: a mean of resampled values never leaves their range, and the range of n values
 * of a symmetric distribution misses its middle with probability 2^(1−n), which is above 5 % for n < 6.
 */
export const LEAST_FOR_BOOTSTRAP = 6;

const RESAMPLES = 10_000;

/**
 * The 95 % interval of a mean by the bootstrap (Efron 1979): percentiles of the means of 10,000 resamples, at the
 * widened level Φ(−√(n / (n−1)) · t), t being Student's for n − 1 degrees of freedom, for plain percentiles are too
 * narrow with few values (the expanded percentile interval, Hesterberg 2015). The same values in any order give the same
 * interval. For n ≥ 6.
 */
export function bootstrapInterval(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  const draw = random(1, "bootstrap", n);
  const means = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i++) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += sorted[Math.floor((draw.uint32() / 2 ** 32) * n)] as number;
    means[i] = sum / n;
  }
  means.sort();
  const tail = normalProbability(-Math.sqrt(n / (n - 1)) * studentT(CONFIDENCE, n - 1));
  return [quantile(means, tail), quantile(means, 1 - tail)];
}

/** Φ(z) */
const normalProbability = (z: number): number => (1 + erf(z / Math.SQRT2)) / 2;

/** The value below which a share of sorted values lies, with linear interpolation. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [a, b] = [sorted[below] as number, sorted[Math.min(below + 1, sorted.length - 1)] as number];
  return a === b ? a : a + (place - below) * (b - a);
}
