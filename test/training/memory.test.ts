import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { InferenceSession } from "onnxruntime-common";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Backend } from "../../src/runtime/backend.ts";
import { openNode } from "../../src/runtime/node.ts";
import { findTask } from "../../src/tasks/index.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import type { TaskData } from "../../src/tasks/task.ts";
import { openTrainingProgram } from "../../src/train/training-program.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const MEBIBYTE = 2 ** 20;

/** Memory in mebibytes: what the process has, and what JavaScript uses of it. */
function memory() {
  collectGarbage();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss: rss / MEBIBYTE, heap: (heapUsed + arrayBuffers) / MEBIBYTE };
}

/** Expects no more at the end than after the second measurement, when runtime and compiler have taken what they need. */
function expectNoGrowth(measured: readonly ReturnType<typeof memory>[]): void {
  const [, early] = measured;
  const late = measured.at(-1);
  const growth = (name: "rss" | "heap") => (late?.[name] ?? NaN) - (early?.[name] ?? NaN);
  expect(growth("rss"), JSON.stringify(measured)).toBeLessThan(10);
  expect(growth("heap"), JSON.stringify(measured)).toBeLessThan(2);
}

const task = findTask("reverse");
const BATCH = 4;
const options = resolveOptions(task, "quick", [
  "model.width=8",
  "model.layers=1",
  "data.length=4",
  "data.trainSize=64",
  "data.validationSize=8",
  "data.testSize=8",
  `train.batch=${BATCH}`,
]);
const request = { task, options, attention: "kv+pos", seed: 1 };

describe("memory", () => {
  let backend: Backend;
  let data: TaskData;
  beforeAll(async () => {
    backend = await openNode("cpu", 1);
    data = await task.load(options, {
      seed: 1,
      read: () => Promise.reject(new Error("internal: reverse reads no file")),
    });
  });
  const batch = (split: "train" | "validation", i: number) =>
    data.batch(
      split,
      Int32Array.from({ length: BATCH }, (_, k) => (i * BATCH + k) % data.sizes[split]),
      0,
    );

  it("does not grow over 10,000 steps with their evaluations and checkpoints", async () => {
    const program = await openTrainingProgram(request, backend);
    const measured = [];
    for (let i = 1; i <= 10_000; i++) {
      await program.step(batch("train", i), 1e-3);
      if (i % 100 === 0) await program.evaluate(batch("validation", i));
      if (i % 1000 === 0) {
        program.write(await program.read());
        measured.push(memory());
      }
    }
    await program.release();
    // One state is 10 kB: kept at every step it would be 80 MB.
    expectNoGrowth(measured);
  }, 120_000);

  it("is given back by release, which ends every session of a program", async () => {
    const create = vi.spyOn(backend.ort.InferenceSession, "create");
    const program = await openTrainingProgram(request, backend);
    await program.step(batch("train", 0), 1e-3);
    await program.evaluate(batch("validation", 0));
    const sessions = await Promise.all(create.mock.results.map(({ value }) => value as Promise<InferenceSession>));
    create.mockRestore();
    const released = sessions.map((session) => vi.spyOn(session, "release"));
    await program.release();
    expect(released.map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    await expect(program.step(batch("train", 1), 1e-3)).rejects.toThrow("dispose");
  });
});
