import { hasNoSpread, mean, sampleDeviation } from "./statistics.ts";
import { studentP } from "./student-t.ts";

/**
 * Two-sided p-value of the paired t-test (Student 1908) that independent differences have mean 0:
 * t = mean / (s / √n) with n − 1 degrees of freedom. Null for fewer than two differences.
 *
 * Equal differences leave no s to divide by. The exact sign-flip test (Fisher 1935) needs none: of the 2ⁿ ways to give n
 * equal differences a sign, two have a mean as large, so p = 2^(1−n); differences that are all 0 give 1.
 */
export function pairedTest(differences: readonly number[]): number | null {
  const n = differences.length;
  const deviation = sampleDeviation(differences);
  if (deviation === null) return null;
  const middle = mean(differences);
  if (hasNoSpread(differences)) return middle === 0 ? 1 : 2 ** (1 - n);
  return studentP((middle / deviation) * Math.sqrt(n), n - 1);
}
