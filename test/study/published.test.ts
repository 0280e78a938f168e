import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { Cell } from "../../src/study/cell.ts";
import { fittingCost } from "../../src/study/fitting-cost.ts";
import { planStudy } from "../../src/study/plan-cells.ts";
import { besidePublished } from "../../src/study/published/beside.ts";
import { settingDifferences } from "../../src/study/published/differences.ts";
import { findPublication, publications } from "../../src/study/published/index.ts";
import { publicationOf } from "../../src/study/published/of-study.ts";
import { SCALES, type Publication, type Scale } from "../../src/study/published/publication.ts";
import { publishedStudyFile } from "../../src/study/published/study-file.ts";
import { mean, populationDeviation } from "../../src/study/statistics.ts";
import { resolveStudy, type Study } from "../../src/study/study.ts";
import { parseStudyFile, readStudyFile } from "../../src/study/study-file.ts";
import { findTask } from "../../src/tasks/index.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import type { RunResult } from "../../src/train/events.ts";

const lookUp = { findTask, resolveOptions };
/** Sizes that the data would give. */
const engine = {
  taskCost: fittingCost,
  findTask,
  dimensions: () => Promise.resolve({ vocabulary: 65, features: 64, sourceVocabulary: 90, targetVocabulary: 90 }),
};
const studyOf = async (publication: Publication, scale: Scale): Promise<Study> =>
  resolveStudy(await readStudyFile(publishedStudyFile(publication, scale)), lookUp);
const planOf = async (text: string) =>
  planStudy(resolveStudy(await parseStudyFile("own.yaml", text), lookUp), undefined, engine);

const resultOf = (value: number): RunResult => ({
  metric: "token accuracy",
  higherIsBetter: true,
  test: value,
  loss: 1,
  validation: 0,
  steps: 1,
  seconds: 1,
  secondsPerStep: 1,
  weights: "last",
  weightsStep: 1,
  device: "cpu",
});
const finish = (cells: readonly Cell[], value: (cell: Cell) => number) =>
  cells.map((cell) => ({ cell, result: resultOf(value(cell)) }));

const every = publications.flatMap((publication) => SCALES.map((scale) => [publication.name, scale] as const));

describe.each(every)("the study file of %s at scale %s", (name, scale) => {
  const publication = findPublication(name);

  test("has the table's tasks, the author's formulations, and fits together", async () => {
    const study = await studyOf(publication, scale);
    expect(study.name).toBe(`${name}-${scale}`);
    expect(new Set(study.settings.map(({ task }) => task))).toEqual(
      new Set(publication.figures.map(({ task }) => task)),
    );
    expect(study.attention).toEqual(["qkv", "kv", "kv+pos"]);
    const { cells } = await planStudy(study, undefined, engine);
    expect(cells).toHaveLength(study.settings.length * 3 * study.seeds.length);
  });

  test("has a figure to stand beside each of its tasks and formulations", async () => {
    const study = await studyOf(publication, scale);
    const { rows } = besidePublished(publication, { study, cells: [] }, []);
    for (const task of new Set(study.settings.map((setting) => setting.task))) {
      const of = rows.filter((row) => row.task === task).map(({ attention }) => attention);
      expect(new Set(of)).toEqual(new Set(study.attention));
    }
  });
});

test.each(publications.map(({ name }) => [name]))(
  "at scale paper, %s has the author's options, runs and every figure",
  async (name) => {
    const publication = findPublication(name);
    const study = await studyOf(publication, "paper");
    const stated = publication.remarks.map(({ text }) => text);
    const differences = settingDifferences(publication, study).filter(
      (line) => !stated.some((text) => line.endsWith(text)),
    );
    // Besides the author's place of the odd picture, its random place is run too.
    expect(differences).toEqual(name === "vision" ? ["anomaly: anomaly.position: random, last (published: last)"] : []);
    const { rows } = besidePublished(publication, { study, cells: [] }, []);
    const own = publication.figures.filter(({ attention }) => study.attention.includes(attention));
    expect(rows.map(({ published }) => published)).toEqual(own.map(({ value }) => value));
  },
);

test.each(SCALES)("at scale %s, the odd picture at random and last are problems of their own", async (scale) => {
  const { settings } = await studyOf(findPublication("vision"), scale);
  for (const { task, entry, options } of settings) {
    const { position } = (options as unknown as { anomaly?: { position: string } }).anomaly ?? {};
    expect(entry).toEqual(task === "anomaly" ? { "anomaly.position": position } : undefined);
  }
  expect(new Set(settings.map(({ entry }) => entry?.["anomaly.position"]))).toEqual(
    new Set([undefined, "random", "last"]),
  );
});

test("the whole grids are as large as the author's", async () => {
  const cells = async (name: string) => {
    const { settings, seeds } = await studyOf(findPublication(name), "paper");
    return { settings: settings.length, seeds: seeds.length };
  };
  expect(await cells("synthetic")).toEqual({ settings: 5 * 16, seeds: 3 });
  expect(await cells("numbers")).toEqual({ settings: 8, seeds: 5 });
  expect(await cells("vision")).toEqual({ settings: 2 * 48 + 2 * 12 + 2, seeds: 2 });
});

describe("the author's figures", () => {
  const valuesOf = (name: string, attention: string, whole: boolean) =>
    findPublication(name).figures.filter(
      (figure) => figure.attention === attention && (Object.keys(figure.at).length === 0) === whole,
    );

  test.each(["qkv", "kv", "kv+pos"])("of %s are means of each other where they should be", (attention) => {
    for (const name of ["numbers", "translate"]) {
      const parts = valuesOf(name, attention, false).map(({ value }) => value);
      const [whole] = valuesOf(name, attention, true);
      expect(mean(parts)).toBeCloseTo(whole?.value ?? 0, 3);
      if (name === "translate") expect(populationDeviation(parts)).toBeCloseTo(whole?.deviation ?? 0, 3);
    }
  });

  test.each(["reverse", "sort", "swap", "mnist", "fashion-mnist", "cifar-10", "cifar-100"])(
    "of %s are those on the task's page",
    (task) => {
      const page = readFileSync(path.join(import.meta.dirname, `../../docs/tasks/${task}.md`), "utf8");
      const shown = publications.flatMap(({ figures }) => figures).filter((figure) => figure.task === task);
      expect(shown).toHaveLength(6);
      const [, section = ""] = page.split("## What the author reports");
      for (const { value } of shown) expect(section).toContain(value.toFixed(3).replace(/^0/, ""));
    },
  );
});

describe("ours", () => {
  const text =
    "{ tasks: [reverse], attention: [kv, qkv], seeds: 2, grid: { model.width: [32, 64], data.length: [16, 32] } }";
  const widthOf = (cell: Cell) => Number(cell.setting.varied["model.width"]);

  test("are the mean over runs, then mean and population deviation over settings", async () => {
    const plan = await planOf(text);
    // Runs of a setting differ by 0.2; settings of width 32 have the mean 0.5, those of 64 the mean 0.9.
    const finished = finish(plan.cells, (cell) => {
      const { seed, attention } = cell.configuration;
      return (widthOf(cell) === 32 ? 0.5 : 0.9) + (seed === 1 ? -0.1 : 0.1) + (attention === "kv" ? 0 : -0.3);
    });
    const { rows } = besidePublished(findPublication("synthetic"), plan, finished);
    expect(rows.map(({ attention }) => attention)).toEqual(["qkv", "kv"]);
    expect(rows[1]).toMatchObject({ task: "reverse", published: 0.7046, settings: 4, runs: 8, at: {} });
    expect(rows[1]?.ours).toBeCloseTo(0.7, 12);
    expect(rows[1]?.ourDeviation).toBeCloseTo(0.2, 12);
    expect(rows[0]?.ours).toBeCloseTo(0.4, 12);
  });

  test("divide by the own number of runs, and say what is not finished", async () => {
    const plan = await planOf(text);
    const some = plan.cells.filter(
      (cell) => cell.configuration.attention === "kv" && (widthOf(cell) === 32 || cell.configuration.seed === 1),
    );
    const finished = finish(some, (cell) => (widthOf(cell) === 32 ? 0.2 : 0.6));
    const { rows, differences } = besidePublished(findPublication("synthetic"), plan, finished);
    // Settings count alike, however many of their runs are there.
    expect(rows[1]?.ours).toBeCloseTo(0.4, 12);
    expect(rows[1]).toMatchObject({ settings: 4, runs: 6 });
    expect(rows[0]).toMatchObject({ ours: null, ourDeviation: null, settings: 0, runs: 0 });
    expect(differences[0]).toBe("not finished: 10 of 16 cells");
  });

  test("of single settings stand beside the same settings, and the mean of all only beside all of them", async () => {
    const plan = await planOf(
      "{ tasks: [{ task: numbers, set: { train.rate: 1e-3 }, grid: { data.length: [32, 40] } }], attention: [kv], seeds: 3 }",
    );
    const finished = finish(plan.cells, ({ configuration: { seed } }) => 0.3 + 0.1 * seed);
    const { rows } = besidePublished(findPublication("numbers"), plan, finished);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ at: { "train.rate": 1e-3, "data.length": 32 }, published: 0.4556, runs: 3 });
    expect(rows[0]?.figure).toBe("accuracy, mean over runs, train.rate=0.001 data.length=32");
    expect(rows[0]?.ours).toBeCloseTo(0.5, 12);
    // √(2/3) · 0.1
    expect(rows[0]?.ourDeviation).toBeCloseTo(0.0816497, 7);
  });

  test("of one value have no spread", async () => {
    const plan = await planOf("{ tasks: [chars], attention: [kv], seeds: 1 }");
    const { rows } = besidePublished(
      findPublication("chars"),
      plan,
      finish(plan.cells, () => 1.5),
    );
    expect(rows[0]).toMatchObject({ ours: 1.5, ourDeviation: null, published: 1.548 });
  });
});

test("differences in setting are computed, told once where tasks share them, and named where not", async () => {
  const study = resolveStudy(
    await parseStudyFile(
      "own.yaml",
      `tasks: [reverse, { task: sub, set: { train.rate: 3e-3 } }]
attention: [qkv, kv]
seeds: 2
preset: paper
set: { data.trainSize: 20000, model.layers: 2, train.evaluations: 1, train.checkpoint: 50 }
grid: { data.length: [16, 32], model.width: [64, 256], model.heads: [4, 2] }`,
    ),
    lookUp,
  );
  const told = settingDifferences(findPublication("synthetic"), study);
  expect(told.slice(0, 5)).toEqual([
    "not run: sort, swap, copy",
    "model.layers: 2 (published: 2, 4)",
    "data.length: 16, 32 (published: 64, 128)",
    "data.trainSize: 20000 (published: 50000)",
    "sub: train.rate: 0.003 (published: 0.001)",
  ]);
  expect(told[5]).toBe("runs of each setting: 2 (published: 3)");
  expect(told[6]).toMatch(/^reverse: the published mean includes three more configurations/);
});

test("steps that are set stand against the author's epochs", async () => {
  const study = resolveStudy(
    await parseStudyFile(
      "own.yaml",
      "{ tasks: [mnist], attention: [kv], seeds: 2, preset: paper, budget: { steps: 9 } }",
    ),
    lookUp,
  );
  const told = settingDifferences(findPublication("vision"), study);
  expect(told).toContain("train.epochs: not set (published: 20)");
  expect(told).toContain("train.steps: 9 (published: not set)");
});

test("a study is known by the name of its file and its tasks for the table that it repeats", async () => {
  for (const [name, scale] of every) {
    expect(publicationOf(await studyOf(findPublication(name), scale))?.name).toBe(name);
  }
  const own = async (text: string) => publicationOf(resolveStudy(await parseStudyFile("own.yaml", text), lookUp))?.name;
  expect(await own("{ name: synthetic-quick, tasks: [copy, sort], attention: [kv] }")).toBe("synthetic");
  expect(await own("{ name: synthetic-quick, tasks: [copy, mnist], attention: [kv] }")).toBeUndefined();
  expect(await own("{ name: synthetic, tasks: [copy], attention: [kv] }")).toBeUndefined();
});

test("an unknown table is told with the nearest name", () => {
  expect(() => findPublication("number")).toThrow(/unknown table "number": expected one of synthetic, vision/);
});
