import { describe, expect, it } from "vitest";
import { constant, evaluate, gradient, input, mul, ndarray, sum, type NDArray } from "../../src/graph/index.ts";
import { allOps, type Op, type Sample } from "../../src/graph/op.ts";
import { makeTensor } from "../../src/graph/tensor.ts";
import { elements } from "../../src/graph/shape.ts";
import { random } from "../../src/random.ts";
import { runOnCpu } from "../support/onnx.ts";

/** A sample as a graph: its inputs by name, and the op's result. */
function build(op: Op, sample: Sample<Record<string, unknown>>) {
  const inputs = sample.inputs.map(({ shape, dtype = "float32" }, i) => input(`x${i}`, shape, dtype));
  const { shape, dtype } = op.shape(inputs, sample.attributes);
  const y = makeTensor(op, inputs, sample.attributes, shape, dtype);
  const values = Object.fromEntries(sample.inputs.map((x, i) => [`x${i}`, x as NDArray]));
  return { inputs, y, values };
}

const STEP = 1e-6;

for (const op of allOps()) {
  const samples = op.samples(random(1, op.name)) as readonly Sample<Record<string, unknown>>[];
  if (samples.length === 0) continue;
  describe(op.name, () => {
    it.each(samples.map((sample, i) => [i, sample] as const))(
      "sample %i: shape rule, oracle and ONNX Runtime agree",
      async (_i, sample) => {
        const { y, values } = build(op, sample);
        const [expected] = evaluate([y], values) as [NDArray];
        expect(expected.data.length).toBe(elements(expected.shape));
        const [actual] = await runOnCpu([y], values);
        expect(actual?.shape).toEqual(expected.shape);
        expected.data.forEach((value, k) =>
          expect(Math.abs(((actual as NDArray).data[k] as number) - value)).toBeLessThan(1e-5 * (1 + Math.abs(value))),
        );
      },
    );

    if (op.gradient === undefined) return;
    it.each(samples.map((sample, i) => [i, sample] as const))(
      "sample %i: gradient equals central differences",
      async (i, sample) => {
        const { inputs, y, values } = build(op, sample);
        const stream = random(2, op.name, i);
        const weights = constant(
          Float64Array.from({ length: elements(y.shape as number[]) }, () => stream.normal()),
          y.shape as number[],
        );
        const loss = sum(mul(y, weights));
        const wanted = inputs.filter((x) => x.dtype === "float32");
        const gradients = gradient(loss, wanted);
        const computed = evaluate(gradients, values);
        const device = await runOnCpu(gradients, values);
        wanted.forEach((x, which) => {
          const name = `x${inputs.indexOf(x)}`;
          const value = values[name] as NDArray;
          value.data.forEach((_, k) => {
            const at = (shift: number) => {
              const moved = ndarray(value.shape, value.data);
              moved.data[k] = (moved.data[k] as number) + shift;
              return (evaluate([loss], { ...values, [name]: moved })[0] as NDArray).data[0] as number;
            };
            const numeric = (at(STEP) - at(-STEP)) / (2 * STEP);
            const exact = (computed[which] as NDArray).data[k] as number;
            expect(Math.abs(exact - numeric)).toBeLessThan(1e-6 * (1 + Math.abs(numeric)));
            expect(Math.abs(((device[which] as NDArray).data[k] as number) - exact)).toBeLessThan(
              1e-5 * (1 + Math.abs(exact)),
            );
          });
        });
      },
    );
  });
}

it("covers every op that has samples with at least one", () => {
  const without = allOps()
    .filter((op) => op.samples(random(1, op.name)).length === 0)
    .map((op) => op.name);
  expect(without.sort()).toEqual(["input", "parameter", "withPullback"]);
});
