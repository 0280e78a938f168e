import { attention, type AttentionOptions } from "../../../src/attention/attend.ts";
import { findFormulation } from "../../../src/attention/formulations/index.ts";
import type { NDArray } from "../../../src/graph/index.ts";
import type { Scope } from "../../../src/nn/scope.ts";
import type { Config, VectorCase } from "../format.ts";
import { checkGraph, required, type Results } from "../graph-case.ts";
import type { Quantity } from "../judge.ts";

/** What every model's options need of a case. */
export function headsOf({ formulation, heads, kHeads, vHeads, posDim, posMap }: Config, map: NDArray | undefined) {
  if (formulation == null) throw new Error("config: expected a formulation, got none");
  if (heads == null) throw new Error("config: expected a number of heads, got none");
  const perHead = posMap === "perHead" || (posMap !== "shared" && map?.shape.length === 2);
  return {
    formulation,
    heads,
    keyHeads: kHeads ?? heads,
    valueHeads: vHeads ?? kHeads ?? heads,
    positionChannels: posDim ?? map?.shape.at(-1) ?? 1,
    positionMap: perHead ? ("per-head" as const) : ("shared" as const),
  };
}

/** Options of the attention module whose weights begin with `prefix`. */
export function attentionOptions({ config, weights }: VectorCase, prefix: string, positions: number): AttentionOptions {
  const { formulation, positionChannels, positionMap, ...heads } = headsOf(config, weights[`${prefix}posW`]);
  return {
    formulation: findFormulation(formulation),
    ...heads,
    scale: config.scale === "modelDim" ? "model" : "head",
    causal: config.causal ?? false,
    bias: { input: config.biasIn ?? `${prefix}bk` in weights, output: config.biasOut ?? `${prefix}bo` in weights },
    crossQuery: config.crossQuery === "sharedKey" ? "shared-key" : "own",
    position: { channels: positionChannels, sharing: positionMap, positions },
  };
}

/** The weights that attention modules gave their values: `attn` and `attn0` are the first's. */
export function attentionMaps(scope: Scope): Results {
  const maps = scope.observed.map(({ weights }, i) => [`attn${i}`, weights] as const);
  const [first] = scope.observed;
  return { ...Object.fromEntries(maps), ...(first && { attn: first.weights, scores: first.scores }) };
}

/** Self-attention of x, or cross-attention of y and memory. */
export function attentionCase(vector: VectorCase): Promise<Quantity[]> {
  return checkGraph(vector, (scope, inputs) => {
    const cross = "memory" in inputs;
    const queries = required(inputs, cross ? "y" : "x");
    const lengths = [queries, ...(cross ? [required(inputs, "memory")] : [])].map(({ shape }) => Number(shape[1]));
    const options = attentionOptions(vector, "", Math.max(...lengths));
    const { memory, keep } = inputs;
    const out = attention(scope, { queries, ...(memory && { memory }), ...(keep && { keep }) }, options);
    return { out, ...attentionMaps(scope) };
  });
}
