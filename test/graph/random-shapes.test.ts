import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  allOps,
  concat,
  constant,
  div,
  erf,
  evaluate,
  exp,
  expand,
  gather,
  gradient,
  greater,
  halfOnePlus,
  headOf,
  input,
  log,
  logSoftmax,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  mul,
  ndarray,
  neg,
  relu,
  reshape,
  scatterAdd,
  slice,
  softmax,
  sqrt,
  standardise,
  sub,
  sum,
  tanh,
  transpose,
  where,
  type NDArray,
  type Tensor,
} from "../../src/graph/index.ts";
import { elements } from "../../src/graph/shape.ts";
import { random, type Random } from "../../src/random.ts";
import { distance, gradientError, normals } from "../support/gradient-check.ts";
import { runOnCpu } from "../support/onnx.ts";

/** An op on inputs x0, x1, … of drawn shapes; `values` draws them where normal numbers do not do. */
interface Applied {
  readonly shapes: readonly (readonly number[])[];
  readonly apply: (inputs: readonly Tensor[]) => Tensor;
  readonly values?: (stream: Random, shape: readonly number[]) => NDArray;
}

const size = fc.integer({ min: 1, max: 4 });
const shape = (minLength: number, maxLength: number) => fc.array(size, { minLength, maxLength });

/** Two shapes that broadcast: parts of one, aligned at the right, some axes 1. */
const pair = shape(0, 3).chain((whole) => {
  const operand = fc
    .record({ from: fc.nat(whole.length), ones: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }) })
    .map(({ from, ones }) => whole.slice(from).map((d, i) => (ones[i] === true ? 1 : d)));
  return fc.tuple(operand, operand);
});

const awayFromZero = (stream: Random, dimensions: readonly number[]) => {
  const x = normals(stream, dimensions);
  return ndarray(
    dimensions,
    x.data.map((v) => Math.sign(v) * (0.5 + Math.abs(v))),
  );
};
const positive = (stream: Random, dimensions: readonly number[]) =>
  ndarray(dimensions, awayFromZero(stream, dimensions).data.map(Math.abs));

const binary = (op: (a: Tensor, b: Tensor) => Tensor, values?: Applied["values"]): fc.Arbitrary<Applied> =>
  pair.map((shapes) => ({ shapes, apply: ([a, b]) => op(a as Tensor, b as Tensor), ...(values && { values }) }));

const betweenOnes = (stream: Random, dimensions: readonly number[]) =>
  ndarray(
    dimensions,
    normals(stream, dimensions).data.map((v) => Math.tanh(v)),
  );

const unary = (op: (x: Tensor) => Tensor, values: Applied["values"] = awayFromZero): fc.Arbitrary<Applied> =>
  shape(0, 3).map((dimensions) => ({ shapes: [dimensions], apply: ([x]) => op(x as Tensor), values }));

const alongAxis = (op: (x: Tensor, axis: number) => Tensor): fc.Arbitrary<Applied> =>
  shape(1, 3).chain((dimensions) =>
    fc.integer({ min: -dimensions.length, max: dimensions.length - 1 }).map((axis) => ({
      shapes: [dimensions],
      apply: ([x]: readonly Tensor[]) => op(x as Tensor, axis),
    })),
  );

const reduction = (op: typeof sum): fc.Arbitrary<Applied> =>
  shape(1, 3).chain((dimensions) =>
    fc
      .record({
        axes: fc.subarray(
          dimensions.map((_, i) => i),
          { minLength: 1 },
        ),
        keepDims: fc.boolean(),
      })
      .map((options) => ({
        shapes: [dimensions],
        apply: ([x]: readonly Tensor[]) => op(x as Tensor, options),
      })),
  );

const product: fc.Arbitrary<Applied> = fc
  .record({
    lengths: fc.tuple(size, size, size),
    batch: pair,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    scale: fc.constantFrom(1, 0.5),
  })
  .map(({ lengths: [rows, inner, columns], batch: [a, b], ...options }) => ({
    shapes: [
      [...a, ...(options.transposeA ? [inner, rows] : [rows, inner])],
      [...b, ...(options.transposeB ? [columns, inner] : [inner, columns])],
    ],
    apply: ([x, y]) => matmul(x as Tensor, y as Tensor, options),
  }));

const cut: fc.Arbitrary<Applied> = shape(1, 3).chain((dimensions) =>
  fc.nat(dimensions.length - 1).chain((axis) =>
    fc.nat((dimensions[axis] as number) - 1).chain((start) =>
      fc.integer({ min: start + 1, max: dimensions[axis] as number }).map((end) => ({
        shapes: [dimensions],
        apply: ([x]: readonly Tensor[]) => slice(x as Tensor, axis, start, end),
      })),
    ),
  ),
);

const joined: fc.Arbitrary<Applied> = shape(1, 3).chain((dimensions) =>
  fc
    .record({ axis: fc.nat(dimensions.length - 1), lengths: fc.array(size, { minLength: 2, maxLength: 4 }) })
    .map(({ axis, lengths }) => ({
      shapes: lengths.map((length) => dimensions.map((d, i) => (i === axis ? length : d))),
      apply: (inputs: readonly Tensor[]) => concat(inputs, axis),
    })),
);

const turned: fc.Arbitrary<Applied> = shape(2, 4).chain((dimensions) =>
  fc
    .shuffledSubarray(
      dimensions.map((_, i) => i),
      { minLength: dimensions.length },
    )
    .map((axes) => ({
      shapes: [dimensions],
      apply: ([x]: readonly Tensor[]) => transpose(x as Tensor, axes),
    })),
);

const rowsAdded: fc.Arbitrary<Applied> = fc
  .tuple(fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 3 }))
  .map(([ids, width]) => ({
    shapes: [[ids.length, width]],
    apply: ([updates]) => scatterAdd(updates as Tensor, constant(ids, [ids.length], "int32"), 4),
  }));

const rowsAt: fc.Arbitrary<Applied> = fc
  .tuple(size, size, shape(1, 2), fc.infiniteStream(fc.nat()))
  .map(([rows, width, of, ids]) => ({
    shapes: [[rows, width]],
    apply: ([table]) =>
      gather(
        table as Tensor,
        constant(
          Array.from(ids.take(elements(of)), (id) => id % rows),
          of,
          "int32",
        ),
      ),
  }));

const firstRows: fc.Arbitrary<Applied> = fc
  .record({ table: shape(1, 3), extra: size })
  .map(({ table: [rows = 1, ...rest], extra }) => ({
    shapes: [
      [rows + extra, ...rest],
      [2, rows],
    ],
    // The second input gives its length only.
    apply: ([table, reference]) => headOf(table as Tensor, 0, reference as Tensor, 1),
  }));

const ops: Readonly<Record<string, fc.Arbitrary<Applied>>> = {
  add: binary(add),
  sub: binary(sub),
  mul: binary(mul),
  div: binary(div, awayFromZero),
  maximum: binary(maximum),
  minimum: binary(minimum),
  where: binary((a, b) => where(greater(constant([1, -1, 2, 0], [4, 1]), 0), reshape(sum(a), [1, 1]), sum(b))),
  neg: unary(neg),
  exp: unary(exp),
  log: unary(log, positive),
  sqrt: unary(sqrt, positive),
  tanh: unary(tanh),
  erf: unary(erf),
  relu: unary(relu),
  halfOnePlus: unary(halfOnePlus, betweenOnes),
  softmax: alongAxis(softmax),
  logSoftmax: alongAxis(logSoftmax),
  standardise: shape(1, 3).map((dimensions) => ({
    shapes: [dimensions],
    apply: ([x]) => standardise(x as Tensor, 0.1),
  })),
  sum: reduction(sum),
  mean: reduction(mean),
  max: reduction(max),
  matmul: product,
  slice: cut,
  concat: joined,
  transpose: turned,
  gather: rowsAt,
  scatterAdd: rowsAdded,
  headOf: firstRows,
  reshape: shape(2, 3).map((dimensions) => ({
    shapes: [dimensions],
    apply: ([x]) => reshape(x as Tensor, [elements(dimensions), 1]),
  })),
  expand: pair.map(([a]) => ({
    shapes: [a],
    apply: ([x]) => expand(x as Tensor, [3, ...a.map((d) => (d === 1 ? 2 : d))]),
  })),
};

describe.each(Object.entries(ops))("%s of random shapes", (name, arbitrary) => {
  it("has the gradient of central differences, and ONNX Runtime agrees", async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.nat(1e6), async ({ shapes, apply, values = normals }, seed) => {
        const inputs = shapes.map((dimensions, i) => input(`x${i}`, dimensions));
        const drawn = Object.fromEntries(
          shapes.map((dimensions, i) => [`x${i}`, values(random(seed, `${name}/${i}`), dimensions)]),
        );
        const y = apply(inputs);
        const weights = normals(random(seed, "weights"), y.shape as number[]);
        const loss = sum(mul(y, constant(weights.data, weights.shape)));
        expect(gradientError(loss, inputs, drawn, seed)).toBeLessThan(1e-6);
        const results = [y, ...gradient(loss, inputs)];
        const device = await runOnCpu(results, drawn);
        evaluate(results, drawn).forEach((expected, i) => expect(distance(device[i], expected)).toBeLessThan(1e-4));
      }),
      { seed: 1, numRuns: 25 },
    );
  });
});

it("every op with a gradient is among them", () => {
  const differentiable = allOps()
    .filter((op) => op.gradient !== undefined)
    .map((op) => op.name);
  expect(Object.keys(ops).sort()).toEqual(differentiable.filter((name) => name !== "withPullback").sort());
});
