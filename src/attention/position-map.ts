import { constant, gather, headOf, matmul, reshape, slice, sum, transpose, type Tensor } from "../graph/index.ts";
import { currentPath } from "../graph/path.ts";
import { KvtError } from "../errors.ts";
import { axisEncoding, channelsPerAxis, positionChannels } from "../nn/positions.ts";
import type { Initialiser } from "../nn/initialise.ts";
import type { Scope } from "../nn/scope.ts";

export interface PositionMapOptions {
  /** m: channels of the 2D encoding and of the map that collapses them */
  readonly channels: number;
  /** one map for all heads, or one for each */
  readonly sharing: "shared" | "per-head";
  readonly heads: number;
  /** longest sequence */
  readonly positions: number;
  readonly weight: Initialiser;
  readonly bias: Initialiser;
  /** int32 (B,S): places of the keys, where they are not 0, 1, 2 … */
  readonly keyPositions?: Tensor;
}

export interface PositionMap {
  /** S = Σ_c w_c: (1) or (H,1,1) */
  readonly scale: Tensor;
  /** g_j = Σ over column channels of w_c P_jc: (S) or (H,1,S), with key positions (B,·,1,S); absent where m leaves no channel for the column */
  readonly keyBias: Tensor | undefined;
}

/**
 * The learned map of KV+Pos in its reduced exact form. As published, scores s are broadcast over m channels, a fixed
 * encoding P (T,S,m) is added and a linear map collapses the channels: Σ_c w_c (s_ij + P_ijc) + b. Each channel of P
 * depends on the row or on the column alone, and the softmax of a row ignores what is constant along it; so the row
 * channels and b cancel and softmax_j(S·s_ij + g_j) is left, with no tensor of m channels by T by S.
 * All m + 1 numbers stay trainable; b has gradient zero, as it has in the published form.
 */
export function positionMap(scope: Scope, keys: Tensor, keyAxis: number, options: PositionMapOptions): PositionMap {
  const { channels, sharing, heads, positions } = options;
  const length = keys.shape[keyAxis];
  if (typeof length === "number" && length > positions) {
    throw new KvtError("shape", `position map "${currentPath()}": expected at most ${positions} keys, got ${length}`);
  }
  const maps = sharing === "shared" ? 1 : heads;
  const shape = sharing === "shared" ? [channels] : [heads, channels];
  const weight = reshape(scope.parameter("weight", shape, options.weight), [maps, channels]);
  scope.parameter("bias", [maps], options.bias);
  const summed = sum(weight, { axes: [1] }); // (maps)
  const scale = sharing === "shared" ? summed : reshape(summed, [heads, 1, 1]);
  const { rows, columns } = positionChannels(channels);
  if (columns === 0) return { scale, keyBias: undefined };
  const own = slice(weight, 1, rows, rows + columns); // (maps, columns)
  const table = columnChannels({ channels, columns, positions }); // (columns, positions)
  if (options.keyPositions !== undefined) {
    return { scale, keyBias: biasAt(matmul(own, table), options.keyPositions) };
  }
  const keyBias = matmul(own, headOf(table, 1, keys, keyAxis)); // (maps,S)
  const reach = keyBias.shape[1] as number;
  return { scale, keyBias: reshape(keyBias, sharing === "shared" ? [reach] : [heads, 1, reach]) };
}

/** g at chosen positions: table (maps,P), positions (B,S) → (B,maps,1,S) */
function biasAt(table: Tensor, keyPositions: Tensor): Tensor {
  const [batch, keys] = keyPositions.shape as [number, number];
  const rows = gather(transpose(table, [1, 0]), keyPositions); // (B,S,maps)
  return reshape(transpose(rows, [0, 2, 1]), [batch, table.shape[0] as number, 1, keys]);
}

/** The channels of the encoding that belong to the key's axis and are kept, one row each; (columns, positions) */
function columnChannels({
  channels,
  columns,
  positions,
}: Record<"channels" | "columns" | "positions", number>): Tensor {
  const all = axisEncoding(positions, channels);
  const perAxis = channelsPerAxis(channels);
  const table = new Float64Array(columns * positions);
  for (let c = 0; c < columns; c++)
    for (let p = 0; p < positions; p++) table[c * positions + p] = all[p * perAxis + c] as number;
  return constant(table, [columns, positions]);
}
