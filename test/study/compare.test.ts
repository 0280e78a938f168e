import { rmSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { compare, type CompareEvent, type CompareRequest, type StudyEngine } from "../../src/study/compare.ts";
import { studyFolder } from "../../src/study/study-folder.ts";
import type { Options } from "../../src/tasks/task.ts";
import { bundled } from "../train/bundle.ts";
import { fakeConfiguration, fakeEngine } from "../train/fake.ts";
import { bytesOf, namesIn, temporaryFolder } from "../train/folder.ts";

const workerFile = bundled("./fake-worker.ts");
let engine: StudyEngine;
beforeAll(() => {
  engine = {
    findTask: (name) => fakeEngine.findTask(name),
    // "5" means 5 epochs.
    resolveOptions: (_, __, [epochs = "3"]): Options =>
      fakeConfiguration({ train: { epochs: Number(epochs) } }).options,
    dimensions: () => Promise.resolve({}),
    taskCost: (_, __, attention) => ({ parameters: attention.length, macs: 10 * attention.length }),
    worker: workerFile(),
  };
});

const request = (runs: string, changes: Partial<CompareRequest> = {}): CompareRequest => ({
  task: "fake",
  preset: "quick",
  settings: [],
  attention: ["qkv", "kv"],
  seeds: [1, 2],
  device: "cpu",
  threads: 1,
  processes: 2,
  runs,
  ...changes,
});

async function ask(
  asked: CompareRequest,
  onEvent: (event: CompareEvent) => void = () => undefined,
  signal?: AbortSignal,
) {
  const events: CompareEvent[] = [];
  const tell = (event: CompareEvent): void => {
    events.push(event);
    onEvent(event);
  };
  const outcome = await compare(asked, tell, engine, signal);
  const started = events.flatMap((event) => (event.kind === "run" && event.event.kind === "started" ? [event] : []));
  const planned = events.flatMap((event) => (event.kind === "planned" ? event.runs : []));
  const names = started.map(({ run: { attention, seed } }) => `${attention}-seed${seed}`);
  return { outcome, planned, started, names };
}

async function documentOf(asked: CompareRequest) {
  const { outcome } = await ask(asked);
  if (outcome.kind !== "finished") throw new Error("interrupted");
  return outcome;
}

describe("compare", () => {
  it("gives the document that others rely on", async () => {
    const runs = temporaryFolder();
    const { document, conclusion, out } = await documentOf(request(runs));
    expect(Object.keys(document)).toEqual(["task", "preset", "device", "options", "rows"]);
    expect(document).toMatchObject({ task: "fake", preset: "quick", device: "cpu", options: { train: { epochs: 3 } } });
    const [qkv, kv] = document.rows;
    expect(Object.keys(qkv ?? {})).toEqual([
      "attention",
      "parameters",
      "macs",
      "metric",
      "mean",
      "std",
      "difference",
      "secondsPerStep",
      "runs",
    ]);
    expect(Object.keys(kv?.runs[0] ?? {})).toEqual([
      "seed",
      "folder",
      "test",
      "validation",
      "loss",
      "steps",
      "seconds",
    ]);
    expect(qkv).toMatchObject({ attention: "qkv", parameters: 3, macs: 30, difference: null });
    const tests = document.rows.map((row) => row.runs.map(({ test }) => test));
    const [a = [], b = []] = tests;
    expect(qkv?.mean).toBeCloseTo(((a[0] ?? 0) + (a[1] ?? 0)) / 2, 14);
    expect(kv?.difference?.mean).toBeCloseTo(((b[0] ?? 0) - (a[0] ?? 0) + (b[1] ?? 0) - (a[1] ?? 0)) / 2, 14);
    expect(kv?.runs.map(({ seed, folder, steps }) => [seed, folder, steps])).toEqual(
      [1, 2].map((seed) => [seed, path.join(out, `kv-seed${seed}`), 18]),
    );
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    expect(conclusion).toMatch(/^With 2 seeds, kv /);
  });

  it("has no spread and no interval with one seed", async () => {
    const { document } = await documentOf(request(temporaryFolder(), { seeds: [3] }));
    expect(document.rows.map(({ std }) => std)).toEqual([null, null]);
    expect(document.rows[1]?.difference).toMatchObject({ low: null, high: null });
  });

  it("trains all formulations of a seed before the next seed", async () => {
    const { names } = await ask(request(temporaryFolder(), { processes: 1, seeds: [5, 2] }));
    expect(names).toEqual(["qkv-seed5", "kv-seed5", "qkv-seed2", "kv-seed2"]);
  });

  it("goes on where it was interrupted, to the same numbers", async () => {
    const [runs, undisturbed] = [temporaryFolder(), temporaryFolder()];
    const stop = new AbortController();
    const interrupt = (event: CompareEvent): void => {
      if (event.kind !== "run" || event.run.seed !== 2 || event.run.attention !== "qkv") return;
      if (event.event.kind === "step" && event.event.step === 2) stop.abort();
    };
    const first = await ask(request(runs, { processes: 1 }), interrupt, stop.signal);
    expect(first.outcome).toMatchObject({ kind: "interrupted", finished: expect.any(Number) as number, total: 4 });
    const second = await ask(request(runs, { processes: 1 }));
    const state = (name: string): string | undefined =>
      second.planned.find(({ attention, seed }) => name === `${attention}-seed${seed}`)?.state;
    expect([state("qkv-seed1"), state("kv-seed1"), state("kv-seed2")]).toEqual(["finished", "finished", "new"]);
    expect(second.names).not.toContain("qkv-seed1");
    expect(second.outcome.kind).toBe("finished");
    const whole = await documentOf(request(undisturbed));
    const found = second.outcome.kind === "finished" ? second.outcome.document : null;
    expect(found?.rows.map(({ mean, std, difference }) => [mean, std, difference])).toEqual(
      whole.document.rows.map(({ mean, std, difference }) => [mean, std, difference]),
    );
    const weights = (out: string): Buffer => bytesOf(out, "qkv-seed2", "weights.safetensors");
    expect(weights(second.outcome.out)).toEqual(weights(whole.out));
  });

  it("does not repeat what is finished, and adds seeds and formulations to it", async () => {
    const runs = temporaryFolder();
    await documentOf(request(runs));
    expect((await ask(request(runs))).names).toEqual([]);
    const more = await ask(request(runs, { attention: ["qkv", "kv", "k"], seeds: [1, 2, 3], processes: 1 }));
    expect(more.names).toEqual(["k-seed1", "k-seed2", "qkv-seed3", "kv-seed3", "k-seed3"]);
    expect(namesIn(runs)).toHaveLength(1);
    // Other options are another study.
    await documentOf(request(runs, { settings: ["1"] }));
    expect(namesIn(runs)).toHaveLength(2);
  });

  it("begins a run again whose folder was made but not filled", async () => {
    const runs = temporaryFolder();
    const { out } = await documentOf(request(runs, { seeds: [1] }));
    rmSync(path.join(out, "kv-seed1", "run.json"));
    for (const name of namesIn(out, "kv-seed1"))
      if (name !== "environment.json") rmSync(path.join(out, "kv-seed1", name), { recursive: true });
    expect((await ask(request(runs, { seeds: [1] }))).names).toEqual(["kv-seed1"]);
  });

  it("does not mix runs of another configuration into a folder that it is given", async () => {
    const out = path.join(temporaryFolder(), "study");
    await documentOf(request("unused", { out, seeds: [1] }));
    await expect(ask(request("unused", { out, seeds: [1], settings: ["4"] }))).rejects.toMatchObject({
      kind: "run",
      message: `${path.join(out, "qkv-seed1")} holds a run of another configuration: options.train.epochs: expected 4, got 3`,
    });
  });

  it("passes on the error of a run that fails", async () => {
    const asked = request(temporaryFolder());
    const failing = { ...engine, resolveOptions: () => fakeConfiguration({ model: { nanAt: 2 } }).options };
    await expect(compare(asked, () => undefined, failing)).rejects.toThrow("the loss is not finite at step 2");
  });

  it.each([
    [{ attention: ["kv", "qkv", "kv"] }, 'expected every formulation and seed once, got "kv" twice'],
    [{ seeds: [1, 1] }, 'expected every formulation and seed once, got "1" twice'],
    [{ seeds: [] }, "expected at least one seed, got none"],
    [{ attention: [] }, "expected at least one formulation, got none"],
  ])("refuses %o", async (changes, message) => {
    await expect(ask(request("unused", changes))).rejects.toMatchObject({ kind: "usage", message });
  });
});

describe("studyFolder", () => {
  it("follows from the configuration, whatever the order of its keys", () => {
    const { options } = fakeConfiguration();
    const base = { task: "sort", preset: "quick", options, device: "cpu", threads: 1 } as const;
    const turned = { ...options, train: Object.fromEntries(Object.entries(options.train).toReversed()) };
    expect(studyFolder("runs", base)).toMatch(/^runs\/compare-sort-[0-9a-f]{8}$/);
    expect(studyFolder("runs", { ...base, options: turned as unknown as Options })).toBe(studyFolder("runs", base));
    expect(studyFolder("runs", { ...base, threads: 2 })).not.toBe(studyFolder("runs", base));
  });
});
