import { concat, matmul, reshape, sum, transpose, type Tensor } from "../graph/index.ts";
import { at, formatShape, shapeError } from "../graph/shape.ts";

/** (B,T,heads·D) → (B,heads,T,D) */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  if (width % heads !== 0) throw shapeError("attention", `a width that ${heads} heads divide`, formatShape(x.shape));
  return transpose(reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** (B,H,T,D) → (B,T,H·D) */
export function mergeHeads(x: Tensor): Tensor {
  const [batch, heads, length, width] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, heads * width]);
}

/**
 * x (B,H,…) times y (B,G,…) where G divides H: head h of x meets head ⌊h·G/H⌋ of y. With G < H the heads of x are
 * grouped, so that no copy of y is made; the result has H heads.
 */
export function groupedMatmul(
  x: Tensor,
  y: Tensor,
  options: { transposeA?: boolean; transposeB?: boolean; scale?: number } = {},
): Tensor {
  const [batch, heads] = x.shape as [number, number];
  const groups = at(y.shape, 1) as number;
  if (groups === heads) return matmul(x, y, options);
  const grouped = reshape(x, [batch, groups, heads / groups, ...x.shape.slice(2)]);
  const shared = reshape(y, [batch, groups, 1, ...y.shape.slice(2)]);
  const product = matmul(grouped, shared, options); // (B,G,H/G,·,·)
  return reshape(product, [batch, heads, ...product.shape.slice(3)]);
}

/** (B,G,T,D) → (B,H,T,D): head h is a copy of head ⌊h·G/H⌋. */
export function repeatHeads(x: Tensor, heads: number): Tensor {
  const [batch, groups] = x.shape as [number, number];
  if (groups === heads) return x;
  const rest = x.shape.slice(2);
  const one = reshape(x, [batch, groups, 1, ...rest]);
  const copies = concat(new Array<Tensor>(heads / groups).fill(one), 2); // (B,G,H/G,T,D)
  return reshape(copies, [batch, heads, ...rest]);
}

/** (B,H,…) → (B,G,…): the sum over the heads that share a group. */
export function sumGroups(x: Tensor, groups: number): Tensor {
  const [batch, heads] = x.shape as [number, number];
  if (groups === heads) return x;
  return sum(reshape(x, [batch, groups, heads / groups, ...x.shape.slice(2)]), { axes: [2] });
}
