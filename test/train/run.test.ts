import { cpSync, existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listRuns } from "../../src/train/list-runs.ts";
import { acquireLock } from "../../src/train/lock.ts";
import { openRun } from "../../src/train/open-run.ts";
import { run } from "../../src/train/run.ts";
import { readSafetensors } from "../../src/train/safetensors.ts";
import { fakeConfiguration, fakeEngine } from "./fake.ts";
import { bytesOf, jsonOf, namesIn, resume, runHere, start, temporaryFolder } from "./folder.ts";

/** What must not depend on where a run was interrupted. */
const remains = (folder: string): Buffer[] => [
  bytesOf(folder, "weights.safetensors"),
  bytesOf(folder, "metrics.jsonl"),
];

describe("a run's folder", () => {
  it("holds the configuration, the environment, metrics, times, weights, the result and one checkpoint", async () => {
    const folder = path.join(temporaryFolder(), "run");
    const configuration = fakeConfiguration();
    const outcome = await start(configuration, folder);
    expect(namesIn(folder)).toEqual([
      "checkpoints",
      "environment.json",
      "metrics.jsonl",
      "result.json",
      "run.json",
      "timing.jsonl",
      "weights.safetensors",
    ]);
    expect(namesIn(folder, "checkpoints")).toEqual(["00000018"]);
    expect(jsonOf(folder, "run.json")).toEqual({ format: "kvt-run-1", ...configuration });
    expect(Object.keys(jsonOf(folder, "environment.json"))).toEqual(
      expect.arrayContaining(["kvt", "node", "onnxruntime", "platform", "cpu", "cores", "memoryGiB"]),
    );
    const lines = bytesOf(folder, "metrics.jsonl").toString().trimEnd().split("\n");
    expect(lines).toHaveLength(18 + 6 + 1);
    expect(Object.keys(JSON.parse(lines[0] ?? "") as object)).toEqual([
      "kind",
      "step",
      "epoch",
      "loss",
      "gradientNorm",
      "rate",
    ]);
    const weights = readSafetensors(bytesOf(folder, "weights.safetensors"), "weights");
    expect([...weights.tensors.keys()]).toEqual(["line.weight", "line.bias"]);
    expect(weights.metadata).toEqual({ task: "fake", attention: "kv", seed: "7", step: "18" });
    expect(outcome).toMatchObject({ kind: "finished", folder, already: false });
    expect(openRun(folder).result).toMatchObject(outcome.kind === "finished" ? outcome.result : {});
  });

  it("is not left behind when there is no data or no device to begin with", async () => {
    const runs = temporaryFolder();
    const control = { emit: () => undefined, signal: new AbortController().signal };
    const request = { kind: "start", configuration: fakeConfiguration(), runs } as const;
    const engine = { ...fakeEngine, createTrainingProgram: () => Promise.reject(new Error("no device")) };
    await expect(run(request, engine, control)).rejects.toThrow("no device");
    expect(namesIn(runs)).toEqual([]);
  });

  it("gets a name of its own when it is given none, also when runs begin together", async () => {
    const runs = temporaryFolder();
    const begin = () => runHere({ kind: "start", configuration: fakeConfiguration(), runs });
    const outcomes = await Promise.all([begin(), begin(), begin()]);
    const folders = outcomes.map((outcome) => ("folder" in outcome ? outcome.folder : null));
    expect(folders.toSorted()).toEqual([1, 2, 3].map((n) => path.join(runs, `fake-kv-seed7-${n}`)));
    expect(outcomes[0]?.events[0]).toEqual({ kind: "created", folder: folders[0] });
  });

  it("is bit-identical after interruptions and crashes at any step", async () => {
    const root = temporaryFolder();
    const whole = path.join(root, "whole");
    await start(fakeConfiguration({}, { task: "fake-best" }), whole);
    const stop = fc.record({ after: fc.integer({ min: 1, max: 18 }), crash: fc.boolean() });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(stop, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(0, 4),
        async (stops, checkpoint) => {
          const folder = path.join(root, `broken-${count++}`);
          const settings = { train: { checkpoint } };
          for (const { after, crash } of stops) {
            const request = existsSync(path.join(folder, "run.json"))
              ? ({ kind: "resume", folder } as const)
              : ({
                  kind: "start",
                  configuration: fakeConfiguration(settings, { task: "fake-best" }),
                  out: folder,
                  runs: "",
                } as const);
            const copy = `${folder}-copy`;
            // The folder as it lay on the disk in the middle of the run is what a crash leaves.
            const onEvent = (event: { kind: string; step?: number }): void => {
              if (crash && event.kind === "step" && event.step === after) cpSync(folder, copy, { recursive: true });
            };
            await runHere(request, { stopAfter: after, onEvent });
            if (!existsSync(copy)) continue;
            rmSync(folder, { recursive: true });
            cpSync(copy, folder, { recursive: true });
            rmSync(copy, { recursive: true });
            // The lock in the copy is this process's: that it is gone is shown in a test of its own.
            rmSync(path.join(folder, "lock"));
            writeFileSync(path.join(folder, "metrics.jsonl"), '{"kind":"st', { flag: "a" });
          }
          expect(await resume(folder)).toMatchObject({ kind: "finished" });
          expect(remains(folder)).toEqual(remains(whole));
          expect(bytesOf(folder, "best.safetensors")).toEqual(bytesOf(whole, "best.safetensors"));
        },
      ),
      { numRuns: 25 },
    );
  });

  it("keeps the newest two checkpoints while it runs", async () => {
    const folder = path.join(temporaryFolder(), "run");
    const outcome = await start(fakeConfiguration(), folder, 13);
    expect(outcome).toMatchObject({ kind: "interrupted", folder, step: 13 });
    expect(namesIn(folder, "checkpoints")).toEqual(["00000012", "00000013"]);
    expect(namesIn(folder)).not.toContain("lock");
  });

  it("begins anew when it was killed before its first checkpoint", async () => {
    const [folder, whole] = [path.join(temporaryFolder(), "run"), path.join(temporaryFolder(), "whole")];
    await start(fakeConfiguration(), whole);
    await start(fakeConfiguration(), folder, 5);
    rmSync(path.join(folder, "checkpoints"), { recursive: true });
    const { events } = await resume(folder);
    expect(events.find(({ kind }) => kind === "started")).toMatchObject({ step: 0 });
    expect(remains(folder)).toEqual(remains(whole));
  });

  it("is left alone by a resume when it is finished", async () => {
    const folder = path.join(temporaryFolder(), "run");
    await start(fakeConfiguration(), folder);
    const before = namesIn(folder).map((name) => (name === "checkpoints" ? name : bytesOf(folder, name)));
    expect(await resume(folder)).toMatchObject({ kind: "finished", already: true, events: [] });
    expect(namesIn(folder).map((name) => (name === "checkpoints" ? name : bytesOf(folder, name)))).toEqual(before);
  });

  it("warns when it goes on in another environment or with other threads", async () => {
    const folder = path.join(temporaryFolder(), "run");
    await start(fakeConfiguration(), folder, 5);
    const environment = { ...jsonOf(folder, "environment.json"), node: "18.0.0" };
    writeFileSync(path.join(folder, "environment.json"), JSON.stringify(environment));
    const { events } = await runHere({ kind: "resume", folder, threads: 3 });
    const changes = `node 18.0.0 → ${process.versions.node}, threads 1 → 3`;
    expect(events.find(({ kind }) => kind === "warning")).toMatchObject({
      message: `the run was started with another environment: ${changes}`,
    });
    expect(jsonOf(folder, "environment.json")["resumed"]).toMatchObject([{ step: 5, node: process.versions.node }]);
  });

  it("goes on without a warning where nothing changed", async () => {
    const folder = path.join(temporaryFolder(), "run");
    await start(fakeConfiguration(), folder, 5);
    expect((await resume(folder)).events.filter(({ kind }) => kind === "warning")).toEqual([]);
  });

  it("is refused where a folder holds a run or other files", async () => {
    const folder = path.join(temporaryFolder(), "run");
    await start(fakeConfiguration(), folder, 2);
    await expect(start(fakeConfiguration(), folder)).rejects.toMatchObject({
      kind: "run",
      message: `${folder} already holds a run: expected a new or empty folder`,
      hint: `kvt resume ${folder} continues it.`,
    });
    const other = temporaryFolder();
    writeFileSync(path.join(other, "thesis.tex"), "");
    await expect(start(fakeConfiguration(), other)).rejects.toThrow(
      `${other} holds "thesis.tex": expected a new or empty`,
    );
    expect(namesIn(other)).toEqual(["thesis.tex"]);
  });

  it.each([
    ["none", undefined, "no run in FOLDER: expected the file run.json"],
    ["another version", '{"format":"kvt-run-9"}', 'FOLDER/run.json: expected format "kvt-run-1", got "kvt-run-9"'],
    ["no format", "{}", 'FOLDER/run.json: expected format "kvt-run-1", got none'],
    [
      "half a file",
      '{"format":"kvt',
      "FOLDER/run.json is broken: expected a JSON object, got 14 characters of something else",
    ],
    [
      "no seed",
      '{"format":"kvt-run-1","task":"fake","preset":"quick","attention":"kv"}',
      'FOLDER/run.json: expected "seed" to be a whole number, got nothing',
    ],
  ])("is a named error when its configuration is %s", async (_, text, message) => {
    const folder = temporaryFolder();
    if (text !== undefined) writeFileSync(path.join(folder, "run.json"), text);
    await expect(resume(folder)).rejects.toMatchObject({ kind: "run", message: message.replace("FOLDER", folder) });
  });

  it("names an option that was edited into something wrong", async () => {
    const folder = path.join(temporaryFolder(), "run");
    await start(fakeConfiguration(), folder, 2);
    const text = bytesOf(folder, "run.json").toString().replace('"batch": 6', '"batch": "six"');
    writeFileSync(path.join(folder, "run.json"), text);
    await expect(resume(folder)).rejects.toMatchObject({
      kind: "run",
      message: expect.stringContaining(`${folder}/run.json: train.batch: expected`) as string,
    });
  });

  it("is listed with what became of it", async () => {
    const runs = temporaryFolder();
    await start(fakeConfiguration(), path.join(runs, "a"));
    await start(fakeConfiguration(), path.join(runs, "study", "b"), 4);
    await start(fakeConfiguration(), path.join(runs, "c"), 4);
    await start(fakeConfiguration(), path.join(runs, "d"), 4);
    writeFileSync(path.join(runs, "c", "run.json"), "{");
    const lock = acquireLock(path.join(runs, "d"));
    const found = listRuns(runs).map(({ folder, status, step }) => [path.relative(runs, folder), status, step]);
    lock.release();
    expect(found).toEqual([
      ["a", "finished", 18],
      ["c", "unreadable", null],
      ["d", "running", 4],
      ["study/b", "unfinished", 4],
    ]);
    expect(listRuns(path.join(runs, "none"))).toEqual([]);
  });
});

describe("evaluating a run", () => {
  it.each(["fake", "fake-best"])("gives the result's numbers again (%s)", async (task) => {
    const folder = path.join(temporaryFolder(), "run");
    const settings = { train: { rate: 2, schedule: "constant" as const } };
    const trained = await start(fakeConfiguration(settings, { task }), folder);
    const result = trained.kind === "finished" ? trained.result : null;
    const outcome = await runHere({ kind: "evaluate", folder, split: "test" });
    expect(outcome).toMatchObject({
      kind: "evaluated",
      evaluation: { value: result?.test, loss: result?.loss, split: "test" },
    });
    const validation = await runHere({ kind: "evaluate", folder, split: "validation" });
    expect(validation).toMatchObject({ evaluation: { value: result?.validation } });
  });

  it("is refused before the run is finished, so that test data are touched once", async () => {
    const folder = path.join(temporaryFolder(), "run");
    await start(fakeConfiguration(), folder, 2);
    await expect(runHere({ kind: "evaluate", folder, split: "test" })).rejects.toMatchObject({
      kind: "run",
      message: `the run ${folder} is not finished: expected one with a result.json`,
    });
  });

  it("finds weights that are not those that were tested", async () => {
    const folder = path.join(temporaryFolder(), "run");
    await start(fakeConfiguration(), folder);
    const bytes = bytesOf(folder, "weights.safetensors");
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(path.join(folder, "weights.safetensors"), bytes);
    await expect(runHere({ kind: "evaluate", folder, split: "test" })).rejects.toThrow(
      `${folder}/weights.safetensors was changed or damaged: expected checksum `,
    );
  });
});
