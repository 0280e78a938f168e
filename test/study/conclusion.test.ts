import { describe, expect, it } from "vitest";
import { conclude } from "../../src/study/conclusion.ts";
import type { CompareRow } from "../../src/study/document.ts";
import { mean, pairedDifference, sampleDeviation } from "../../src/study/statistics.ts";

function rows(tests: Readonly<Record<string, readonly number[]>>, metric = "token accuracy"): CompareRow[] {
  const [baseline = []] = Object.values(tests);
  return Object.entries(tests).map(([attention, values], i) => ({
    attention,
    parameters: 1,
    macs: 1,
    metric,
    mean: mean(values),
    std: sampleDeviation(values),
    difference: i === 0 ? null : pairedDifference(values, baseline),
    secondsPerStep: 1,
    runs: values.map((test, k) => ({ seed: k + 1, folder: "", test, validation: 1, loss: 1, steps: 1, seconds: 1 })),
  }));
}

describe("conclude", () => {
  it("says when nothing was learned", () => {
    const guesses = rows({ qkv: [0.1, 0.11], kv: [0.12, 0.09] });
    const limit = "no formulation gets far beyond guessing (0.10), so this tells little of how well formulations learn";
    expect(conclude(guesses, true, 0.1)).toContain(`; ${limit}; this holds for these sizes`);
    expect(conclude(guesses, true, 0.01)).not.toContain("guessing");
  });

  it("says when a difference is shown and when it is not", () => {
    const found = conclude(rows({ qkv: [0.9, 0.92, 0.91], kv: [0.905, 0.918, 0.915], "kv+pos": [0.95, 0.971, 0.96] }));
    expect(found).toBe(
      "With 3 seeds, kv is 0.3 points above qkv (95 % interval −0.7 to 1.3): no difference is shown, which does not " +
        "prove that there is none; kv+pos is 5.0 points above qkv (95 % interval 4.9 to 5.2): a difference is shown; " +
        "this holds for these sizes and settings alone.",
    );
  });

  it("names a formulation that is worse, and small differences with two digits", () => {
    const found = conclude(rows({ qkv: [0.99, 0.991, 0.992], kv: [0.9895, 0.9905, 0.9916] }));
    expect(found).toContain("kv is 0.05 points below qkv (95 % interval −0.06 to −0.03): a difference is shown");
  });

  it("shows nothing from few differences that happen to be equal", () => {
    expect(conclude(rows({ qkv: [0.99, 0.991], kv: [0.9895, 0.9905] }))).toContain(
      "kv is 0.05 points below qkv: without an interval, no difference is shown",
    );
  });

  it("does not rank what a task cannot rank", () => {
    expect(conclude(rows({ qkv: [1, 1], kv: [1, 1] }))).toContain(
      "kv equals qkv on every seed: both solve the task fully, so it cannot rank them",
    );
    expect(conclude(rows({ qkv: [0.5, 0.7], kv: [0.5, 0.7] }))).toContain(
      "kv equals qkv on every seed: no difference is shown",
    );
  });

  it("says for a loss that lower is better, in three digits", () => {
    expect(conclude(rows({ qkv: [1.5, 1.52], kv: [1.55, 1.56] }, "loss"), false)).toContain(
      "kv is 0.045 above qkv (lower is better, 95 % interval",
    );
  });

  it("leaves other metrics in their unit", () => {
    expect(conclude(rows({ qkv: [5, 6], kv: [4, 4.5] }, "perplexity"))).toContain(
      "kv is 1.3 below qkv (95 % interval −4.4 to 1.9)",
    );
  });

  it("claims nothing from one seed or one formulation", () => {
    expect(conclude(rows({ qkv: [0.9], kv: [1] }))).toContain("With one seed there is no spread to judge by");
    expect(conclude(rows({ qkv: [0.9, 1] }))).toBe("Only qkv was trained, so there is nothing to compare it with.");
  });
});
