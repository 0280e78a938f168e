import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../src/random.ts";
import { summariseStudy } from "../../src/study/summarise.ts";
import type { StudyDocument } from "../../src/study/study-document.ts";
import { documentOf, inputOf, type Grid } from "./finished-cells.ts";

const two: Grid = [
  { qkv: [0.9, 0.92, 0.91], kv: [0.905, 0.918, 0.915] },
  { qkv: [0.5, 0.7, 0.6], kv: [0.6, 0.5, 0.55] },
];
const taskOf = ({ tasks }: StudyDocument) => {
  const [task] = tasks;
  if (task === undefined) throw new Error("no task");
  return task;
};

/** `count` settings in which kv is worse by about `gap`; values have three digits, as shares of predictions do. */
const worse = (count: number, seeds: number, gap: number): Grid =>
  Array.from({ length: count }, (_, i) => {
    const draw = random(i, "cells");
    const noise = (): number => Math.round(draw.normal() * 8) / 1000;
    const qkv = Array.from({ length: seeds }, () => 0.6 + i / 50 + noise());
    return { qkv, kv: qkv.map((value) => value - gap + noise()) };
  });

describe("a study's numbers", () => {
  it("have mean and spread over seeds, and over settings apart, and the author's figure", () => {
    const document = documentOf(two);
    const { settings, formulations } = taskOf(document);
    const [qkv] = settings[0]?.rows ?? [];
    expect(qkv).toMatchObject({ attention: "qkv", parameters: 10, macs: 100, cacheBytesPerToken: 8 });
    expect(qkv?.mean).toBeCloseTo(0.91, 14);
    expect(qkv?.std).toBeCloseTo(0.01, 14);
    expect(qkv?.timing).toEqual({ secondsPerStep: 0.02, secondsPerExample: 0.002 });
    const [first] = formulations;
    expect(first).toMatchObject({ attention: "qkv", settings: 2, runs: 6 });
    // Means of the settings 0.91 and 0.6; within them variances of 0.01² and 0.1².
    expect(first?.mean).toBeCloseTo(0.755, 14);
    expect(first?.deviationOverSettings).toBeCloseTo(0.31 / Math.SQRT2, 14);
    expect(first?.deviationOverSeeds).toBeCloseTo(Math.sqrt((1e-4 + 1e-2) / 2), 14);
    expect(first?.author.mean).toBeCloseTo(0.755, 14);
    expect(first?.author.deviation).toBeCloseTo(0.155, 14);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it("pair seeds within a setting, and settings by their mean differences over all", () => {
    const { settings, comparisons } = taskOf(documentOf(two));
    // scipy 1.17.1: ttest_rel of the first setting.
    const [within] = settings[0]?.comparisons ?? [];
    expect(within).toMatchObject({ pairs: 3, wins: 2, losses: 1, ties: 0, interval: "student", caution: null });
    expect(within?.p).toBeCloseTo(0.37146063894529113, 12);
    const [over] = comparisons;
    expect(over).toMatchObject({ attention: "kv", baseline: "qkv", pairs: 6, wins: 3, losses: 3, ties: 0 });
    // Mean differences 0.008/3 and −0.05: two units, though there are six pairs; t = mean / (s/√2), one degree of freedom.
    const [a, b] = [0.008 / 3, -0.05];
    expect(over?.mean).toBeCloseTo((a + b) / 2, 14);
    expect(over?.p).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(Math.abs((a + b) / (a - b))), 12);
    expect(over?.caution).toBe("Two settings show only a difference far above their spread: use 3 or more.");
  });

  it("correct all tests of the study together, one of a single setting once", () => {
    const document = summariseStudy(inputOf({ copy: two, sort: worse(1, 3, 0.1) }));
    const [copy, sort] = document.tasks;
    const all = [copy?.comparisons, ...(copy?.settings ?? []).map((setting) => setting.comparisons), sort?.comparisons]
      .flatMap((comparisons) => comparisons ?? [])
      .toSorted((a, b) => (a.p ?? 0) - (b.p ?? 0));
    expect(all).toHaveLength(4);
    expect(all[0]?.pHolm).toBeCloseTo(4 * (all[0]?.p ?? 0), 14);
    expect(sort?.settings[0]?.comparisons).toEqual(sort?.comparisons);
  });

  it("count wins by the metric's direction", () => {
    const grid = [{ qkv: [1.5, 1.6, 1.7], kv: [1.4, 1.5, 1.7] }];
    const [loss] = taskOf(documentOf(grid, { metric: "loss", higherIsBetter: false })).comparisons;
    expect(loss).toMatchObject({ wins: 2, losses: 0, ties: 1 });
    const [accuracy] = taskOf(documentOf(grid)).comparisons;
    expect(accuracy).toMatchObject({ wins: 0, losses: 2, ties: 1 });
  });

  it("do not depend on the order in which cells finished", () => {
    const input = inputOf({ copy: worse(6, 2, 0.02), sort: two });
    const expected = JSON.stringify(summariseStudy(input));
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const order = [...random(seed, "order").permutation(input.finished.length)];
        const finished = order.flatMap((i) => input.finished[i] ?? []);
        expect(JSON.stringify(summariseStudy({ ...input, finished }))).toBe(expected);
      }),
      { numRuns: 5 },
    );
  });

  it("have neither NaN nor a difference where all pairs are equal", () => {
    for (const settings of [1, 3, 8]) {
      const same: Grid = Array.from({ length: settings }, () => ({ qkv: [1, 1, 1], kv: [1, 1, 1] }));
      const document = documentOf(same);
      expect(JSON.parse(JSON.stringify(document))).toEqual(document);
      const [over] = taskOf(document).comparisons;
      expect(over).toMatchObject({ mean: 0, p: 1, pHolm: 1, wins: 0, losses: 0, ties: 3 * settings });
      expect(taskOf(document).answer).toContain("both solve the task fully, so it cannot rank them");
    }
  });
});

describe("cells that are missing", () => {
  const grid: Grid = [
    { qkv: [0.9, 0.92, 0.91], kv: [0.905, null, 0.915] },
    { qkv: [0.5, 0.7, undefined], kv: [0.6, 0.5, 0.55] },
  ];

  it("leave the pairs that are whole, and it is said how many are not", () => {
    const document = documentOf(grid);
    expect(document.counts).toEqual({ planned: 12, finished: 10, failed: 1 });
    expect(document.failures).toEqual([
      { task: "task", attention: "kv", seed: 2, varied: { "model.width": 1 }, message: "no luck" },
    ]);
    const { settings, comparisons, answer } = taskOf(document);
    expect(settings.map(({ comparisons: [within] }) => within?.pairs)).toEqual([2, 2]);
    expect(comparisons[0]?.pairs).toBe(4);
    // Each setting counts once: (0.005 + 0.005) / 2 and (0.1 − 0.2) / 2.
    expect(comparisons[0]?.mean).toBeCloseTo((0.005 - 0.05) / 2, 14);
    expect(comparisons[0]?.caution).toContain("2 of 6 pairs are missing, for a run failed or has not finished");
    expect(answer).toContain("2 pairs are missing");
  });

  it("leave a study with nothing to compare, which is said", () => {
    const nothing = documentOf([{ qkv: [undefined, null], kv: [undefined, undefined] }]);
    expect(taskOf(nothing)).toMatchObject({ formulations: [], answer: "No run has finished, so there is no answer." });
    expect(taskOf(nothing).comparisons[0]).toMatchObject({ pairs: 0, mean: null, low: null, p: null, pHolm: null });
    const crossed = documentOf([{ qkv: [0.5, null], kv: [undefined, 0.6] }]);
    expect(taskOf(crossed).answer).toBe(
      "No seed has finished with both qkv and another formulation, so there is nothing to compare.",
    );
    expect(taskOf(crossed).comparisons[0]?.caution).toBe("No seed has finished with both formulations.");
  });
});

describe("the answer", () => {
  const answer = (grid: Grid, metric?: { metric: string; higherIsBetter: boolean }): string =>
    taskOf(documentOf(grid, metric)).answer;

  it("says of one setting what its seeds show", () => {
    expect(answer([{ qkv: [0.9, 0.92, 0.91], kv: [0.905, 0.918, 0.915], k: [0.85, 0.869, 0.859] }])).toBe(
      "With 3 seeds, kv is 0.3 points above qkv (95 % interval −0.7 to 1.3, corrected p 0.37): no difference is shown, " +
        "which does not prove that there is none; k is 5.1 points below qkv (95 % interval −5.2 to −4.9, corrected p " +
        "below 0.001): a difference is shown; this holds for these sizes and settings alone.",
    );
  });

  it("says over settings what they show together", () => {
    expect(answer(worse(8, 2, 0.1))).toMatch(
      /^Over 8 settings with 2 seeds each, kv is \d+\.\d points below qkv \(95 % interval −\d+\.\d to −\d+\.\d, corrected p below 0\.001\): a difference is shown; this is about settings like these taken together, and a single one may differ\.$/,
    );
  });

  it("takes one seed a setting for what it is", () => {
    const grid = worse(8, 1, 0.1);
    expect(answer(grid)).toContain("a difference is shown; one seed does not tell what sizes do from what chance does");
    const { settings, comparisons, formulations } = taskOf(documentOf(grid));
    expect(settings[0]?.comparisons[0]).toMatchObject({
      low: null,
      p: null,
      pHolm: null,
      caution: "One seed alone gives no spread to judge by: use 3 seeds or more.",
    });
    expect(comparisons[0]).toMatchObject({
      interval: "bootstrap",
      caution: "One seed a setting does not tell what sizes do from what chance does.",
    });
    expect(formulations[0]?.deviationOverSeeds).toBeNull();
  });

  it("claims nothing from one seed, one formulation, or one setting of several", () => {
    expect(answer([{ qkv: [0.9], kv: [1] }])).toContain("With one seed there is no spread to judge by");
    expect(answer([{ qkv: [0.9, 1] }])).toBe("Only qkv was trained, so there is nothing to compare it with.");
    const half: Grid = [{ qkv: [0.9, 0.91], kv: [0.8, 0.83] }, { qkv: [undefined, undefined] }];
    expect(answer(half)).toContain("kv is 9.0 points below qkv: without an interval, no difference is shown");
  });

  it("does not call shown what is not once tests are counted", () => {
    // One of 21 tests has p = 0.011.
    const names = Array.from({ length: 20 }, (_, i) => `other${i}`);
    const others = Object.fromEntries(names.map((name) => [name, [0.9, 0.93, 0.905]]));
    const found = answer([{ qkv: [0.9, 0.92, 0.91], kv: [0.93, 0.959, 0.938], ...others }]);
    expect(found).toMatch(
      /kv is 3\.2 points above qkv \([^)]*\): no difference is shown once it is counted as one of 21/,
    );
  });

  it("says for a loss that lower is better", () => {
    const grid = [{ qkv: [1.5, 1.52, 1.51], kv: [1.55, 1.58, 1.55] }];
    expect(answer(grid, { metric: "loss", higherIsBetter: false })).toContain(
      "kv is 0.050 above qkv (lower is better, 95 % interval",
    );
  });
});
