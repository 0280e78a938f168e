import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trainOptions } from "../../src/tasks/train-options.ts";
import { planSteps } from "../../src/train/plan.ts";

const options = (changes: object) => trainOptions.parse(changes);
const upTo = (n: number): number[] => Array.from({ length: n + 1 }, (_, step) => step);

describe("planSteps", () => {
  it("drops the last, smaller batch and ends every epoch with a validation", () => {
    const plan = planSteps(50_000, options({ epochs: 2, batch: 128, evaluations: 4 }));
    expect([plan.stepsPerEpoch, plan.totalSteps]).toEqual([390, 780]);
    expect(upTo(780).filter(plan.validatesAt)).toEqual([98, 195, 293, 390, 488, 585, 683, 780]);
  });

  it("keeps a checkpoint at each validation, or every so many steps, and always the last", () => {
    const atValidation = planSteps(100, options({ epochs: 1, batch: 10, evaluations: 2 }));
    expect(upTo(10).filter(atValidation.keepsAt)).toEqual([5, 10]);
    const everyFour = planSteps(100, options({ epochs: 1, batch: 10, evaluations: 2, checkpoint: 4 }));
    expect(upTo(10).filter(everyFour.keepsAt)).toEqual([4, 8, 10]);
  });

  it("validates and keeps the end whatever the options", () => {
    const any = fc.record({
      epochs: fc.integer({ min: 1, max: 3 }),
      batch: fc.integer({ min: 1, max: 20 }),
      evaluations: fc.integer({ min: 0, max: 9 }),
      checkpoint: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(any, fc.integer({ min: 20, max: 60 }), (changes, examples) => {
        const plan = planSteps(examples, options(changes));
        const validations = upTo(plan.totalSteps).filter(plan.validatesAt);
        expect(validations.at(-1)).toBe(plan.totalSteps);
        expect(plan.keepsAt(plan.totalSteps)).toBe(true);
        expect(plan.keepsAt(0)).toBe(false);
        expect(validations.length).toBeLessThanOrEqual(Math.max(1, changes.evaluations) * changes.epochs);
      }),
    );
  });

  it("refuses a batch that the training data cannot fill", () => {
    expect(() => planSteps(100, options({ batch: 128 }))).toThrow(
      "train.batch: expected at most 100 (the training examples), got 128",
    );
  });
});
