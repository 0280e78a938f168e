import { defineFormulation } from "../formulation.ts";

/** One projection plays all three roles. */
export const k = defineFormulation("k", {
  equation: "softmax(a KKᵀ) K",
  source: "Kayyam et al. 2026, Q=K=V",
  projections: { key: ["query", "key", "value"] },
  positionMap: false,
});
