import { defineFormulation } from "../formulation.ts";

/** One projection plays all three roles; the position map of `kv+pos` breaks the symmetry. */
export const kPos = defineFormulation("k+pos", {
  equation: "softmax(S·a KKᵀ + g) K",
  source: "Kayyam et al. 2026, (Q=K=V)+",
  projections: { key: ["query", "key", "value"] },
  positionMap: true,
});
