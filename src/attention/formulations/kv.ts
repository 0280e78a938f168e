import { defineFormulation } from "../formulation.ts";

/** Keys score keys: no query projection, scores symmetric before the softmax. */
export const kv = defineFormulation("kv", {
  equation: "softmax(a KKᵀ) V",
  source: "Borji 2023; named Q=K-V in Kayyam et al. 2026",
  projections: { key: ["query", "key"], value: ["value"] },
  positionMap: false,
});
