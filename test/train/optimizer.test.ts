import { describe, expect, it } from "vitest";
import { evaluate, input, ndarray } from "../../src/graph/index.ts";
import { random } from "../../src/random.ts";
import { trainOptions } from "../../src/tasks/train-options.ts";
import type { TrainOptions } from "../../src/tasks/task.ts";
import { adamUpdate, COEFFICIENTS, coefficients, stateShape } from "../../src/train/optimizer.ts";
import type { Momentum } from "../../src/train/schedule.ts";
import { runOnCpu } from "../support/onnx.ts";

/** A bias, a matrix and two numbers of a layer norm; all parameters are 1. */
const shapes = [[2], [2, 2], [2]];
const SIZE = 8;
const SHAPE = stateShape(SIZE);

interface Step {
  readonly rate: number;
  readonly gradient: number;
  readonly momentum?: Momentum;
}

const names = ["parameters", "firstMoments", "secondMoments"] as const;

/** Updates of a state in a matrix of the given shape, with gradients of `shapes`. */
function updateGraph(train: TrainOptions, shape: readonly [number, number]) {
  const [parameters, firstMoments, secondMoments] = names.map((name) => input(name, shape));
  const state = { parameters, firstMoments, secondMoments } as Parameters<typeof adamUpdate>[0];
  const gradients = shapes.map((own, i) => input(`gradient.${i}`, own));
  return adamUpdate(state, gradients, train);
}

/** Parameters after updates with gradients that are the same everywhere. */
function trained(changes: Partial<TrainOptions>, steps: readonly Step[]): number[] {
  const train = trainOptions.parse({ optimizer: "adamw", clip: 0, ...changes });
  const update = updateGraph(train, SHAPE);
  const outputs = names.map((name) => update[name]);
  let values = [ndarray(SHAPE, new Array<number>(SIZE).fill(1)), ndarray(SHAPE), ndarray(SHAPE)];
  steps.forEach(({ rate, gradient, momentum }, step) => {
    const numbers = coefficients(train, step, rate, momentum);
    values = evaluate(outputs, {
      ...Object.fromEntries(names.map((name, i) => [name, values[i] ?? ndarray(SHAPE)])),
      ...Object.fromEntries(
        shapes.map((shape, i) => {
          const size = shape.reduce((a, b) => a * b, 1);
          return [`gradient.${i}`, ndarray(shape, new Array<number>(size).fill(gradient))];
        }),
      ),
      ...Object.fromEntries(numbers.map((value, i) => [`${COEFFICIENTS}.${i}`, ndarray([], [value])])),
    });
  });
  return Array.from(values[0]?.data ?? []);
}

describe("weight decay", () => {
  const step = { rate: 0.1, gradient: 0 };

  it("shrinks all parameters by rate times decay", () => {
    expect(trained({ decay: 0.5 }, [step])).toEqual(new Array(SIZE).fill(0.95));
  });

  it("leaves biases and layer norms alone where it is not for all", () => {
    expect(trained({ decay: 0.5, decayAll: false }, [step])).toEqual([1, 1, 0.95, 0.95, 0.95, 0.95, 1, 1]);
  });
});

describe("Adam with a changing β₁", () => {
  const steps = [
    { rate: 0.1, gradient: 1, momentum: { beta1: 0.9, previous: 0.9 } },
    { rate: 0.1, gradient: -3, momentum: { beta1: 0.5, previous: 0.9 } },
    { rate: 0.2, gradient: 2, momentum: { beta1: 0.8, previous: 0.5 } },
  ];

  it("keeps means with the present β₁ and divides by 1 − β₁ᵗ with the present β₁", () => {
    const { beta2, epsilon } = trainOptions.parse({});
    let [p, mean, squares] = [1, 0, 0];
    steps.forEach(({ rate, gradient, momentum: { beta1 } }, i) => {
      mean = beta1 * mean + (1 - beta1) * gradient;
      squares = beta2 * squares + (1 - beta2) * gradient ** 2;
      const root = Math.sqrt(squares / (1 - beta2 ** (i + 1)));
      p -= (rate * mean) / (1 - beta1 ** (i + 1)) / (root + epsilon);
    });
    const found = trained({ schedule: "one-cycle" }, steps);
    found.forEach((value) => {
      expect(value).toBeCloseTo(p, 12);
    });
  });

  it("whose β₁ stays is Adam with that β₁", () => {
    const same = steps.map(({ rate, gradient }) => ({ rate, gradient, momentum: { beta1: 0.9, previous: 0.9 } }));
    const constant = trained({ schedule: "constant", beta1: 0.9 }, same);
    trained({ schedule: "one-cycle" }, same).forEach((value, i) => {
      expect(value).toBeCloseTo(constant[i] ?? NaN, 12);
    });
  });
});

describe("a state of several rows", () => {
  it("has one row for few numbers and rows of one length for many", () => {
    expect(stateShape(8)).toEqual([1, 8]);
    const [rows, length] = stateShape(1_000_000);
    expect(rows * length).toBeGreaterThanOrEqual(1_000_000);
    expect((rows - 1) * length).toBeLessThan(1_000_000);
  });

  const cases = [
    { clip: 0 },
    { clip: 0.5 },
    { optimizer: "adamw", decay: 0.5, decayAll: false, clip: 0.5 },
    { optimizer: "adamw", decay: 0.5, schedule: "one-cycle" },
  ] as const;

  it.each(cases)("is updated as one of one row, row by row in ONNX Runtime, with %o", async (changes) => {
    const train = trainOptions.parse(changes);
    const stream = random(3, "update");
    const numbers = () => Float64Array.from({ length: SIZE }, () => Math.abs(stream.normal()));
    const state = names.map(() => numbers());
    const shared = {
      ...Object.fromEntries(
        shapes.map((shape, i) => [`gradient.${i}`, ndarray(shape, numbers().subarray(0, shape.length * 2))]),
      ),
      ...Object.fromEntries(
        coefficients(train, 2, 0.1, { beta1: 0.8, previous: 0.9 }).map((value, i) => [
          `${COEFFICIENTS}.${i}`,
          ndarray([], [value]),
        ]),
      ),
    };
    const update = async (shape: readonly [number, number], run: typeof runOnCpu) => {
      const { gradientNorm, ...next } = updateGraph(train, shape);
      const padded = (values: Float64Array) =>
        ndarray(shape, [...values, ...new Array<number>(shape[0] * shape[1] - SIZE).fill(0)]);
      const values = {
        ...shared,
        ...Object.fromEntries(names.map((name, i) => [name, padded(state[i] as Float64Array)])),
      };
      const results = await run([...names.map((name) => next[name]), gradientNorm], values);
      expect(
        results
          .slice(0, 3)
          .flatMap(({ data }) => Array.from(data.subarray(SIZE)))
          .every((rest) => rest === 0),
      ).toBe(true);
      return results.map(({ data }) => Array.from(data.subarray(0, SIZE)));
    };
    const expected = await update([1, SIZE], async (outputs, values) => evaluate(outputs, values));
    for (const shape of [
      [1, SIZE],
      [2, 5],
      [3, 3],
    ] as const) {
      const actual = await update(shape, runOnCpu);
      expected.forEach((numbers, i) => numbers.forEach((value, k) => expect(actual[i]?.[k]).toBeCloseTo(value, 5)));
    }
  });
});
