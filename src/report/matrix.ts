import { KvtError } from "../errors.ts";
import type { Values } from "../runtime/values.ts";

/** Scores or weights of one head: (T,S), row-major; a row is a query, a column a key. */
export interface Matrix {
  readonly data: Float32Array | Int32Array;
  readonly rows: number;
  readonly columns: number;
}

/** The heads of one layer and one example: (1,H,T,S) → H matrices (T,S), without a copy. */
export function headMatrices(values: Values): Matrix[] {
  const [batch, heads, rows, columns] = values.shape;
  if (values.shape.length !== 4 || batch !== 1 || heads === undefined || rows === undefined || columns === undefined) {
    throw new KvtError("shape", `attention map: expected (1,H,T,S), got (${values.shape.join(",")})`);
  }
  const size = rows * columns;
  return Array.from({ length: heads }, (_, h) => ({
    data: values.data.subarray(h * size, (h + 1) * size),
    rows,
    columns,
  }));
}

/**
 * ‖S − Sᵀ‖ / ‖S‖ in the Frobenius norm: 0 for a symmetric matrix, 2 for an antisymmetric one, about √2 for one of
 * independent numbers. Null for a matrix that is not square, is zero or holds values that are not finite.
 */
export function asymmetry({ data, rows, columns }: Matrix): number | null {
  if (rows !== columns) return null;
  let [difference, total] = [0, 0];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const value = data[i * columns + j] ?? 0;
      difference += (value - (data[j * columns + i] ?? 0)) ** 2;
      total += value ** 2;
    }
  }
  const ratio = Math.sqrt(difference / total);
  return Number.isFinite(ratio) ? ratio : null;
}

export function matrixRows({ data, rows, columns }: Matrix): number[][] {
  return Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)));
}
