import { expect, it } from "vitest";
import type { Split, Task, TaskData } from "../../src/tasks/task.ts";
import type { TrainedModel } from "../../src/tasks/uses.ts";
import type { RunEvent } from "../../src/train/events.ts";
import { runLoop, type LoopOutcome } from "../../src/train/loop.ts";
import { metricsLine } from "../../src/train/metrics.ts";
import { fakeConfiguration, fakeEngine, fakeProgram } from "./fake.ts";

const model = { attention: "kv" } as TrainedModel<never>;

/** A run of the fake task with more to its task and data. */
async function trained(
  more: Partial<Pick<Task, "metric" | "finalMetric" | "sample">>,
  data: Partial<Pick<TaskData, "order" | "assets">> = {},
  signal?: AbortSignal,
): Promise<{ outcome: LoopOutcome; events: RunEvent[]; batches: number[][]; assets: unknown[] }> {
  const { options, seed } = fakeConfiguration({});
  const task = fakeEngine.findTask("fake");
  const loaded = await task.load(options, { seed, ...fakeEngine.dataEnvironment(undefined) });
  const [events, batches, assets]: [RunEvent[], number[][], unknown[]] = [[], [], []];
  const outcome = await runLoop({
    program: {
      ...fakeProgram({ task, options, attention: "kv", seed, device: "cpu", threads: 1 }),
      trained(given) {
        assets.push(given);
        return Promise.resolve(model);
      },
    },
    data: {
      ...loaded,
      ...data,
      batch(split, indices, epoch) {
        if (split === "train") batches.push([...indices]);
        return loaded.batch(split, indices, epoch);
      },
    },
    task: { keep: task.keep, metric: task.metric, ...more },
    train: options.train,
    seed,
    signal,
    emit: (event) => events.push(event),
  });
  return { outcome, events, batches, assets };
}

it("judges a task by its loss where it says so, the lowest being the best", async () => {
  const { outcome, events } = await trained({ metric: { name: "loss", higherIsBetter: false, from: "loss" } });
  const found = events.flatMap((event) => (event.kind === "evaluated" ? [event] : []));
  for (const { metric, loss } of found) expect(metric).toBe(loss);
  const lowest = (i: number): number => Math.min(...found.slice(0, i + 1).map(({ loss }) => loss));
  found.slice(0, -1).forEach(({ best, loss }, i) => expect(best).toBe(loss === lowest(i)));
  expect(outcome).toMatchObject({ result: { metric: "loss", higherIsBetter: false } });
});

it("takes the examples of an epoch in the order of the data, where it has one", async () => {
  const { batches } = await trained(
    {},
    { order: (epoch) => Int32Array.from({ length: 40 }, (_, i) => (i + epoch) % 40) },
  );
  expect(batches[0]).toEqual([0, 1, 2, 3, 4, 5]);
  expect(batches[6]).toEqual([1, 2, 3, 4, 5, 6]);
});

it("asks for a sample after each validation, with the assets of the data, and writes it down", async () => {
  const assets = { words: ["a"] };
  const { events, assets: given } = await trained({ sample: (_, seed) => Promise.resolve(`seed ${seed}`) }, { assets });
  const kinds = events.map(({ kind }) => kind).filter((kind) => kind === "evaluated" || kind === "sample");
  expect(kinds).toEqual([...Array.from({ length: 6 }, () => ["evaluated", "sample"]).flat(), "evaluated"]);
  expect(given).toEqual(Array.from({ length: 6 }, () => assets));
  expect(metricsLine(events.find(({ kind }) => kind === "sample") as RunEvent)).toBe(
    '{"kind":"sample","step":3,"text":"seed 7"}',
  );
});

it("measures a final metric once on test and on validation, and leaves the test open when it is interrupted", async () => {
  const splits: Split[] = [];
  const measure = (_: unknown, __: TaskData, split: Split): Promise<number> => {
    splits.push(split);
    return Promise.resolve(split === "test" ? 0.25 : 0.5);
  };
  const { outcome } = await trained({ finalMetric: { name: "BLEU", higherIsBetter: true, measure } });
  expect(splits).toEqual(["test", "validation"]);
  expect(outcome).toMatchObject({
    kind: "finished",
    result: { metric: "BLEU", higherIsBetter: true, test: 0.25, validation: 0.5 },
  });
  const stopped = await trained({
    finalMetric: { name: "BLEU", higherIsBetter: true, measure: () => Promise.resolve(null) },
  });
  expect(stopped.outcome).toEqual({ kind: "interrupted", step: 18 });
});
