import { broadcastStrides, ndarray, walk, type NDArray } from "../ndarray.ts";
import { defineOp } from "../op.ts";
import { float, type Emitter } from "../onnx/emitter.ts";
import { at, broadcast, elements, formatShape, product, shapeError } from "../shape.ts";
import type { Shape, Tensor } from "../tensor.ts";
import type { Random } from "../../random.ts";
import { reshape } from "./layout.ts";
import { sumTo } from "./reduce.ts";

interface Product {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly scale: number;
}

/** A matrix product's lengths: (rows, inner) × (inner, columns), batch axes before them. */
function lengths(a: Shape, b: Shape, { transposeA, transposeB }: Product) {
  return {
    rows: at(a, transposeA ? -1 : -2),
    inner: at(a, transposeA ? -2 : -1),
    innerB: at(b, transposeB ? -1 : -2),
    columns: at(b, transposeB ? -2 : -1),
  };
}

const swapped = (rank: number): number[] => [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2];

/** Width from which transposing the narrower operand and a plain product beat Gemm's own transposition. */
const TRANSPOSE_FIRST = 160;
/** A product of so many rows and at most so large a result is summed over blocks of rows. */
const TALL = 2_048;
const SMALL_RESULT = 192 * 192;
const BLOCKS = 4;

/**
 * XᵀdY of X (N,m) and dY (N,n) on a CPU. A tall product with a small result is cut into blocks of rows, whose products
 * are summed: its threads then share no operand, which takes half the time of one product.
 */
function emitWeightGradient(emit: Emitter, x: string, dy: string, [rows, m, n]: [number, number, number]): string {
  if (emit.target === "cpu" && rows >= TALL && rows % BLOCKS === 0 && m * n <= SMALL_RESULT) {
    const cut = (name: string, width: number) =>
      emit.node("Reshape", [name, emit.int64s([BLOCKS, rows / BLOCKS, width])]);
    const products = emit.node("FusedMatMul", [cut(x, m), cut(dy, n)], {
      domain: "com.microsoft",
      attributes: { transA: 1 },
    });
    return emit.node("ReduceSum", [products, emit.int64s([0])], { attributes: { keepdims: 0 } });
  }
  const transposed = (name: string) => emit.node("Transpose", [name], { attributes: { perm: [1, 0] } });
  if (Math.max(m, n) < TRANSPOSE_FIRST) return emit.node("Gemm", [x, dy], { attributes: { transA: 1 } });
  if (m <= n) return emit.node("MatMul", [transposed(x), dy]);
  return transposed(emit.node("MatMul", [transposed(dy), x]));
}

function emitOnCpu(emit: Emitter, a: string, b: string, tensor: Tensor, p: Product): string {
  const [x, y] = tensor.inputs as [Tensor, Tensor];
  const flat = [...x.shape, ...y.shape];
  const isStatic = flat.every((dimension) => typeof dimension === "number");
  if (p.transposeA && !p.transposeB && p.scale === 1 && x.shape.length === 2 && y.shape.length === 2 && isStatic) {
    const [rows, m, , n] = flat as [number, number, number, number];
    return emitWeightGradient(emit, a, b, [rows, m, n]);
  }
  // Also where nothing is fused: ONNX Runtime would join a plain MatMul and the Add of a bias after it into one Gemm,
  // which spreads the bias over the rows on one thread.
  return emit.node("FusedMatMul", [a, b], {
    domain: "com.microsoft",
    attributes: { transA: Number(p.transposeA), transB: Number(p.transposeB), alpha: float(p.scale) },
  });
}

/** Where the fused product is missing: transpose, multiply, scale. */
function emitPlain(emit: Emitter, a: string, b: string, tensor: Tensor, p: Product): string {
  const [x, y] = tensor.inputs as [Tensor, Tensor];
  const flip = (name: string, { shape }: Tensor) =>
    emit.node("Transpose", [name], { attributes: { perm: swapped(shape.length) } });
  const result = emit.node("MatMul", [p.transposeA ? flip(a, x) : a, p.transposeB ? flip(b, y) : b]);
  return p.scale === 1 ? result : emit.node("Mul", [result, emit.scalar(p.scale)]);
}

function evaluate(a: NDArray, b: NDArray, p: Product, shape: readonly number[]): NDArray {
  const { rows, inner, columns } = lengths(a.shape, b.shape, p) as Record<string, number> as {
    rows: number;
    inner: number;
    columns: number;
  };
  const batch = shape.slice(0, -2);
  const steps = [a, b].map((x) => broadcastStrides(x.shape.slice(0, -2), batch));
  const result = ndarray(shape);
  walk(batch, steps, (index, [i = 0, j = 0]) => {
    const [x, y] = [i * rows * inner, j * inner * columns];
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          const left = a.data[x + (p.transposeA ? k * rows + r : r * inner + k)] as number;
          const right = b.data[y + (p.transposeB ? c * inner + k : k * columns + c)] as number;
          sum += left * right;
        }
        result.data[index * rows * columns + r * columns + c] = sum * p.scale;
      }
  });
  return result;
}

const normal = (random: Random, shape: readonly number[], deviation = 1) => ({
  shape,
  data: Float64Array.from({ length: elements(shape) }, () => deviation * random.normal()),
});

const matmulOp = defineOp<Product>("matmul", {
  shape: (inputs, p) => {
    const [a, b] = inputs as [Tensor, Tensor];
    const shapes = `${formatShape(a.shape)} × ${formatShape(b.shape)}`;
    if (a.shape.length < 2 || b.shape.length < 2)
      throw shapeError("matmul", "two tensors of two or more axes, (…,M,K) × (…,K,N)", shapes);
    if (a.dtype !== "float32" || b.dtype !== "float32")
      throw shapeError("matmul", "float32 tensors", `${a.dtype} × ${b.dtype}`);
    const { rows, inner, innerB, columns } = lengths(a.shape, b.shape, p);
    if (inner !== innerB)
      throw shapeError("matmul", "equal inner lengths K, (…,M,K) × (…,K,N)", `${inner} and ${innerB} in ${shapes}`);
    const batch = broadcast("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
    return { shape: [...batch, rows, columns], dtype: "float32" };
  },
  // y = s·op(A)·op(B): dA = s·dy·op(B)ᵀ and dB = s·op(A)ᵀ·dy, each transposed where A or B was.
  gradient: ({ inputs, dy, attributes: { transposeA, transposeB, scale }, wants }) => {
    const [a, b] = inputs as [Tensor, Tensor];
    const da = () =>
      transposeA
        ? matmul(b, dy, { transposeA: transposeB, transposeB: true, scale })
        : matmul(dy, b, { transposeB: !transposeB, scale });
    const db = () => {
      // A matrix against a batch: one product over all rows, not a batch of products and a sum.
      if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
        const [x, g] = [flatten(a), flatten(dy)];
        return transposeB ? matmul(g, x, { transposeA: true, scale }) : matmul(x, g, { transposeA: true, scale });
      }
      return transposeB
        ? matmul(dy, a, { transposeA: true, transposeB: transposeA, scale })
        : matmul(a, dy, { transposeA: !transposeA, scale });
    };
    return [wants(0) ? sumTo(da(), a.shape) : undefined, wants(1) ? sumTo(db(), b.shape) : undefined];
  },
  evaluate: ([a, b], attributes, shape) => evaluate(a as NDArray, b as NDArray, attributes, shape),
  onnx: (emit, [a, b], tensor, attributes) =>
    (emit.target === "webgpu" ? emitPlain : emitOnCpu)(emit, a as string, b as string, tensor, attributes),
  samples: (random) => [
    ...[false, true].flatMap((transposeA) =>
      [false, true].map((transposeB) => ({
        inputs: [
          normal(random, transposeA ? [2, 3, 4] : [2, 4, 3]),
          normal(random, transposeB ? [2, 5, 3] : [2, 3, 5]),
        ],
        attributes: { transposeA, transposeB, scale: 0.5 },
      })),
    ),
    {
      inputs: [normal(random, [2, 4, 3]), normal(random, [3, 5])],
      attributes: { transposeA: false, transposeB: false, scale: 1 },
    },
    {
      inputs: [normal(random, [2, 4, 3]), normal(random, [5, 3])],
      attributes: { transposeA: false, transposeB: true, scale: 1 },
    },
    {
      inputs: [normal(random, [6, 3]), normal(random, [6, 5])],
      attributes: { transposeA: true, transposeB: false, scale: 1 },
    },
    {
      inputs: [normal(random, [2048, 2], 0.1), normal(random, [2048, 1], 0.1)],
      attributes: { transposeA: true, transposeB: false, scale: 1 },
    },
    {
      inputs: [normal(random, [4, 161]), normal(random, [4, 2])],
      attributes: { transposeA: true, transposeB: false, scale: 1 },
    },
    {
      inputs: [normal(random, [4, 2]), normal(random, [4, 161])],
      attributes: { transposeA: true, transposeB: false, scale: 1 },
    },
    {
      inputs: [normal(random, [2, 3, 4, 2]), normal(random, [2, 1, 2, 3])],
      attributes: { transposeA: false, transposeB: false, scale: 2 },
    },
  ],
});

/** (…, rows, columns) as (all rows, columns) */
export const flatten = (x: Tensor): Tensor => reshape(x, [product(x.shape.slice(0, -1)), at(x.shape, -1)]);

/** scale · op(A) · op(B), op transposing the last two axes where asked; batch axes broadcast. */
export const matmul = (a: Tensor, b: Tensor, options: Partial<Product> = {}): Tensor =>
  matmulOp([a, b], { transposeA: false, transposeB: false, scale: 1, ...options });
