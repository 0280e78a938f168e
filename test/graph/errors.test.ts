import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KvtError } from "../../src/errors.ts";
import {
  add,
  argmax,
  cast,
  concat,
  constant,
  dropoutMask,
  evaluate,
  exp,
  expand,
  gather,
  gradient,
  greater,
  headOf,
  inModule,
  input,
  mapRows,
  matmul,
  mul,
  ndarray,
  oneHot,
  reshape,
  scalar,
  slice,
  softmax,
  split,
  sum,
  transpose,
  where,
  writeOnnx,
} from "../../src/graph/index.ts";

const x = input("x", [2, 3]);
const y = input("y", [4, 5]);
const ids = input("ids", [6], "int32");

/** The message of the shape error that building throws. */
function message(build: () => unknown): string {
  try {
    build();
  } catch (error) {
    expect(error).toBeInstanceOf(KvtError);
    expect((error as KvtError).kind).toBe("shape");
    return (error as KvtError).message;
  }
  throw new Error("expected an error, got none");
}

describe("a shape error says what, expected and got", () => {
  it.each<[string, () => unknown, string]>([
    ["broadcasting", () => add(x, y), "add: expected shapes that broadcast, got (2,3) and (4,5)."],
    [
      "broadcasting symbols",
      () => mul(input("a", ["B", 3]), input("b", ["T", 3])),
      "mul: expected shapes that broadcast, got (B,3) and (T,3).",
    ],
    ["types", () => add(x, ids), "add: expected two tensors of one type among float32, got float32 and int32."],
    ["condition", () => where(x, 1, 0), "where: expected a condition of type bool, got float32."],
    ["function of integers", () => exp(ids), "exp: expected a float32 tensor, got int32."],
    [
      "inner lengths",
      () => matmul(x, y),
      "matmul: expected equal inner lengths K, (…,M,K) × (…,K,N), got 3 and 4 in (2,3) × (4,5).",
    ],
    [
      "vector in a product",
      () => matmul(input("v", [3]), x),
      "matmul: expected two tensors of two or more axes, (…,M,K) × (…,K,N), got (3) × (2,3).",
    ],
    [
      "integers in a product",
      () => matmul(cast(x, "int32"), x),
      "matmul: expected float32 tensors, got int32 × float32.",
    ],
    [
      "batches",
      () => matmul(input("a", [2, 3, 4]), input("b", [3, 4, 5])),
      "matmul: expected shapes that broadcast, got (2) and (3).",
    ],
    ["axis", () => softmax(x, 2), "softmax: expected an axis from -2 to 1 for (2,3), got 2."],
    ["axis below", () => argmax(x, -3), "argmax: expected an axis from -2 to 1 for (2,3), got -3."],
    ["axis of a reduction", () => sum(x, { axes: [0.5] }), "sum: expected an axis from -2 to 1 for (2,3), got 0.5."],
    ["elements", () => reshape(x, [4, 2]), "reshape: expected a shape of 6 elements for (2,3), got (4,2)."],
    [
      "symbolic elements",
      () => reshape(input("a", ["B", "T", 8]), ["B", "T", 9]),
      "reshape: expected a shape of 8*B*T elements for (B,T,8), got (B,T,9).",
    ],
    ["order of axes", () => transpose(x, [0, 0]), "transpose: expected an order of the 2 axes of (2,3), got (0,0)."],
    ["slice", () => slice(x, 1, 2, 4), "slice: expected 0 ≤ start < end ≤ 3 on axis 1 of (2,3), got 2 and 4."],
    ["empty slice", () => slice(x, 0, 1, 1), "slice: expected 0 ≤ start < end ≤ 2 on axis 0 of (2,3), got 1 and 1."],
    ["concat", () => concat([x, y], 0), "concat: expected (2,3) but for axis 0, got (4,5)."],
    ["expand", () => expand(x, [2, 4]), "expand: expected shapes that broadcast, got (2,3) and (2,4)."],
    [
      "expand to less",
      () => expand(input("r", [2, 3]), [1, 3]),
      "expand: expected a shape to which (2,3) stretches, got (1,3).",
    ],
    [
      "positions",
      () => headOf(constant([1, 2], [2]), 0, input("t", [1, 3]), 1),
      "headOf: expected at most 2 positions, got 3.",
    ],
    ["indices", () => gather(y, x), "gather: expected indices of type int32, got float32."],
    ["table", () => gather(input("t", [3]), ids), "gather: expected a table (V,C), got (3)."],
    ["one-hot", () => oneHot(x, 3), "oneHot: expected indices of type int32, got float32."],
    [
      "rows of unequal matrices",
      () => mapRows({ x, y }, {}, (row) => ({ z: add(row.x, row.x) })),
      "mapRows: expected (2,3), got (4,5).",
    ],
    [
      "a row function's operand as its result",
      () => mapRows({ x }, {}, (row) => ({ z: row.x })),
      "mapRows: expected results that the function makes, each its own, got an operand or the same result twice.",
    ],
    [
      "a row function of something else",
      () => mapRows({ x }, {}, (row) => ({ z: add(row.x, x) })),
      'mapRows: expected a function of its operands alone, got "x", which it takes from outside.',
    ],
    [
      "a row function with results of another shape",
      () => mapRows({ x }, {}, (row) => ({ z: sum(row.x) })),
      "mapRows: expected a float32 result of (2,3) or (2), got ().",
    ],
    ["parts", () => split(input("v", [5]), [2, 2]), "part: expected a vector of 4, got (5)."],
    ["mask", () => dropoutMask(x, ids, 0.1), "dropoutMask: expected int32 (rows) and (columns), got (2,3) and (6)."],
    ["constant", () => constant([1, 2, 3], [2, 2]), "constant: expected 4 values for (2,2), got 3"],
    ["loss that is no scalar", () => gradient(x, [x]), "gradient: expected a float32 scalar, got float32 (2,3)"],
    [
      "symbolic gradient",
      () => gradient(sum(input("s", ["B"])), [input("s", ["B"])]),
      "gradient: expected a shape known while building, got (B)",
    ],
    ["missing value", () => evaluate([x], {}), 'evaluate: expected a value for "x", got none'],
    [
      "value of another shape",
      () => evaluate([x], { x: ndarray([3, 2]) }),
      'evaluate: expected (2,3) for "x", got (3,2)',
    ],
    [
      "symbol of two sizes",
      () => evaluate([add(sum(input("a", ["B"])), sum(input("b", ["B"])))], { a: ndarray([2]), b: ndarray([3]) }),
      'evaluate: expected (B) for "b", got (3)',
    ],
    [
      "two inputs of one name",
      () => writeOnnx({ z: add(sum(x), sum(input("x", [2]))) }),
      'onnx: expected one input named "x", got two',
    ],
    [
      "index outside",
      () => evaluate([gather(y, constant([4], [1], "int32"))], { y: ndarray([4, 5]) }),
      "gather: expected an index below 4, got 4",
    ],
  ])("%s", (_what, build, expected) => expect(message(build)).toBe(expected));
});

it("carries the path of the module that was being built", () => {
  const build = () => inModule("block", () => inModule("2", () => inModule("attention", () => matmul(x, y))));
  expect(message(build)).toBe(
    'matmul "block.2.attention": expected equal inner lengths K, (…,M,K) × (…,K,N), got 3 and 4 in (2,3) × (4,5).',
  );
  expect(message(() => add(x, y))).toBe("add: expected shapes that broadcast, got (2,3) and (4,5).");
});

it("an op without a gradient is named with its path where a gradient is asked for", () => {
  const right = inModule("head", () => cast(greater(softmax(x), 0.5), "float32"));
  expect(message(() => gradient(sum(right), [x]))).toBe('gradient: op "cast" at "head" is not differentiable');
});

it("two shapes broadcast in ONNX's way or not at all, whatever their order", () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 });
  fc.assert(
    fc.property(shapes, shapes, (a, b) => {
      const rank = Math.max(a.length, b.length);
      const padded = [a, b].map((s) => [...Array.from({ length: rank - s.length }, () => 1), ...s]) as [
        number[],
        number[],
      ];
      const fits = padded[0].every((d, i) => d === padded[1][i] || d === 1 || padded[1][i] === 1);
      const build = (first: number[], second: number[]) => add(input("a", first), input("b", second)).shape;
      if (!fits) {
        expect(message(() => build(a, b))).toBe(
          `add: expected shapes that broadcast, got (${a.join()}) and (${b.join()}).`,
        );
        return;
      }
      expect(build(a, b)).toEqual(padded[0].map((d, i) => Math.max(d, padded[1][i] as number)));
      expect(build(b, a)).toEqual(build(a, b));
    }),
    { seed: 1 },
  );
});

it("a scalar meets any tensor", () => expect(mul(scalar(2), x).shape).toEqual([2, 3]));
