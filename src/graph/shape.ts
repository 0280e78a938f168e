import { KvtError } from "../errors.ts";
import { currentPath } from "./path.ts";
import type { Dimension, Shape, Tensor } from "./tensor.ts";

export const formatShape = (shape: Shape): string => `(${shape.join(",")})`;

/** A shape error of op `op`, with the module path: `matmul "block.0.attention": expected …, got ….` */
export function shapeError(op: string, expected: string, got: string, hint?: string): KvtError {
  const path = currentPath();
  const where = path === "" ? op : `${op} "${path}"`;
  return new KvtError("shape", `${where}: expected ${expected}, got ${got}.`, hint === undefined ? {} : { hint });
}

/** Product of dimensions: a number, or a product of symbols and a number in canonical order, such as "64*B*T". */
export function product(dimensions: Shape): Dimension {
  let factor = 1;
  const symbols: string[] = [];
  for (const dimension of dimensions) {
    if (typeof dimension === "number") factor *= dimension;
    else
      for (const part of dimension.split("*")) {
        if (/^\d+$/.test(part)) factor *= Number(part);
        else symbols.push(part);
      }
  }
  if (symbols.length === 0 || factor === 0) return factor;
  symbols.sort();
  return (factor === 1 ? symbols : [String(factor), ...symbols]).join("*");
}

/** Number of elements of a shape without symbols. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((all, dimension) => all * dimension, 1);
}

/** The shape of an elementwise op on two shapes: aligned at the right, where 1 stretches. */
export function broadcast(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw shapeError(op, `shapes that broadcast`, `${formatShape(a)} and ${formatShape(b)}`);
  });
}

/** A non-negative axis; -1 is the last. */
export function axisOf(op: string, axis: number, tensor: Tensor): number {
  const rank = tensor.shape.length;
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw shapeError(op, `an axis from ${-rank} to ${rank - 1} for ${formatShape(tensor.shape)}`, String(axis));
  }
  return positive;
}

/** Dimension of `shape` at an index that is known to be inside. */
export function at<T>(list: readonly T[], index: number): T {
  const value = list[index < 0 ? index + list.length : index];
  if (value === undefined) throw new Error(`internal: index ${index} outside a list of ${list.length}`);
  return value;
}
