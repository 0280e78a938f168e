import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../src/random.ts";
import { summariseStudy } from "../../src/study/summarise.ts";
import type { ComparisonDocument, StudyDocument } from "../../src/study/study-document.ts";
import { documentOf, inputOf, type Grid, type Measured } from "./finished-cells.ts";

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

  it("take differences that are rounding for none", () => {
    const [over] = taskOf(documentOf([{ qkv: [1e-233, 0.5], kv: [3e-233, 0.5] }], { metric: "BLEU" })).comparisons;
    expect(over).toMatchObject({ mean: 0, wins: 0, losses: 0, ties: 2, p: 1 });
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

describe("every two formulations", () => {
  const copy: Grid = [
    { qkv: [0.81, 0.84], kv: [0.78, 0.83], k: [0.7, 0.74] },
    { qkv: [0.66, 0.61], kv: [0.64, 0.57], k: [0.55, 0.58] },
    { qkv: [0.93, 0.95], kv: [0.92, 0.9], k: [0.85, 0.86] },
  ];
  const sort: Grid = [{ qkv: [0.5, 0.52], kv: [0.49, 0.5], k: [0.45, 0.44] }];
  const document = summariseStudy(inputOf({ copy, sort }, { lossOf: (test) => -Math.log(test) }));
  const [onCopy, onSort] = document.tasks;
  const close = (found: readonly (number | null | undefined)[] | undefined, expected: readonly number[]): void => {
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(found?.[i]).toBeCloseTo(value, 12);
  };

  it("are compared, the later minus the earlier, by the metric and by the loss", () => {
    expect(onCopy?.comparisons.map(({ attention, baseline }) => [attention, baseline])).toEqual([
      ["kv", "qkv"],
      ["k", "qkv"],
      ["k", "kv"],
    ]);
    // scipy 1.17.1, of −log of the same: ttest_1samp of the settings' mean differences.
    close(
      onCopy?.lossComparisons.map(({ mean }) => mean),
      [0.03553148523492816, 0.11582264344884048, 0.08029115821391235],
    );
    const [, loss] = onCopy?.lossComparisons ?? [];
    close([loss?.low, loss?.high], [0.0641216053834417, 0.16752368151423927]);
    // Where the accuracy is higher the loss is lower, which is a win in both.
    const counts = (of: readonly ComparisonDocument[] | undefined) =>
      of?.map(({ wins, ties, losses }) => [wins, ties, losses]);
    expect(counts(onCopy?.lossComparisons)).toEqual(counts(onCopy?.comparisons));
    expect(loss).toMatchObject({ wins: 0, losses: 6 });
  });

  it("are corrected over settings of all tasks, and in single settings apart; metric and loss apart", () => {
    expect(document.tests).toEqual({ metric: { overall: 6, settings: 9 }, loss: { overall: 6, settings: 9 } });
    // scipy 1.17.1, ttest_1samp; statsmodels 0.15.0, multipletests(method="holm") of each family.
    const holmOf = (of: readonly { pHolm: number | null }[] | undefined) => of?.map(({ pHolm }) => pHolm);
    close(holmOf(onCopy?.comparisons), [0.0804529973094534, 0.0804529973094534, 0.18132503595649593]);
    close(holmOf(onSort?.comparisons), [0.3769977491340075, 0.3769977491340075, 0.3769977491340075]);
    close(holmOf(onCopy?.lossComparisons), [0.18005144083040767, 0.06355459075121793, 0.18005144083040767]);
    close(
      holmOf(onCopy?.settings.flatMap(({ comparisons }) => comparisons)),
      [1, 0.27263109939062974, 0.29924094786042366, 1, 1, 1, 1, 0.29924094786042366, 1],
    );
    close(
      holmOf(onCopy?.settings.flatMap(({ lossComparisons }) => lossComparisons)),
      [1, 0.3132701429252693, 0.16855641131992843, 1, 1, 1, 1, 0.2573173331973656, 1],
    );
  });

  it("of a task of one setting stand there and over settings, and count once", () => {
    expect(onSort?.settings[0]?.comparisons).toEqual(onSort?.comparisons);
    expect(onSort?.settings[0]?.lossComparisons).toEqual(onSort?.lossComparisons);
  });

  it("have mean and spread of loss and validation too", () => {
    const [row] = onSort?.settings[0]?.rows ?? [];
    // numpy: mean and std(ddof=1) of −log of the two.
    close([row?.loss.mean, row?.loss.std], [0.6735368239833046, 0.027733232233657663]);
    expect(row?.validation).toEqual({ mean: row?.mean, std: row?.std });
    const [over] = onCopy?.formulations ?? [];
    expect(over?.validation.deviationOverSettings).toBe(over?.deviationOverSettings);
    expect(over?.loss.mean).toBeCloseTo(
      onCopy?.settings.reduce((sum, { rows }) => sum + (rows[0]?.loss.mean ?? 0) / 3, 0) ?? 0,
      12,
    );
  });

  it("are not compared twice where the metric is the loss", () => {
    const chars = documentOf([{ qkv: [1.5, 1.6], kv: [1.4, 1.5] }], {
      metric: "loss",
      higherIsBetter: false,
      from: "loss",
      lossOf: (test) => test,
    });
    expect(taskOf(chars)).toMatchObject({ metricIsLoss: true, lossComparisons: [] });
    expect(chars.tests).toEqual({ metric: { overall: 1, settings: 0 }, loss: { overall: 0, settings: 0 } });
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
  const answer = (grid: Grid, measured?: Measured): string => taskOf(documentOf(grid, measured)).answer;

  it("says of one setting what its seeds show", () => {
    expect(answer([{ qkv: [0.9, 0.92, 0.91], kv: [0.905, 0.918, 0.915], k: [0.85, 0.869, 0.859] }])).toBe(
      "With 3 seeds, kv is 0.3 points above qkv (95 % interval −0.7 to 1.3, corrected p 0.37): no difference is shown, " +
        "which does not prove that there is none; k is 5.1 points below qkv (95 % interval −5.2 to −4.9, corrected p " +
        "below 0.001): a difference is shown; each p is corrected as one of 3 tests; this holds for these sizes and " +
        "settings alone.",
    );
  });

  it("says over settings what they show together", () => {
    expect(answer(worse(8, 2, 0.1))).toMatch(
      /^Over 8 settings with 2 seeds each, kv is \d+\.\d points below qkv \(95 % interval −\d+\.\d to −\d+\.\d, p below 0\.001\): a difference is shown; this is about settings like these taken together, and a single one may differ\.$/,
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
    // p = 0.011, and 15 tests of every two of six formulations.
    const names = Array.from({ length: 4 }, (_, i) => `other${i}`);
    const others = Object.fromEntries(names.map((name) => [name, [0.9, 0.93, 0.905]]));
    const found = answer([{ qkv: [0.9, 0.92, 0.91], kv: [0.93, 0.959, 0.938], ...others }]);
    expect(found).toMatch(
      /kv is 3\.2 points above qkv \([^)]*\): no difference is shown once the other tests are counted;/,
    );
    expect(found).toContain("; each p is corrected as one of 15 tests; ");
  });

  it("says where interval and test do not agree, whether or not there are other tests", () => {
    // Skewed differences of six seeds: the bootstrap's interval excludes 0, but t = 2.28 with 5 degrees of freedom has p = 0.071.
    const gaps = [0.045, 0.009, 0.161, 0.001, 0.029, 0.104];
    const told =
      /kv is 5\.8 points above qkv \(95 % interval 0\.8 to \d+\.\d, (?:corrected )?p 0\.(?:071|2\d)\): (.*?);/;
    const qkv = gaps.map(() => 0.5);
    const kv = gaps.map((gap) => 0.5 + gap);
    const disagree = "no difference is shown, for the interval excludes 0 but the test does not agree (p 0.071)";
    const k = [0.51, 0.49, 0.5, 0.52, 0.47, 0.52];
    expect(told.exec(answer([{ qkv, kv }]))?.[1]).toBe(disagree);
    expect(told.exec(answer([{ qkv, kv, k }]))?.[1]).toBe(disagree);
  });

  it("is about the differences to the first alone", () => {
    const found = answer([{ qkv: [0.9, 0.92, 0.91], kv: [0.905, 0.918, 0.915], k: [0.85, 0.869, 0.859] }]);
    expect(found).not.toMatch(/(above|below) kv/);
  });

  it("says for a loss that lower is better", () => {
    const grid = [{ qkv: [1.5, 1.52, 1.51], kv: [1.55, 1.58, 1.55] }];
    expect(answer(grid, { metric: "loss", higherIsBetter: false })).toContain(
      "kv is 0.050 above qkv (lower is better, 95 % interval",
    );
  });
});
