/**
 * p-values corrected for being many (Holm 1979), in the order given: the k-th smallest of m becomes the largest of
 * (m − j + 1) · p₍ⱼ₎ over j ≤ k, at most 1. Rejecting those below 0.05 rejects a true hypothesis in at most 5 % of
 * studies, whatever the tests depend on.
 */
export function holm(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => (values[a] as number) - (values[b] as number));
  const corrected = new Array<number>(values.length);
  let largest = 0;
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (values.length - rank) * (values[index] as number)));
    corrected[index] = largest;
  }
  return corrected;
}
