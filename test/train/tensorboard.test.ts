import { spawnSync } from "node:child_process";
import { readdirSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { readLines } from "../../src/train/append.ts";
import type { RunEvent } from "../../src/train/events.ts";
import type { RunRequest } from "../../src/train/messages.ts";
import { openTensorBoard } from "../../src/train/tensorboard/tensorboard.ts";
import { crc32c, curve, eventFiles } from "./event-file.ts";
import { fakeConfiguration } from "./fake.ts";
import { runHere, temporaryFolder } from "./folder.ts";

/** Trains with event files, and gives their warnings; `hide`: events that the watching process does not live to see. */
async function record(request: RunRequest, folder: string, { stopAfter, hide = () => false }: Options = {}) {
  const board = openTensorBoard();
  const warnings: RunEvent[] = [];
  const outcome = await runHere(request, {
    stopAfter,
    onEvent(event) {
      const warning = hide(event) ? undefined : board.record(folder, event);
      if (warning !== undefined) warnings.push(warning);
    },
  });
  board.close();
  return { outcome, warnings };
}

interface Options {
  readonly stopAfter?: number;
  readonly hide?: (event: RunEvent) => boolean;
}

const start = (out: string): RunRequest => ({ kind: "start", configuration: fakeConfiguration(), out, runs: "unused" });
const resume = (folder: string): RunRequest => ({ kind: "resume", folder });

/** What the run's own lines say of a field. */
const written = (folder: string, kind: string, field: string): [number, number][] =>
  readLines(path.join(folder, "metrics.jsonl"))
    .filter((line) => line["kind"] === kind && line["split"] !== "test")
    .map((line) => [Number(line["step"]), Math.fround(Number(line[field]))]);

test("the checksums are those that the format names", () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});

test("a run's curves are its lines, each at its step", async () => {
  const folder = path.join(temporaryFolder(), "run");
  const { outcome, warnings } = await record(start(folder), folder);
  expect(warnings).toEqual([]);
  const [events = []] = eventFiles(folder);
  expect(events[0]).toMatchObject({ version: "brain.Event:2", step: 0 });
  expect(events[0]?.wallTime).toBeCloseTo(Date.now() / 1000, -2);
  expect(curve(folder, "train/loss")).toEqual(written(folder, "step", "loss"));
  expect(curve(folder, "train/gradient_norm")).toEqual(written(folder, "step", "gradientNorm"));
  expect(curve(folder, "train/learning_rate")).toEqual(written(folder, "step", "rate"));
  expect(curve(folder, "validation/loss")).toEqual(written(folder, "evaluated", "loss"));
  expect(curve(folder, "validation/metric")).toEqual(written(folder, "evaluated", "metric"));
  const { result } = outcome.kind === "finished" ? outcome : { result: null };
  expect(curve(folder, "test/metric")).toEqual([[result?.steps, Math.fround(result?.test ?? Number.NaN)]]);
  expect(curve(folder, "test/loss")).toEqual([[result?.steps, Math.fround(result?.loss ?? Number.NaN)]]);
  for (const [, speed] of curve(folder, "train/steps_per_second")) expect(speed).toBeGreaterThan(0);
});

test("a resumed run's curves are whole, also where the watching process was killed first", async () => {
  const folder = path.join(temporaryFolder(), "run");
  await record(start(folder), folder, { stopAfter: 7, hide: (event) => "step" in event && event.step > 4 });
  // The process that wrote the first file died within a record.
  const [first = ""] = readdirSync(path.join(folder, "tensorboard"));
  await record(resume(folder), folder, { stopAfter: 11 });
  await record(resume(folder), folder);
  expect(eventFiles(folder)).toHaveLength(3);
  expect(first).toMatch(/^events\.out\.tfevents\.\d{10}\./);
  expect(curve(folder, "train/loss")).toEqual(written(folder, "step", "loss"));
  expect(curve(folder, "validation/metric")).toEqual(written(folder, "evaluated", "metric"));
});

test("a run that began without event files gets its whole curves when it is resumed with them", async () => {
  const folder = path.join(temporaryFolder(), "run");
  await runHere(start(folder), { stopAfter: 5 });
  await record(resume(folder), folder);
  expect(curve(folder, "train/loss")).toEqual(written(folder, "step", "loss"));
  const times = eventFiles(folder).flatMap((events) => events.map(({ wallTime }) => wallTime));
  for (const time of times) expect(Math.abs(time - Date.now() / 1000)).toBeLessThan(60);
});

test("event files that cannot be written cost one warning, not the run", async () => {
  const folder = path.join(temporaryFolder(), "run");
  await runHere(start(folder), { stopAfter: 5 });
  writeFileSync(path.join(folder, "tensorboard"), "in the way");
  const { outcome, warnings } = await record(resume(folder), folder);
  expect(outcome.kind).toBe("finished");
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatchObject({ kind: "warning" });
  expect(JSON.stringify(warnings[0])).toContain(
    "the event files for TensorBoard end here, the run goes on: cannot write",
  );
});

const python = (script: string, ...args: string[]) =>
  spawnSync("python3", ["-c", script, ...args], { encoding: "utf8", timeout: 60_000 });
const MODULE = "tensorboard.backend.event_processing.event_accumulator";
const hasTensorBoard = python(`import ${MODULE}`).status === 0;

/** The loss, the session's hyper-parameters and how it ended, as TensorBoard's own reader finds them. */
const READ = `
import json, sys
from ${MODULE} import EventAccumulator, SCALARS
from tensorboard.plugins.hparams import plugin_data_pb2
run = EventAccumulator(sys.argv[1], size_guidance={SCALARS: 0})
run.Reload()
sessions = {tag: plugin_data_pb2.HParamsPluginData.FromString(content)
            for tag, content in run.PluginTagToContent("hparams").items()}
hparams = sessions["_hparams_/session_start_info"].session_start_info.hparams
value = lambda v: getattr(v, v.WhichOneof("kind"))
print(json.dumps({
    "tags": sorted(run.Tags()["scalars"]),
    "loss": [[e.step, e.value] for e in run.Scalars("train/loss")],
    "hparams": {name: value(v) for name, v in hparams.items()},
    "ended": sessions["_hparams_/session_end_info"].session_end_info.status,
}))
`;

describe.skipIf(!hasTensorBoard)("TensorBoard (skipped where python3 cannot import tensorboard)", () => {
  test("reads curves and hyper-parameters of a run that was killed and resumed", { timeout: 60_000 }, async () => {
    const folder = path.join(temporaryFolder(), "run");
    await record(start(folder), folder, { stopAfter: 7 });
    const [first = ""] = readdirSync(path.join(folder, "tensorboard"));
    // Half a record is what a killed process leaves.
    truncateSync(path.join(folder, "tensorboard", first), 1000);
    await record(resume(folder), folder);
    const { stdout, stderr } = python(READ, path.join(folder, "tensorboard"));
    expect(stdout, stderr).not.toBe("");
    const read = JSON.parse(stdout) as Record<string, unknown>;
    expect(read["loss"]).toEqual(written(folder, "step", "loss"));
    const train = ["gradient_norm", "learning_rate", "loss", "steps_per_second"].map((name) => `train/${name}`);
    expect(read["tags"]).toEqual(["test/loss", "test/metric", ...train, "validation/loss", "validation/metric"]);
    const { task, attention, seed, options } = fakeConfiguration();
    expect(read["hparams"]).toMatchObject({
      task,
      attention,
      seed,
      "train.batch": (options.train as { batch: number }).batch,
    });
    expect(read["ended"]).toBe(1);
  });
});
