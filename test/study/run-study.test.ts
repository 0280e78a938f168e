import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Cell, Setting } from "../../src/study/cell.ts";
import { findings } from "../../src/study/finished-cells.ts";
import { localEngine } from "../../src/study/local-engine.ts";
import { planStudy } from "../../src/study/plan-cells.ts";
import { runStudy, type RunStudyRequest, type StudyEvent } from "../../src/study/run-study.ts";
import type { Study } from "../../src/study/study.ts";
import { StudyStore } from "../../src/study/study-store.ts";
import { bundled } from "../train/bundle.ts";
import { fakeConfiguration, fakeEngine } from "../train/fake.ts";
import { bytesOf, jsonOf, namesIn, temporaryFolder } from "../train/folder.ts";

const worker = bundled("./fake-worker.ts");

interface Fake {
  readonly model?: object;
  readonly data?: object;
  readonly train?: object;
}

/** Settings of the fake task, trained for real in processes of their own. */
const settingsOf = (...changes: readonly Fake[]): Setting[] =>
  changes.map((change, i) => {
    const { options } = fakeConfiguration(change);
    return { key: `setting ${i}`, task: "fake", preset: "quick", varied: { "data.train": i }, options };
  });

const planOf = (changes: Partial<Study> = {}) =>
  planStudy(
    {
      name: "small",
      file: "small.yaml",
      attention: ["qkv", "kv"],
      seeds: [1, 2],
      settings: settingsOf({}),
      device: "cpu",
      threads: 1,
      budget: { macs: null, seconds: null },
      ...changes,
    },
    undefined,
    {
      findTask: (name) => fakeEngine.findTask(name),
      taskCost: (_, __, attention) => ({ parameters: 4, macs: attention.length, cacheBytesPerToken: 0 }),
      dimensions: () => Promise.resolve({}),
    },
  );

async function runIn(
  root: string,
  study: Partial<Study> = {},
  {
    processes = 2,
    onEvent,
    ...request
  }: Partial<RunStudyRequest> & { processes?: number; onEvent?: (event: StudyEvent) => void } = {},
) {
  const plan = await planOf(study);
  const store = new StudyStore(root);
  const order: string[] = [];
  const outcome = await runStudy(
    {
      plan,
      store,
      engine: localEngine({ processes, worker: worker() }),
      retry: false,
      signal: new AbortController().signal,
      ...request,
    },
    (event) => {
      if (event.kind === "run" && event.event.kind === "started") order.push(nameOf(event.cell));
      onEvent?.(event);
    },
  );
  return { outcome, order, plan, store };
}

const nameOf = ({ setting, configuration: { attention, seed } }: Cell): string =>
  `${Object.values(setting.varied).join("")} ${attention} ${seed}`;

/** Everything that a study's runs found, without times. */
const numbersIn = (root: string) =>
  namesIn(root, "cells").map((name) => {
    const { test, validation, loss, steps } = jsonOf(path.join(root, "cells", name), "result.json");
    return [name, test, validation, loss, steps, bytesOf(path.join(root, "cells", name), "metrics.jsonl").toString()];
  });

describe("a study", () => {
  it("runs all formulations of one setting and seed before the next, and all settings of a seed", async () => {
    const { order, outcome } = await runIn(
      temporaryFolder(),
      { settings: settingsOf({}, { data: { train: 30 } }) },
      { processes: 1 },
    );
    expect(order).toEqual(["0 qkv 1", "0 kv 1", "1 qkv 1", "1 kv 1", "0 qkv 2", "0 kv 2", "1 qkv 2", "1 kv 2"]);
    expect(outcome).toEqual({ planned: 8, ran: 8, skipped: 0, failed: [], left: 0, stopped: null });
  });

  it("runs only what is new after a seed, a formulation or a setting was added, in whichever study", async () => {
    const root = temporaryFolder();
    await runIn(root);
    expect((await runIn(root)).outcome).toMatchObject({ planned: 4, ran: 0, skipped: 4 });
    expect((await runIn(root, { seeds: [1, 2, 3] })).order.toSorted()).toEqual(["0 kv 3", "0 qkv 3"]);
    const other = await runIn(root, {
      name: "other",
      attention: ["kv", "k"],
      settings: settingsOf({}, { data: { train: 30 } }),
    });
    expect(other.outcome).toMatchObject({ planned: 8, ran: 6, skipped: 2 });
    expect(namesIn(root, "studies")).toEqual(["other", "small"]);
  });

  it("finds the same whatever the number of processes and their order", async () => {
    const [one, many] = [temporaryFolder(), temporaryFolder()];
    const study = { settings: settingsOf({}, { data: { train: 30 } }) };
    await runIn(one, study, { processes: 1 });
    await runIn(many, { ...study, attention: ["kv", "qkv"], seeds: [2, 1] }, { processes: 4 });
    expect(numbersIn(many)).toEqual(numbersIn(one));
    expect(numbersIn(one)).toHaveLength(8);
  });

  it("ends one cell alone when its process dies, keeps why, and runs it again with retry only", async () => {
    const root = temporaryFolder();
    const settings = settingsOf({}, { model: { dieAt: 4 } });
    const failing = await runIn(root, { settings, seeds: [1] });
    expect(failing.outcome).toMatchObject({ planned: 4, ran: 2, skipped: 0, left: 0 });
    expect(failing.outcome.failed.map(([cell, { kind, host }]) => [nameOf(cell), kind, host])).toEqual([
      ["1 qkv 1", "training", os.hostname()],
      ["1 kv 1", "training", os.hostname()],
    ]);
    expect(failing.outcome.failed[0]?.[1].message).toContain("the ground opened");
    const again = await runIn(root, { settings, seeds: [1] });
    expect(again.order).toEqual([]);
    expect(again.outcome).toMatchObject({ ran: 0, skipped: 2 });
    expect(again.outcome.failed).toHaveLength(2);
    const retried = await runIn(root, { settings, seeds: [1] }, { retry: true });
    expect(new Set(retried.order)).toEqual(new Set(["1 qkv 1", "1 kv 1"]));
    expect(retried.outcome.failed).toHaveLength(2);
    expect(namesIn(root, "failures")).toHaveLength(2);
  });

  it("forgets a failure once the cell succeeds", async () => {
    const root = temporaryFolder();
    const { plan, store } = await runIn(root);
    const [cell] = plan.cells as [Cell];
    fs.rmSync(store.folderOf(cell), { recursive: true });
    store.recordFailure(cell, { kind: "training", message: "bad luck", host: "elsewhere" });
    expect(store.stateOf(cell)).toEqual({
      kind: "failed",
      failure: { kind: "training", message: "bad luck", host: "elsewhere" },
    });
    expect((await runIn(root, {}, { retry: true })).outcome).toMatchObject({ ran: 1, skipped: 3, failed: [] });
    expect(namesIn(root, "failures")).toEqual([]);
  });

  it("is left in one piece by an interruption, and gone on with to the same numbers", async () => {
    const [whole, broken] = [temporaryFolder(), temporaryFolder()];
    const study = { settings: settingsOf({ model: { delay: 20 } }) };
    await runIn(whole, study);
    const stop = new AbortController();
    let steps = 0;
    const first = await runIn(broken, study, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === "run" && event.event.kind === "step" && ++steps === 9) stop.abort();
      },
    });
    expect(first.outcome).toMatchObject({ planned: 4, failed: [], stopped: "interrupted" });
    expect(first.outcome.left + first.outcome.ran).toBe(4);
    expect(first.outcome.left).toBeGreaterThan(0);
    expect((await runIn(broken, study)).outcome).toMatchObject({ left: 0, failed: [], stopped: null });
    expect(numbersIn(broken)).toEqual(numbersIn(whole));
  });

  it("stops when its budget of time is used up, as an interruption does", async () => {
    const root = temporaryFolder();
    const study = { settings: settingsOf({ model: { delay: 100 } }), budget: { macs: null, seconds: 1.2 } };
    const { outcome } = await runIn(root, study);
    expect(outcome.stopped).toBe("time");
    expect(outcome.left).toBeGreaterThan(0);
    expect(outcome.failed).toEqual([]);
  });

  it("gives every formulation the steps that a budget of multiply-accumulates pays for", async () => {
    const { cells } = await planOf({ attention: ["qkv", "kv"], seeds: [1], budget: { macs: 360, seconds: null } });
    // Batches of 6 examples of 3 and 2 multiply-accumulates.
    expect(cells.map(({ configuration }) => configuration.options.train.steps)).toEqual([20, 30]);
    expect(cells[0]?.setting.key).toBe(cells[1]?.setting.key);
  });

  it("is divided among shards without a cell run twice or left out, and all are seen from each", async () => {
    const root = temporaryFolder();
    const study = { seeds: [1, 2, 3] };
    const parts = await Promise.all([1, 2, 3, 4].map((index) => runIn(root, study, { shard: { index, count: 4 } })));
    expect(parts.map(({ outcome }) => outcome.planned)).toEqual([2, 2, 1, 1]);
    expect(parts.flatMap(({ order }) => order).toSorted()).toEqual([
      "0 kv 1",
      "0 kv 2",
      "0 kv 3",
      "0 qkv 1",
      "0 qkv 2",
      "0 qkv 3",
    ]);
    const { plan, store } = parts[0] as (typeof parts)[number];
    expect(plan.cells.map((cell) => store.stateOf(cell).kind)).toEqual(new Array(6).fill("finished"));
  });

  it("leaves a cell that another command runs to that command", async () => {
    const root = temporaryFolder();
    const study = { settings: settingsOf({ model: { delay: 10 } }), seeds: [1], attention: ["kv"] };
    const both = await Promise.all([runIn(root, study), runIn(root, study)]);
    const total = (key: "ran" | "skipped" | "left"): number => both.reduce((sum, { outcome }) => sum + outcome[key], 0);
    expect([total("ran"), total("skipped") + total("left")]).toEqual([1, 1]);
    expect(both.flatMap(({ outcome }) => outcome.failed)).toEqual([]);
  });

  it.each([
    [
      "a broken run.json",
      (folder: string) => fs.writeFileSync(path.join(folder, "run.json"), '{"format": "kvt-'),
      /run.json is broken/,
    ],
    [
      "a broken result.json",
      (folder: string) => fs.writeFileSync(path.join(folder, "result.json"), "{}"),
      /result.json is broken/,
    ],
    [
      "another configuration",
      (folder: string) => {
        const file = path.join(folder, "run.json");
        fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace('"seed": 1', '"seed": 9'));
      },
      /run.json was changed: expected the configuration that its name stands for/,
    ],
  ])("names a folder damaged by hand (%s), goes on, and puts it aside with retry", async (_, damage, message) => {
    const root = temporaryFolder();
    const { plan, store } = await runIn(root, { seeds: [1] });
    const before = numbersIn(root);
    const [cell] = plan.cells as [Cell];
    damage(store.folderOf(cell));
    expect(store.stateOf(cell)).toMatchObject({
      kind: "damaged",
      failure: { message: expect.stringMatching(message) as string },
    });
    const { finished, failed } = findings(plan, store);
    expect([finished.length, failed.length]).toEqual([1, 1]);
    const { outcome } = await runIn(root, { seeds: [1, 2] });
    expect(outcome).toMatchObject({ ran: 2, skipped: 1 });
    expect(outcome.failed[0]?.[1].message).toMatch(message);
    expect((await runIn(root, { seeds: [1] }, { retry: true })).outcome).toMatchObject({ ran: 1, failed: [] });
    expect(namesIn(root, "damaged")).toEqual([`${cell.name}-1`]);
    expect(numbersIn(root).filter(([name]) => String(name).includes("seed1"))).toEqual(before);
  });
});
