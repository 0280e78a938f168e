import { defineFormulation } from "../formulation.ts";

/** Queries score keys: three projections, the attention of the original transformer. */
export const qkv = defineFormulation("qkv", {
  equation: "softmax(a QKᵀ) V",
  source: "Vaswani et al. 2017",
  projections: { query: ["query"], key: ["key"], value: ["value"] },
  positionMap: false,
});
