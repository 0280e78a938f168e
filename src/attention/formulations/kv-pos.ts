import { defineFormulation } from "../formulation.ts";

/** Keys score keys; a learned scale and bias on key positions break the symmetry of K·Kᵀ. */
export const kvPos = defineFormulation("kv+pos", {
  equation: "softmax(S·a KKᵀ + g) V",
  source: "Borji 2023, section 2; named (Q=K-V)+ in Kayyam et al. 2026",
  projections: { key: ["query", "key"], value: ["value"] },
  positionMap: true,
});
