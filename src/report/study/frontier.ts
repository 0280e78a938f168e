/** A model that could be shipped: what it costs and what it reaches. */
export interface Candidate {
  readonly cost: number;
  /** its metric */
  readonly reached: number;
}

/**
 * The Pareto frontier: candidates than which none is as good for less or better for the same, from the cheapest to the
 * best. Of equals the first alone.
 */
export function frontier<C extends Candidate>(candidates: readonly C[], higherIsBetter: boolean): C[] {
  const sign = higherIsBetter ? 1 : -1;
  const usable = candidates.filter(({ cost, reached }) => Number.isFinite(cost) && Number.isFinite(reached));
  const sorted = usable.toSorted((a, b) => a.cost - b.cost || sign * (b.reached - a.reached));
  let best = -Infinity;
  return sorted.filter(({ reached }) => {
    if (sign * reached <= best) return false;
    best = sign * reached;
    return true;
  });
}
