import { z } from "zod";
import type { AttentionOptions } from "../attention/attend.ts";
import { findFormulation } from "../attention/formulations/index.ts";

/** Options of attention that every model has; a model adds its own and sets the defaults. */
export const attentionOptions = z.strictObject({
  width: z.int().min(1).max(16_384).default(64).describe("model width C"),
  layers: z.int().min(1).max(256).default(2).describe("number of blocks L"),
  heads: z.int().min(1).default(2).describe("query heads H; must divide the width"),
  keyHeads: z.int().min(0).default(0).describe("key heads (grouped-query attention); 0 means as many as heads"),
  valueHeads: z.int().min(0).default(0).describe("value heads; 0 means as many as key heads"),
  positionChannels: z.int().min(1).max(256).default(10).describe("channels m of the position map of +pos formulations"),
  positionMap: z
    .enum(["shared", "per-head"])
    .default("shared")
    .describe("one position map for all heads, or one for each"),
});

/** What attention is told by those options, for a formulation's name and sequences of at most `positions`. */
export function attentionFrom(
  options: z.infer<typeof attentionOptions> & { readonly formulation: string },
  positions: number,
): Pick<AttentionOptions, "formulation" | "heads" | "keyHeads" | "valueHeads" | "position"> {
  const { formulation, heads, keyHeads, valueHeads, positionChannels, positionMap } = options;
  return {
    formulation: findFormulation(formulation),
    heads,
    ...(keyHeads > 0 ? { keyHeads } : {}),
    ...(valueHeads > 0 ? { valueHeads } : {}),
    position: { channels: positionChannels, sharing: positionMap, positions },
  };
}
