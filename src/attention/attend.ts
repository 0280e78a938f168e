import {
  add,
  constant,
  headOf,
  matmul,
  mul,
  reshape,
  softmax,
  sub,
  sum,
  withPullback,
  type Tensor,
} from "../graph/index.ts";
import { at } from "../graph/shape.ts";
import { inModule } from "../graph/path.ts";
import { afterSlots, fromMemory, type Decoding } from "../nn/decoding.ts";
import { linear, linearMap } from "../nn/layers.ts";
import { fanInUniform, type Initialiser } from "../nn/initialise.ts";
import type { Scope } from "../nn/scope.ts";
import { checkHeads, checkInputs } from "./check.ts";
import type { Formulation, ProjectionName } from "./formulation.ts";
import { groupedMatmul, mergeHeads, repeatHeads, splitHeads, sumGroups } from "./heads.ts";
import { positionMap, type PositionMap } from "./position-map.ts";

export interface AttentionOptions {
  readonly formulation: Formulation;
  readonly heads: number;
  /** heads of the key projection (grouped-query attention); all when absent */
  readonly keyHeads?: number;
  /** heads of the value projection; as many as the key's when absent */
  readonly valueHeads?: number;
  /** scores are divided by the root of the head's or of the model's width */
  readonly scale: "head" | "model";
  /** query i sees keys 0 … i */
  readonly causal: boolean;
  readonly bias: { readonly input: boolean; readonly output: boolean };
  /** cross-attention: queries by a projection of their own, or by the key projection */
  readonly crossQuery?: "own" | "shared-key";
  /** the position map of `+pos` formulations */
  readonly position: { readonly channels: number; readonly sharing: "shared" | "per-head"; readonly positions: number };
  /** dropout on the attention weights */
  readonly dropout?: number;
  readonly initialise?: {
    /** of all input projections, given their common fan-in and the sum of their fan-outs */
    readonly projection?: (fanIn: number, fanOut: number) => Initialiser;
    readonly projectionBias?: Initialiser;
    readonly output?: Initialiser;
    readonly outputBias?: Initialiser;
    readonly mapWeight?: Initialiser;
    readonly mapBias?: Initialiser;
  };
}

/** What decides which projections exist and how wide they are. */
export type HeadSharing = Pick<AttentionOptions, "formulation" | "heads" | "keyHeads" | "valueHeads" | "crossQuery">;

/**
 * What is added to a masked score: finite, and beyond float32's reach once exponentiated. A query whose every key is
 * masked (padding on the left under a causal mask) spreads its weight over masked keys instead of giving NaN.
 */
const MASKED = -1e9;

export interface AttentionInputs {
  /** where queries come from: (B,T,C) */
  readonly queries: Tensor;
  /** where keys and values come from in cross-attention: (B,S,C); absent in self-attention */
  readonly memory?: Tensor;
  /** float32 (B,S): 1 for a key that may be seen, 0 for padding */
  readonly keep?: Tensor;
}

/** Widths of the projections that exist, in the order query, key, value. */
export function projectionWidths(
  options: HeadSharing,
  width: number,
  cross: boolean,
): Partial<Record<ProjectionName, number>> {
  const { formulation, heads, keyHeads = heads, valueHeads = keyHeads, crossQuery = "own" } = options;
  const headWidth = width / heads;
  const own = "query" in formulation.projections || (cross && crossQuery === "own");
  return {
    ...(own ? { query: width } : {}),
    key: keyHeads * headWidth,
    ...("value" in formulation.projections ? { value: valueHeads * headWidth } : {}),
  };
}

/**
 * Multi-head attention of any formulation: project, score, mask, softmax, values, output projection; (B,T,C).
 * Self-attention when `memory` is absent, cross-attention when it is there: decided by role, never by shape.
 */
export function attention(scope: Scope, inputs: AttentionInputs, options: AttentionOptions): Tensor {
  checkInputs(inputs);
  const { queries, memory, keep } = inputs;
  const { formulation, heads, bias, initialise = {} } = options;
  const width = at(queries.shape, -1) as number;
  checkHeads(options, width);
  const cross = memory !== undefined;
  const source = memory ?? queries;
  const widths = projectionWidths(options, width, cross);
  const fanOut = Object.values(widths).reduce((a, b) => a + b, 0);
  const project = (name: ProjectionName) =>
    linearMap(scope, width, widths[name] as number, {
      bias: bias.input,
      weight: (initialise.projection ?? fanInUniform)(width, fanOut),
      biasInitialiser: initialise.projectionBias ?? fanInUniform(width),
    });
  const headWidth = width / heads;
  const cut = (x: Tensor) => splitHeads(x, (at(x.shape, -1) as number) / headWidth); // (B,·,T,D)

  // Parameters are made in the order query, key, value; each product stands in the module of its projection.
  const [query, key, value] = (["query", "key", "value"] as const).map((name) => {
    if (widths[name] === undefined) return undefined;
    const map = inModule(name, () => project(name));
    return (x: Tensor) => cut(inModule(name, () => map(x))); // (B,·,T,D)
  });
  if (key === undefined) throw new Error(`internal: formulation "${formulation.name}" has no key projection`);
  const decoding = options.causal && !cross ? scope.decoding : undefined;
  const remembering = cross ? scope.decoding : undefined;
  const known = (what: "key" | "value", x: Tensor) =>
    decoding ? afterSlots(decoding, what, x) : remembering ? fromMemory(remembering, what, x) : x;
  const ownKey = key(source); // (B,G,S,D)
  const q = query === undefined && !cross ? ownKey : (query ?? key)(queries); // (B,·,T,D)
  const k = known("key", ownKey);
  const v = value === undefined ? k : known("value", value(source)); // (B,G,S,D)

  const map = formulation.positionMap
    ? inModule("position", () =>
        // The keys that are there tell their number where the source itself is not read again.
        positionMap(scope, remembering ? k : source, remembering ? 2 : 1, {
          ...options.position,
          ...(decoding && { keyPositions: decoding.keyPositions }),
          heads,
          weight: initialise.mapWeight ?? fanInUniform(options.position.channels),
          bias: initialise.mapBias ?? fanInUniform(options.position.channels),
        }),
      )
    : undefined;
  const scores = score(repeatHeads(q, heads), k, map, 1 / Math.sqrt(options.scale === "head" ? headWidth : width)); // (B,H,T,S)
  const biased = withBiases(scores, { options, keep, map, queries, source, decoding });
  const weights = softmax(biased);
  scope.observe({
    kind: cross ? "cross" : options.causal ? "causal" : "self",
    scores: map?.keyBias === undefined ? scores : add(scores, map.keyBias),
    weights,
  });
  const context = contextOf(scope, biased, weights, v, options.dropout ?? 0); // (B,H,T,D)
  return inModule("output", () =>
    linear(scope, mergeHeads(context), width, {
      bias: bias.output,
      weight: initialise.output ?? fanInUniform(width),
      biasInitialiser: initialise.outputBias ?? fanInUniform(width),
    }),
  );
}

/** a·QKᵀ, or S·a·QKᵀ under a position map: S meets Q, which is smaller than the scores. (B,H,T,S) */
function score(q: Tensor, k: Tensor, map: PositionMap | undefined, scale: number): Tensor {
  return groupedMatmul(map === undefined ? q : mul(q, map.scale), k, { transposeB: true, scale });
}

interface Masking {
  readonly options: AttentionOptions;
  readonly keep: Tensor | undefined;
  readonly map: PositionMap | undefined;
  readonly queries: Tensor;
  readonly source: Tensor;
  readonly decoding: Decoding | undefined;
}

/** Scores with the causal mask and the key bias, added to each other first because they are small, and the padding mask. */
function withBiases(scores: Tensor, { options, keep, map, queries, source, decoding }: Masking): Tensor {
  const causal = options.causal
    ? (decoding?.mask ?? causalMask(queries, source, options.position.positions)) // (T,S)
    : undefined;
  const small = [causal, map?.keyBias].filter((bias) => bias !== undefined);
  const biased =
    small.length === 0
      ? scores
      : add(
          scores,
          small.reduce((a, b) => add(a, b)),
        );
  if (keep === undefined) return biased;
  const [batch, length] = keep.shape as [number, number];
  return add(biased, reshape(mul(sub(1, keep), MASKED), [batch, 1, 1, length])); // (B,1,1,S)
}

/** 0 where key j ≤ query i, else a large negative number; (T,S) */
function causalMask(queries: Tensor, source: Tensor, positions: number): Tensor {
  const lengths = [queries, source].map((x) => (typeof x.shape[1] === "number" ? x.shape[1] : positions)) as [
    number,
    number,
  ];
  const [rows, columns] = lengths;
  const mask = Float32Array.from({ length: rows * columns }, (_, i) =>
    i % columns > Math.floor(i / columns) ? MASKED : 0,
  );
  return headOf(headOf(constant(mask, lengths), 0, queries, 1), 1, source, 1);
}

/**
 * O = softmax(Z) V. Backward without a pass over (B,H,T,S) for the softmax's row sums, because
 * Σ_j W_ij (dO V)_ij = Σ_d dO_id O_id (Dao et al. 2022): dZ = W ⊙ (dO Vᵀ − Σ dO ⊙ O), dV = Wᵀ dO.
 */
function contextOf(scope: Scope, biased: Tensor, weights: Tensor, v: Tensor, dropout: number): Tensor {
  if (scope.training && dropout > 0) return groupedMatmul(scope.dropout(weights, dropout), v);
  const context = groupedMatmul(weights, v); // (B,H,T,D)
  return withPullback(context, [biased, v], (dy) => {
    const rowSums = sum(mul(dy, context), { axes: [-1], keepDims: true }); // (B,H,T,1)
    const perHead = matmul(weights, dy, { transposeA: true }); // (B,H,S,D)
    return [
      mul(weights, sub(groupedMatmul(dy, v, { transposeB: true }), rowSums)),
      sumGroups(perHead, at(v.shape, 1) as number),
    ];
  });
}
