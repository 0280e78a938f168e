import { expect } from "vitest";
import { allOps } from "../../src/graph/op.ts";
import { random } from "../../src/random.ts";
import type { Conformity } from "./page/conformance.ts";
import type { Course, Numbers } from "./page/train.ts";

/** Sums of float32 in another order; the difference grows as updates add it up. */
const TOLERANCE = 1e-5;

/** Expects each step's loss and gradient norm to be those of another device. */
export function expectSameSteps(actual: readonly Numbers[], expected: readonly Numbers[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((numbers, i) => {
    for (const name of ["loss", "gradientNorm"] as const) {
      const [a, b] = [numbers[name], (expected[i] as Numbers)[name]];
      expect(Math.abs(a - b) / b, `${name} of step ${i}: ${a} and ${b}`).toBeLessThan(TOLERANCE * (1 + i));
    }
  });
}

/** Expects a course on a browser's device to be the one taken in Node, and its resumed steps to be those not interrupted. */
export function expectSameCourse(actual: Course, expected: Course, resumeAt: number): void {
  expectSameSteps(actual.steps, expected.steps);
  expect(actual.resumed).toEqual(actual.steps.slice(resumeAt));
  const { lossSum, correct, count } = actual.evaluation;
  expect({ correct, count }).toEqual({ correct: expected.evaluation.correct, count: expected.evaluation.count });
  expect(Math.abs(lossSum - expected.evaluation.lossSum) / lossSum).toBeLessThan(TOLERANCE * (1 + resumeAt));
  expect(actual.evaluationAgain).toEqual(actual.evaluation);
}

/** Expects every op to compute what the oracle does. */
export function expectConformity(conformity: readonly Conformity[]): void {
  expect(conformity.filter(({ error }) => !(error < TOLERANCE))).toEqual([]);
  const withSamples = allOps().filter(({ name, samples }) => samples(random(1, name)).length > 0);
  expect(conformity.map(({ op }) => op).sort()).toEqual(withSamples.map(({ name }) => name).sort());
}
