import { positionChannels } from "../nn/positions.ts";
import { projectionWidths, type AttentionOptions, type HeadSharing } from "./attend.ts";

/** One attention module and the lengths on which it runs. */
export interface AttentionSize extends HeadSharing {
  /** model width C */
  readonly width: number;
  readonly bias: AttentionOptions["bias"];
  /** channels m of the position map; read for `+pos` formulations only */
  readonly positionChannels?: number;
  /** one position map for all heads, or one for each; shared when absent */
  readonly positionMap?: "shared" | "per-head";
  /** T */
  readonly queries: number;
  /** S; in self-attention T, unless earlier keys are cached */
  readonly keys: number;
  /** keys and values come from another sequence */
  readonly cross?: boolean;
}

export interface AttentionCost {
  /** trainable numbers, of the projections that the formulation needs and no others */
  readonly parameters: number;
  /** multiply-accumulates for one sequence; biases, the scale, masks and the softmax are not counted */
  readonly macs: {
    /** query, key and value projections, each on the sequence that it reads */
    readonly projections: number;
    /** QKᵀ: T·S·C */
    readonly scores: number;
    /** weights times V: T·S·C */
    readonly values: number;
    /** T·C² */
    readonly output: number;
    /** the position map as it is computed here: `map.reduced` */
    readonly positionMap: number;
  };
  /**
   * Multiply-accumulates of the position map in its three forms, 0 without one:
   * - `author`: m for each score of each head, H·T·S·m;
   * - `factored`: Σ_c w_c P_ijc once in a layer and one multiplication a score, T·S·m + H·T·S;
   * - `reduced`, as it is computed here: the key bias from the channels of the column, once for each map, and S times
   *   every number of the queries, maps·(m − row channels)·S + T·C.
   */
  readonly map: { readonly author: number; readonly factored: number; readonly reduced: number };
  /** What decoding keeps of one token in one layer: its keys, and its values where they are not its keys. */
  cacheBytesPerToken(bytesPerNumber: number): number;
}

/** Parameters, multiply-accumulates and cache of one attention module, from the definition of its formulation. */
export function attentionCost(size: AttentionSize): AttentionCost {
  const { width, bias, queries, keys, cross = false } = size;
  const { query, key = 0, value = 0 } = projectionWidths(size, width, cross);
  const source = cross ? keys : queries;
  // In cross-attention without a query projection the key projection reads both sequences.
  const readByKey = cross && query === undefined ? queries + keys : source;
  const inputWidth = (query ?? 0) + key + value;
  const map = mapCost(size);
  return {
    parameters: inputWidth * (width + Number(bias.input)) + width * (width + Number(bias.output)) + mapParameters(size),
    macs: {
      projections: width * ((query ?? 0) * queries + key * readByKey + value * source),
      scores: queries * keys * width,
      values: queries * keys * width,
      output: queries * width * width,
      positionMap: map.reduced,
    },
    map,
    cacheBytesPerToken: (bytesPerNumber) => bytesPerNumber * (key + value),
  };
}

const numberOfMaps = ({ positionMap = "shared", heads }: AttentionSize): number =>
  positionMap === "shared" ? 1 : heads;

/** m weights and a bias for each map */
const mapParameters = (size: AttentionSize): number =>
  size.formulation.positionMap ? numberOfMaps(size) * ((size.positionChannels ?? 0) + 1) : 0;

function mapCost(size: AttentionSize): AttentionCost["map"] {
  const { formulation, width, heads, queries, keys, positionChannels: m = 0 } = size;
  if (!formulation.positionMap) return { author: 0, factored: 0, reduced: 0 };
  const scores = heads * queries * keys;
  return {
    author: scores * m,
    factored: queries * keys * m + scores,
    reduced: numberOfMaps(size) * positionChannels(m).columns * keys + queries * width,
  };
}
