import { describe, expect, it } from "vitest";
import { evaluate, input, ndarray } from "../../src/graph/index.ts";
import { trainOptions } from "../../src/tasks/train-options.ts";
import type { TrainOptions } from "../../src/tasks/task.ts";
import { adamUpdate, COEFFICIENTS, coefficients } from "../../src/train/optimizer.ts";
import type { Momentum } from "../../src/train/schedule.ts";

/** A bias, a matrix and two numbers of a layer norm; all parameters are 1. */
const shapes = [[2], [2, 2], [2]];
const SIZE = 8;

interface Step {
  readonly rate: number;
  readonly gradient: number;
  readonly momentum?: Momentum;
}

/** Parameters after updates with gradients that are the same everywhere. */
function trained(changes: Partial<TrainOptions>, steps: readonly Step[]): number[] {
  const train = trainOptions.parse({ optimizer: "adamw", clip: 0, ...changes });
  const names = ["parameters", "firstMoments", "secondMoments"] as const;
  const [parameters, firstMoments, secondMoments] = names.map((name) => input(name, [SIZE]));
  const state = { parameters, firstMoments, secondMoments } as Parameters<typeof adamUpdate>[0];
  const gradients = shapes.map((shape, i) => input(`gradient.${i}`, shape));
  const update = adamUpdate(state, gradients, train);
  const outputs = names.map((name) => update[name]);
  let values = [ndarray([SIZE], new Array<number>(SIZE).fill(1)), ndarray([SIZE]), ndarray([SIZE])];
  steps.forEach(({ rate, gradient, momentum }, step) => {
    const numbers = coefficients(train, step, rate, momentum);
    values = evaluate(outputs, {
      ...Object.fromEntries(names.map((name, i) => [name, values[i] ?? ndarray([SIZE])])),
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
