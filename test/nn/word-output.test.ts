import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  argmax,
  constant,
  evaluate,
  gradient,
  input,
  ndarray,
  type NDArray,
  type Tensor,
} from "../../src/graph/index.ts";
import { inModule } from "../../src/graph/path.ts";
import { reachable } from "../../src/graph/tensor.ts";
import { elements } from "../../src/graph/shape.ts";
import { labelSmoothedDivergence, meanLoss } from "../../src/nn/loss.ts";
import { Scope } from "../../src/nn/scope.ts";
import { translationObjective, wordLogits } from "../../src/nn/word-output.ts";
import { random } from "../../src/random.ts";
import { distance, gradientError, normals } from "../support/gradient-check.ts";
import { runOnCpu } from "../support/onnx.ts";

const WIDTH = 3;
const PADDING = 1;

interface Drawn {
  readonly batch: number;
  readonly length: number;
  readonly vocabulary: number;
  readonly smoothing: number;
  readonly seed: number;
}
const drawn = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  length: fc.integer({ min: 1, max: 4 }),
  vocabulary: fc.integer({ min: 3, max: 7 }),
  smoothing: fc.constantFrom(0, 0.1, 0.4),
  seed: fc.nat(1e6),
});

/** Targets of which the first is a word, so that at least one counts. */
function targetsOf({ batch, length, vocabulary, seed }: Drawn): number[] {
  return [0, ...random(seed, "targets").integers(batch * length - 1, vocabulary)];
}

const valuesOf = ({ batch, length, vocabulary, seed }: Drawn): Record<string, NDArray> => ({
  hidden: normals(random(seed, "hidden"), [batch, length, WIDTH]),
  "generator.weight": normals(random(seed, "weight"), [WIDTH, vocabulary]),
  "generator.bias": normals(random(seed, "bias"), [vocabulary]),
});

/** The fused objective, and the divergence of plain logits, of one hidden state and the same parameters. */
function build(given: Drawn) {
  const { batch, length, vocabulary, smoothing } = given;
  const hidden = input("hidden", [batch, length, WIDTH]);
  const targets = constant(targetsOf(given), [batch, length], "int32");
  const options = { smoothing, padding: PADDING };
  const fused = new Scope({ training: true });
  const objective = translationObjective(fused, hidden, vocabulary, targets, options);
  const plain = new Scope({ training: true });
  const logits = wordLogits(plain, hidden, vocabulary);
  const wanted = (scope: Scope) => [hidden, ...scope.parameters.map(({ tensor }) => tensor)];
  return {
    objective,
    logits,
    plain: meanLoss(labelSmoothedDivergence(logits, targets, options)),
    wanted: wanted(fused),
    plainWanted: wanted(plain),
  };
}

describe("the objective of words", () => {
  it("equals the label-smoothed divergence of its logits, with all gradients", async () => {
    await fc.assert(
      fc.asyncProperty(drawn, async (given) => {
        const { objective, plain, logits, wanted, plainWanted } = build(given);
        const fused = [objective.loss, objective.logits, ...gradient(objective.loss, wanted)];
        const expected = evaluate([plain, logits, ...gradient(plain, plainWanted)], valuesOf(given));
        evaluate(fused, valuesOf(given)).forEach((value, i) => {
          expect(distance(value, expected[i])).toBeLessThan(1e-12);
        });
        (await runOnCpu(fused, valuesOf(given))).forEach((value, i) => {
          expect(distance(value, expected[i])).toBeLessThan(1e-5);
        });
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  it("has the gradient of central differences", () => {
    fc.assert(
      fc.property(drawn, (given) => {
        const { objective, wanted } = build(given);
        expect(gradientError(objective.loss, wanted, valuesOf(given), given.seed)).toBeLessThan(1e-6);
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  it("counts words that are not padding, and the right ones among them", () => {
    const given = { batch: 3, length: 4, vocabulary: 3, smoothing: 0.1, seed: 5 };
    const { objective, logits } = build(given);
    const [count, correct, best] = evaluate([objective.count, objective.correct, argmax(logits)], valuesOf(given)) as [
      NDArray,
      NDArray,
      NDArray,
    ];
    const targets = targetsOf(given);
    const words = targets.filter((id) => id !== PADDING).length;
    expect(words).toBeLessThan(targets.length);
    expect(count.data[0]).toBe(words);
    expect(correct.data[0]).toBe(targets.filter((id, i) => id !== PADDING && id === best.data[i]).length);
  });

  it("makes no tensor of rows by words but logits and their softmax", () => {
    const [rows, vocabulary] = [12, 101];
    const given = { batch: 3, length: 4, vocabulary, smoothing: 0.1, seed: 1 };
    const { objective, wanted } = build(given);
    const large = reachable([objective.loss, ...gradient(objective.loss, wanted)]).filter(
      ({ op, shape }) => op.name !== "reshape" && elements(shape as number[]) >= rows * vocabulary,
    );
    expect(large.map(({ op }) => op.name).sort()).toEqual(["matmul", "softmax"]);
  });

  it("runs at any batch and length", async () => {
    const given = { batch: 2, length: 3, vocabulary: 5, smoothing: 0.1, seed: 3 };
    const options = { smoothing: 0.1, padding: PADDING };
    const symbolic = translationObjective(
      new Scope({ training: false }),
      input("hidden", ["B", "T", WIDTH]),
      5,
      input("targets", ["B", "T"], "int32"),
      options,
    );
    const names = ["loss", "lossSum", "correct", "count", "logits"] as const;
    const expected = evaluate(
      names.map((name) => build(given).objective[name]),
      valuesOf(given),
    );
    const values = { ...valuesOf(given), targets: ndarray([2, 3], targetsOf(given)) };
    const actual = await runOnCpu(
      names.map((name): Tensor => symbolic[name]),
      values,
    );
    actual.forEach((value, i) => expect(distance(value, expected[i])).toBeLessThan(1e-5));
  });

  it("shares its parameters' names with the logits", () => {
    const scope = new Scope({ training: false });
    inModule("model", () => wordLogits(scope, input("hidden", ["B", "T", 4]), 9));
    expect(scope.parameters.map(({ path, shape }) => [path, shape])).toEqual([
      ["model.generator.weight", [4, 9]],
      ["model.generator.bias", [9]],
    ]);
  });
});
