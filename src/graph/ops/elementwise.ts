import { mapArrays, ndarray } from "../ndarray.ts";
import { defineOp, type GradientContext, type Op } from "../op.ts";
import { float, type Emitter } from "../onnx/emitter.ts";
import { broadcast, shapeError } from "../shape.ts";
import type { DType, Tensor } from "../tensor.ts";
import type { Random } from "../../random.ts";
import { erf as erfOf } from "../../special.ts";
import { scalar } from "./leaves.ts";
import { sumTo } from "./reduce.ts";

type None = Readonly<Record<string, never>>;
const none: None = {};
/** A tensor, or a number that stands for a float32 scalar. */
export type Operand = Tensor | number;

const tensorOf = (x: Operand): Tensor => (typeof x === "number" ? scalar(x) : x);
const normals = (random: Random, shape: readonly number[]) => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
});

/** Shape pairs that cover no, left, right and mutual stretching. */
const PAIRS: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[4, 2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[], [2, 2]],
];

function sameType(op: string, [a, b]: readonly Tensor[], types: readonly DType[]): DType {
  if (a === undefined || b === undefined || a.dtype !== b.dtype || !types.includes(a.dtype)) {
    throw shapeError(op, `two tensors of one type among ${types.join(", ")}`, `${a?.dtype} and ${b?.dtype}`);
  }
  return a.dtype;
}

interface Binary {
  readonly value: (a: number, b: number) => number;
  readonly onnx: string;
  readonly result?: DType;
  readonly types?: readonly DType[];
  readonly gradient?: (context: GradientContext<None>) => readonly (Tensor | undefined)[];
  readonly sample?: (random: Random, shape: readonly number[]) => ReturnType<typeof normals>;
}

/** An op on two tensors that broadcast. Each gradient is summed back to its operand's shape. */
function binary(name: string, { value, onnx, result, types = ["float32"], gradient, sample = normals }: Binary) {
  const apply = defineOp<None>(name, {
    shape: (inputs) => {
      const dtype = sameType(name, inputs, types);
      const [a, b] = inputs as [Tensor, Tensor];
      return { shape: broadcast(name, a.shape, b.shape), dtype: result ?? dtype };
    },
    ...(gradient === undefined
      ? {}
      : {
          gradient: (context) =>
            gradient(context).map((g, i) => (g === undefined ? g : sumTo(g, (context.inputs[i] as Tensor).shape))),
        }),
    evaluate: (arrays, _attributes, shape) => mapArrays(shape, arrays, value),
    onnx: (emit, names) => emit.node(onnx, names),
    samples: (random) =>
      PAIRS.map(([a, b]) => ({
        inputs: [sample(random, a), sample(random, b)].map((x) =>
          types[0] === "float32" ? x : { ...rounded(x), dtype: types[0] as DType },
        ),
        attributes: none,
      })),
  });
  return (a: Operand, b: Operand): Tensor => apply([tensorOf(a), tensorOf(b)], none);
}

const rounded = (x: ReturnType<typeof normals>) => ({ ...x, data: x.data.map((v) => Math.round(v)) });
const awayFromZero = (random: Random, shape: readonly number[]) => {
  const x = normals(random, shape);
  return { ...x, data: x.data.map((v) => Math.sign(v) * (0.5 + Math.abs(v))) };
};

/** a + b */
export const add = binary("add", {
  value: (a, b) => a + b,
  onnx: "Add",
  gradient: ({ dy }) => [dy, dy],
});
/** a − b */
export const sub = binary("sub", {
  value: (a, b) => a - b,
  onnx: "Sub",
  gradient: ({ dy, wants }) => [dy, wants(1) ? neg(dy) : undefined],
});
/** a · b */
export const mul = binary("mul", {
  value: (a, b) => a * b,
  onnx: "Mul",
  gradient: ({ inputs: [a, b], dy, wants }) => [
    wants(0) ? mul(dy, b as Tensor) : undefined,
    wants(1) ? mul(dy, a as Tensor) : undefined,
  ],
});
/** a ÷ b; d/db = −dy·y÷b */
export const div = binary("div", {
  value: (a, b) => a / b,
  onnx: "Div",
  sample: awayFromZero,
  gradient: ({ inputs: [, b], y, dy, wants }) => [
    wants(0) ? div(dy, b as Tensor) : undefined,
    wants(1) ? neg(div(mul(dy, y), b as Tensor)) : undefined,
  ],
});
/** The larger of a and b; where they are equal the gradient goes to a. */
export const maximum = binary("maximum", {
  value: Math.max,
  onnx: "Max",
  gradient: ({ inputs: [a, b], dy }) => chosen(greater(b as Tensor, a as Tensor), dy),
});
/** The smaller of a and b; where they are equal the gradient goes to a. */
export const minimum = binary("minimum", {
  value: Math.min,
  onnx: "Min",
  gradient: ({ inputs: [a, b], dy }) => chosen(less(b as Tensor, a as Tensor), dy),
});
const chosen = (second: Tensor, dy: Tensor) => [where(second, 0, dy), where(second, dy, 0)];

/** a > b */
export const greater = binary("greater", {
  value: (a, b) => Number(a > b),
  onnx: "Greater",
  result: "bool",
  types: ["float32", "int32"],
});
/** a < b */
export const less = binary("less", {
  value: (a, b) => Number(a < b),
  onnx: "Less",
  result: "bool",
  types: ["float32", "int32"],
});
/** a = b */
export const equal = binary("equal", {
  value: (a, b) => Number(a === b),
  onnx: "Equal",
  result: "bool",
  types: ["int32", "float32"],
});

const whereOp = defineOp<None>("where", {
  shape: (inputs) => {
    const [condition, a, b] = inputs as [Tensor, Tensor, Tensor];
    if (condition.dtype !== "bool") throw shapeError("where", "a condition of type bool", condition.dtype);
    const dtype = sameType("where", [a, b], ["float32", "int32"]);
    return { shape: broadcast("where", condition.shape, broadcast("where", a.shape, b.shape)), dtype };
  },
  gradient: ({ inputs: [condition, a, b], dy }) => [
    undefined,
    sumTo(where(condition as Tensor, dy, 0), (a as Tensor).shape),
    sumTo(where(condition as Tensor, 0, dy), (b as Tensor).shape),
  ],
  evaluate: (arrays, _a, shape) => mapArrays(shape, arrays, (c, a, b) => (c === 0 ? b : a)),
  onnx: (emit, names) => emit.node("Where", names),
  samples: (random) => [
    {
      inputs: [
        { shape: [2, 3], data: Float64Array.from([0, 1, 1, 0, 0, 1]), dtype: "bool" },
        normals(random, [2, 3]),
        normals(random, [3]),
      ],
      attributes: none,
    },
    {
      inputs: [
        { shape: [2, 1], data: Float64Array.from([0, 1]), dtype: "bool" },
        normals(random, []),
        normals(random, [4, 2, 3]),
      ],
      attributes: none,
    },
  ],
});
/** a where the condition holds, b elsewhere */
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  whereOp([condition, tensorOf(a), tensorOf(b)], none);

interface Unary {
  readonly value: (x: number) => number;
  readonly onnx: string | ((emit: Emitter, x: string) => string);
  readonly gradient?: (x: Tensor, y: Tensor, dy: Tensor) => Tensor;
  readonly sample?: (random: Random, shape: readonly number[]) => ReturnType<typeof normals>;
}

function unary(name: string, { value, onnx, gradient, sample = awayFromZero }: Unary) {
  const apply = defineOp<None>(name, {
    shape: (inputs) => {
      const [x] = inputs as [Tensor];
      if (x.dtype !== "float32") throw shapeError(name, "a float32 tensor", x.dtype);
      return { shape: x.shape, dtype: "float32" };
    },
    ...(gradient === undefined ? {} : { gradient: ({ inputs: [x], y, dy }) => [gradient(x as Tensor, y, dy)] }),
    evaluate: ([x], _a, shape) => ndarray(shape, (x as { data: Float64Array }).data.map(value)),
    onnx: (emit, [x]) => (typeof onnx === "string" ? emit.node(onnx, [x as string]) : onnx(emit, x as string)),
    samples: (random) =>
      [[2, 3], [], [1, 4, 2]].map((shape) => ({ inputs: [sample(random, shape)], attributes: none })),
  } satisfies Omit<Op<None>, "name">);
  return (x: Tensor): Tensor => apply([x], none);
}

const positive = (random: Random, shape: readonly number[]) => {
  const x = normals(random, shape);
  return { ...x, data: x.data.map((v) => 0.1 + Math.abs(v)) };
};

/** −x */
export const neg = unary("neg", { value: (x) => -x, onnx: "Neg", gradient: (_x, _y, dy) => neg(dy) });
/** eˣ */
export const exp = unary("exp", { value: Math.exp, onnx: "Exp", gradient: (_x, y, dy) => mul(dy, y) });
/** ln x */
export const log = unary("log", {
  value: Math.log,
  onnx: "Log",
  gradient: (x, _y, dy) => div(dy, x),
  sample: positive,
});
/** √x */
export const sqrt = unary("sqrt", {
  value: Math.sqrt,
  onnx: "Sqrt",
  gradient: (_x, y, dy) => div(mul(dy, 0.5), y),
  sample: positive,
});
/** tanh x; dy·(1 − y²) */
export const tanh = unary("tanh", {
  value: Math.tanh,
  onnx: "Tanh",
  gradient: (_x, y, dy) => mul(dy, sub(1, mul(y, y))),
});
/** erf x = 2/√π ∫₀ˣ e^(−t²) dt */
export const erf = unary("erf", {
  value: erfOf,
  onnx: "Erf",
  gradient: (x, _y, dy) => mul(mul(dy, 2 / Math.sqrt(Math.PI)), exp(neg(mul(x, x)))),
});
/** ½(1 + x) for x in [−1, 1], as erf gives it: one pass on a CPU, where it is a HardSigmoid that never saturates */
export const halfOnePlus = unary("halfOnePlus", {
  value: (x) => 0.5 * (1 + x),
  onnx: (emit, x) =>
    emit.target === "cpu"
      ? emit.node("HardSigmoid", [x], { attributes: { alpha: float(0.5), beta: float(0.5) } })
      : emit.node("Mul", [emit.node("Add", [x, emit.scalar(1)]), emit.scalar(0.5)]),
  gradient: (_x, _y, dy) => mul(dy, 0.5),
  sample: (random, shape) => {
    const x = normals(random, shape);
    return { ...x, data: x.data.map(Math.tanh) };
  },
});
/** max(x, 0); the derivative at 0 is 0 */
export const relu = unary("relu", {
  value: (x) => Math.max(x, 0),
  onnx: "Relu",
  gradient: (_x, y, dy) => mul(dy, step(y)),
});
/** 1 where x > 0, else 0 */
export const step = unary("step", {
  value: (x) => Number(x > 0),
  // One cheap pass on a CPU: min(1, 10³⁰·x), exact for x = 0 and for every x above 10⁻³⁰.
  onnx: (emit, x) =>
    emit.target === "cpu"
      ? emit.node("HardSigmoid", [x], { attributes: { alpha: float(1e30), beta: float(0) } })
      : emit.node("Cast", [emit.node("Greater", [x, emit.scalar(0)])], { attributes: { to: 1 } }),
});

const ONNX_TYPES = { float32: 1, int32: 6, bool: 9 } as const;
const castOp = defineOp<{ readonly to: DType }>("cast", {
  shape: (inputs, { to }) => ({ shape: (inputs[0] as Tensor).shape, dtype: to }),
  evaluate: ([x], { to }, shape) =>
    ndarray(
      shape,
      (x as { data: Float64Array }).data.map((v) =>
        to === "bool" ? Number(v !== 0) : to === "int32" ? Math.trunc(v) : v,
      ),
    ),
  onnx: (emit, [x], _tensor, { to }) => emit.node("Cast", [x as string], { attributes: { to: ONNX_TYPES[to] } }),
  samples: () => [
    { inputs: [{ shape: [3], data: Float64Array.from([0, 1, 1]), dtype: "bool" }], attributes: { to: "float32" } },
    { inputs: [{ shape: [3], data: Float64Array.from([-2, 0, 5]), dtype: "int32" }], attributes: { to: "float32" } },
  ],
});
/** The same numbers in another type; not differentiable. */
export const cast = (x: Tensor, to: DType): Tensor => (x.dtype === to ? x : castOp([x], { to }));
