import { defineFormulation } from "../formulation.ts";

/** Keys serve as values too: the cache holds one tensor a layer instead of two. */
export const qOverKv = defineFormulation("q-kv", {
  equation: "softmax(a QKᵀ) K",
  source: "Kayyam et al. 2026, Q-K=V",
  projections: { query: ["query"], key: ["key", "value"] },
  positionMap: false,
});
