import { gather, headOf, type Tensor } from "../graph/index.ts";
import type { Scope } from "./scope.ts";

/** The rows of a table (P,C) at the places of the tokens `ids` (B,T): (T,C), or (B,T,C) where earlier ones are cached. */
export const positionRows = (scope: Scope, table: Tensor, ids: Tensor): Tensor =>
  scope.decoding === undefined ? headOf(table, 0, ids, 1) : gather(table, scope.decoding.positions);

/**
 * Sinusoidal position table (Vaswani et al. 2017): PE[p,2i] = sin(p·10000^(−2i/C)), PE[p,2i+1] = cos(the same);
 * (positions, width), row-major, float64.
 */
export function sinusoids(positions: number, width: number): Float64Array {
  const table = new Float64Array(positions * width);
  for (let p = 0; p < positions; p++)
    for (let c = 0; c < width; c++) {
      const angle = p * 10000 ** (-(c - (c % 2)) / width);
      table[p * width + c] = c % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  return table;
}

/** The same with all sines first: PE[p,i] = sin(p·10000^(−2i/C)), PE[p,C/2+i] = cos(the same). */
export function sinusoidsConcatenated(positions: number, width: number): Float64Array {
  const table = new Float64Array(positions * width);
  const half = width / 2;
  for (let p = 0; p < positions; p++)
    for (let i = 0; i < half; i++) {
      const angle = p * 10000 ** ((-2 * i) / width);
      table[p * width + i] = Math.sin(angle);
      table[p * width + half + i] = Math.cos(angle);
    }
  return table;
}

/** Channels of each axis in an m-channel 2D encoding: C = 2⌈m/4⌉, of which the row's come first. */
export const channelsPerAxis = (m: number): number => 2 * Math.ceil(m / 4);

/**
 * One axis of the 2D sinusoidal encoding of m channels, for positions 0 … n−1; (n, channelsPerAxis(m)).
 * Channels sin(p·f₀), cos(p·f₀), sin(p·f₁), … with f_t = 10000^(−2t/C): the library multidim-positional-encoding as
 * the Key-Value Transformer used it (Borji 2023). P[i,j] is row i's channels, then column j's, cut to m.
 */
export const axisEncoding = (n: number, m: number): Float64Array => sinusoids(n, channelsPerAxis(m));

/** Number of P's channels that depend on the row (the query) and on the column (the key). */
export function positionChannels(m: number): { rows: number; columns: number } {
  const rows = Math.min(m, channelsPerAxis(m));
  return { rows, columns: m - rows };
}
