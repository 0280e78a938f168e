import { describe, expect, it } from "vitest";
import { formulations } from "../../src/attention/formulations/index.ts";
import { evaluate, input, ndarray, type NDArray } from "../../src/graph/index.ts";
import { Scope } from "../../src/nn/scope.ts";
import { random } from "../../src/random.ts";
import { distance, normals } from "../support/gradient-check.ts";
import { runOnCpu } from "../support/onnx.ts";
import { LENGTH, smallModels, type SmallModel } from "../support/small-models.ts";

/** Parameters and an input for a batch and a length. */
function valuesFor(model: SmallModel, scope: Scope, batch: number, length: number): Record<string, NDArray> {
  const shape = model.shape(batch, length) as number[];
  const count = shape.reduce((a, b) => a * b, 1);
  const x =
    model.dtype === "float32"
      ? normals(random(1, "x"), shape)
      : ndarray(shape, random(1, "x").integers(count, model.classes));
  const parameters = scope.parameters.map(({ path, shape: of }) => {
    const { data } = normals(random(1, path), of);
    return [
      path,
      ndarray(
        of,
        data.map((v) => 0.3 * v),
      ),
    ] as const;
  });
  return { x, ...Object.fromEntries(parameters) };
}

const build = (model: SmallModel, formulation: string, batch: number | string, length: number | string) => {
  const scope = new Scope({ training: false });
  return { scope, logits: model.logits(scope, input("x", model.shape(batch, length), model.dtype), formulation) };
};

describe.each(smallModels)("an inference graph of the $name", (model) => {
  it.each(formulations.map(({ name }) => name))(
    "with %s runs at any batch and length as a fixed one does",
    async (name) => {
      const symbolic = build(model, name, "B", "T");
      expect(symbolic.logits.shape[0]).toBe("B");
      for (const [batch, length] of [
        [1, LENGTH],
        [3, LENGTH],
        [2, 1],
        [2, 4],
      ] as const) {
        const fixed = build(model, name, batch, length);
        const values = valuesFor(model, fixed.scope, batch, length);
        const [oracle] = evaluate([fixed.logits], values);
        expect(distance(evaluate([symbolic.logits], values)[0], oracle)).toBeLessThan(1e-12);
        const [device] = await runOnCpu([symbolic.logits], values);
        expect(distance(device, oracle)).toBeLessThan(1e-4);
      }
    },
  );
});

it.each(["sequence encoder", "gpt"])("a %s says so when a sequence is longer than its positions", (name) => {
  const model = smallModels.find((other) => other.name === name) as SmallModel;
  expect(() => build(model, "qkv", 2, LENGTH + 1)).toThrow(
    `headOf: expected at most ${LENGTH} positions, got ${LENGTH + 1}.`,
  );
});
