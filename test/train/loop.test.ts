import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../src/random.ts";
import type { TaskData } from "../../src/tasks/task.ts";
import type { RunEvent } from "../../src/train/events.ts";
import { type LoopOutcome, type LoopRequest, runLoop, type RunStore } from "../../src/train/loop.ts";
import { metricsLine } from "../../src/train/metrics.ts";
import type { TrainingState } from "../../src/train/program.ts";
import type { Checkpoint } from "../../src/train/progress.ts";
import { fakeConfiguration, fakeEngine, fakeProgram, type FakeSettings } from "./fake.ts";

interface Trial {
  readonly outcome: LoopOutcome;
  readonly events: readonly RunEvent[];
  readonly checkpoints: readonly Checkpoint[];
  readonly last: TrainingState | null;
  readonly orders: readonly number[][];
}

/** A run that is told to stop after update `stopAfter`. */
async function trial(
  settings: FakeSettings,
  {
    task: name = "fake",
    attention = "kv",
    resume,
    stopAfter,
  }: {
    readonly task?: string;
    readonly attention?: string;
    readonly resume?: Checkpoint;
    readonly stopAfter?: number;
  } = {},
): Promise<Trial> {
  const { options, seed } = fakeConfiguration(settings);
  const task = fakeEngine.findTask(name);
  const environment = { seed, ...fakeEngine.dataEnvironment(undefined) };
  const data = await task.load(options, environment);
  const orders: number[][] = [];
  const watched: TaskData = {
    ...data,
    batch(split, indices, epoch) {
      if (split === "train") orders.push([...indices]);
      return data.batch(split, indices, epoch);
    },
  };
  const stop = new AbortController();
  const events: RunEvent[] = [];
  const checkpoints: Checkpoint[] = [];
  let last: TrainingState | null = null;
  const store: RunStore = {
    checkpoint: (checkpoint) => void checkpoints.push(checkpoint),
    best: () => undefined,
    finish: (_, state) => void (last = state),
  };
  const request: LoopRequest = {
    program: fakeProgram({ task, options, attention, seed, device: "cpu", threads: 1 }),
    data: watched,
    task,
    train: options.train,
    seed,
    store,
    signal: stop.signal,
    ...(resume === undefined ? {} : { resume: { checkpoint: resume, stepSeconds: [] } }),
    emit(event) {
      events.push(event);
      if (event.kind === "step" && event.step === stopAfter) stop.abort();
    },
  };
  const outcome = await runLoop(request);
  return { outcome, events, checkpoints, last, orders };
}

const lines = (...trials: readonly Trial[]): (string | null)[] =>
  trials.flatMap(({ events }) => events.map(metricsLine)).filter((line) => line !== null);

const steps = (events: readonly RunEvent[], kind: "checkpointed" | "step"): number[] =>
  events.flatMap((event) => (event.kind === kind ? [event.step] : []));

describe("runLoop", () => {
  it("trains, validates as often as asked, and tests once at the end", async () => {
    const { outcome, events } = await trial({});
    expect(steps(events, "step")).toEqual(Array.from({ length: 18 }, (_, i) => i + 1));
    const evaluated = events.flatMap((event) => (event.kind === "evaluated" ? [[event.split, event.step]] : []));
    const validations = [3, 6, 9, 12, 15, 18].map((step) => ["validation", step]);
    expect(evaluated).toEqual([...validations, ["test", 18]]);
    expect(steps(events, "checkpointed")).toEqual([3, 6, 9, 12, 15, 18]);
    expect(events[0]).toMatchObject({ kind: "started", step: 0, totalSteps: 18, stepsPerEpoch: 6, parameters: 4 });
    expect(events.at(-1)).toMatchObject({ kind: "finished" });
    expect(outcome).toMatchObject({ kind: "finished", result: { steps: 18, weights: "last", weightsStep: 18 } });
  });

  it("shows every formulation the same examples in the same order, each once an epoch", async () => {
    const [kv, qkv] = [await trial({}), await trial({}, { attention: "qkv" })];
    expect(kv.orders).toEqual(qkv.orders);
    const firstEpoch = kv.orders.slice(0, 6).flat();
    expect(firstEpoch).toEqual([...random(7, "order", 0).permutation(40).subarray(0, 36)]);
    expect(kv.orders.slice(6, 12).flat()).not.toEqual(firstEpoch);
  });

  it("is bit-identical when it is interrupted anywhere, any number of times", async () => {
    const whole = { fake: await trial({}), "fake-best": await trial({}, { task: "fake-best" }) };
    const stops = fc.array(fc.integer({ min: 1, max: 18 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(stops, fc.constantFrom("fake", "fake-best"), async (at, task) => {
        const parts: Trial[] = [];
        for (const stopAfter of [...new Set(at)].toSorted((a, b) => a - b)) {
          const resume = parts.at(-1)?.checkpoints.at(-1);
          parts.push(await trial({}, { task, stopAfter, ...(resume === undefined ? {} : { resume }) }));
        }
        const resume = parts.at(-1)?.checkpoints.at(-1);
        const end = await trial({}, { task, ...(resume === undefined ? {} : { resume }) });
        expect(lines(...parts, end)).toEqual(lines(whole[task]));
        expect(end.last).toEqual(whole[task].last);
      }),
      { numRuns: 40 },
    );
  });

  it("tests the best weights where the task keeps them", async () => {
    // The rate is far too high, so the last weights are not the best.
    const settings = { train: { rate: 2, schedule: "constant" as const, epochs: 4 } };
    const { events, outcome, last } = await trial(settings, { task: "fake-best" });
    const validations = events.filter((event) => event.kind === "evaluated" && event.split === "validation");
    const metrics = validations.map((event) => (event.kind === "evaluated" ? event.metric : NaN));
    const best = Math.max(...metrics);
    expect(outcome).toMatchObject({ kind: "finished", result: { weights: "best", validation: best } });
    const bestStep = outcome.kind === "finished" ? outcome.result.weightsStep : -1;
    expect(bestStep).toBe(3 * (metrics.indexOf(best) + 1));
    expect(bestStep).toBeLessThan(24);
    expect(last?.step).toBe(24);
  });

  it("stops at a loss that is not finite and says where, and what to try", async () => {
    const failed = trial({ model: { nanAt: 8 }, train: { schedule: "constant" } });
    await expect(failed).rejects.toMatchObject({
      kind: "training",
      message: "the loss is not finite at step 8 with learning rate 0.05: expected a number, got NaN",
      hint:
        "The last good checkpoint is of step 6. Start a new run with a lower rate (--set train.rate=0.005), " +
        "more warm-up steps or a train.clip below 5.",
    });
  });

  it("says that there is no checkpoint when there is none", async () => {
    const failed = trial({ model: { nanAt: 1 }, train: { clip: 0 } });
    await expect(failed).rejects.toMatchObject({
      hint: expect.stringMatching(/^There is no checkpoint yet\..*gradient clipping \(--set train\.clip=1\)/) as string,
    });
  });

  it("lets signals in while it trains", async () => {
    const stop = new AbortController();
    const { options, seed } = fakeConfiguration({ model: { delay: 5 }, train: { epochs: 1000 } });
    const task = fakeEngine.findTask("fake");
    const program = fakeProgram({ task, options, attention: "kv", seed, device: "cpu", threads: 1 });
    const data = await task.load(options, { seed, ...fakeEngine.dataEnvironment(undefined) });
    setTimeout(() => stop.abort(), 20);
    const outcome = await runLoop({ program, data, task, train: options.train, seed, emit() {}, signal: stop.signal });
    expect(outcome.kind).toBe("interrupted");
  });
});
