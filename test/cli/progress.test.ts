import { describe, expect, test } from "vitest";
import { coloursFor } from "../../src/cli/io.ts";
import { advance, totalTimeLeft, waitingLine, type RunLine } from "../../src/cli/progress/state.ts";
import { progressLine, progressTable } from "../../src/cli/progress/text.ts";
import { openProgress, seenAtOnce } from "../../src/cli/progress/view.ts";
import { loadTable } from "../../src/report/table.ts";
import type { RunEvent, RunResult } from "../../src/train/events.ts";
import { fakeIo } from "./io.ts";

const started: RunEvent = {
  kind: "started",
  step: 0,
  totalSteps: 100,
  stepsPerEpoch: 50,
  parameters: 1000,
  device: { name: "cpu" },
};

const step = (n: number, loss = 1): RunEvent => {
  return { kind: "step", step: n, epoch: 0, loss, gradientNorm: 1, rate: 0.1, seconds: 0.01 };
};

const result: RunResult = {
  metric: "token accuracy",
  higherIsBetter: true,
  test: 0.99,
  loss: 0.05,
  validation: 0.98,
  steps: 100,
  seconds: 12,
  secondsPerStep: 0.1,
  weights: "last",
  weightsStep: 100,
  device: "cpu",
};

const evaluated: RunEvent = {
  kind: "evaluated",
  split: "validation",
  step: 50,
  loss: 0.5,
  metric: 0.9,
  best: true,
  seconds: 1,
  examples: 100,
};

/** The line after events at the seconds 0, 1, 2 … */
const after = (...events: RunEvent[]): RunLine =>
  events.reduce((line, event, i) => advance(line, event, i), waitingLine("kv", 1));

describe("a run's line", () => {
  test("has no time left before its first step, then that of the pace so far", () => {
    expect(after(started).secondsLeft).toBeNull();
    expect(after(started, step(20)).secondsLeft).toBeCloseTo(4, 12);
  });

  test("of a resumed run counts the steps of this process only", () => {
    expect(after({ ...started, step: 80 }, step(90)).secondsLeft).toBeCloseTo(1, 12);
  });

  test("goes from waiting through training and testing to finished", () => {
    const states = [after(), after(started), after(started, step(50)), after(started, step(100))].map(
      ({ state }) => state,
    );
    expect(states).toEqual(["waiting", "training", "training", "testing"]);
    expect(after(started, step(100), { kind: "finished", result })).toMatchObject({
      state: "finished",
      metric: 0.99,
      seconds: 12,
    });
  });

  test("smooths the loss", () => {
    expect(after(started, step(1, 2), step(2, 1)).loss).toBeCloseTo(1.9, 12);
  });
});

test("the time that all runs need follows from the pace of those that have one", () => {
  const running = after(started, step(50));
  expect(totalTimeLeft([waitingLine("kv", 1)], 1, 1)).toBeNull();
  // 50 steps a second: 50 are left of this run, 100 of the one that waits.
  expect(totalTimeLeft([running, waitingLine("kv", 2)], 1, 1)).toBeCloseTo(3, 12);
  expect(totalTimeLeft([running, waitingLine("kv", 2)], 1, 2)).toBeCloseTo(1.5, 12);
});

test("the last runs need as long as the slowest, however many would have room", () => {
  const running = after(started, step(50));
  expect(totalTimeLeft([running, after(started, { kind: "finished", result })], 1, 8)).toBeCloseTo(1, 12);
});

test("steps that are told together with the start give no pace", () => {
  const told = [started, step(40)].reduce((line, event) => advance(line, event, 10), waitingLine("kv", 1));
  expect(told.secondsLeft).toBeNull();
  expect(advance(told, step(60), 11).secondsLeft).toBeCloseTo(2, 12);
});

test("runs at the same time are as many as were seen lately, also while places are taken again", () => {
  const atOnce = seenAtOnce();
  const [waiting, running, done] = [waitingLine("kv", 1), after(started), after(started, { kind: "finished", result })];
  expect(atOnce([waiting, waiting, waiting], 0)).toBe(1);
  expect(atOnce([running, running, running], 1)).toBe(3);
  expect(atOnce([running, done, done], 2)).toBe(3);
  expect(atOnce([running, done, done], 30)).toBe(1);
});

test("a plain line says where the run stands", () => {
  const metric = "token accuracy";
  expect(progressLine(after(started, evaluated, step(50, 0.5)), metric)).toBe(
    "kv seed 1: step 50 of 100, loss 0.5000, validation token accuracy 0.9000, 2 s left",
  );
  expect(progressLine(after(started, { kind: "finished", result }), metric)).toBe(
    "kv seed 1: finished, test token accuracy 0.9900, loss 0.05000, 12 s",
  );
  expect(progressLine(after(started, { kind: "interrupted", step: 50 }), metric)).toBe(
    "kv seed 1: interrupted after step 50",
  );
});

test("a run that was finished before says so", () => {
  const line = advance(waitingLine("kv", 1, true), { kind: "finished", result }, 0);
  expect(progressLine(line, "token accuracy")).toBe(
    "kv seed 1: finished before, test token accuracy 0.9900, loss 0.05000",
  );
});

describe("the live table", () => {
  const draw = async (lines: readonly RunLine[], rows: number, columns = 100): Promise<string[]> => {
    const renderTable = await loadTable();
    const { io } = fakeIo();
    const screen = {
      renderTable,
      colours: coloursFor(io.err, {}),
      rows,
      columns,
      metric: "token accuracy",
      parallel: 2,
    };
    return progressTable(lines, 3, screen).split("\n");
  };

  test("has a line for each run and one for all", async () => {
    const lines = await draw([after(started, evaluated, step(50, 0.5)), waitingLine("kv", 2)], 24);
    expect(lines[1]).toMatch(/^kv +1 +━{10}─{10} +50\/100 +0\.5000 +0\.9000 +2 s$/);
    expect(lines[2]).toMatch(/^kv +2 +waiting$/);
    expect(lines[3]).toMatch(/^0 of 2 runs finished, about \d+ s left$/);
  });

  test("goes without the bar, then without the loss and the metric, where the terminal is narrow", async () => {
    const lines = [after(started, evaluated, step(50, 0.5)), waitingLine("kv", 2)];
    const titles = async (columns: number) => (await draw(lines, 24, columns))[0]?.split(/ {2,}/);
    expect(await titles(66)).toEqual(["attention", "seed", "step", "loss", "token accuracy", "time left"]);
    expect(await titles(50)).toEqual(["attention", "seed", "step", "token accuracy", "time left"]);
    expect(await titles(40)).toEqual(["attention", "seed", "step", "time left"]);
    for (const columns of [66, 50, 40]) {
      for (const line of await draw(lines, 24, columns)) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  test("that does not fit leaves out waiting runs first and never a running one", async () => {
    const waiting = Array.from({ length: 20 }, (_, i) => waitingLine("qkv", i + 2));
    const lines = await draw([after(started, step(50)), ...waiting], 8);
    expect(lines).toHaveLength(6);
    expect(lines[1]).toContain("50/100");
    expect(lines[5]).toContain("17 not shown");
  });
});

test("a live view shows its table again below a warning", async () => {
  const { io, texts } = fakeIo({ NO_COLOR: "1" }, { isTTY: true, columns: 100, rows: 24 });
  const runs = [{ attention: "kv", seed: 1 }];
  const view = await openProgress(io, { runs, metric: "accuracy", parallel: null, signal: io.interruptible() });
  view.update({ attention: "kv", seed: 1 }, { kind: "warning", message: "other CPU" });
  const [before = "", after = ""] = texts.err.split("warning: other CPU\n");
  expect(before).toMatch(/\u001b\[2K\u001b\[G$/);
  expect(after).toContain("0 of 1 run finished");
  view.close();
});

test("a live view makes room for a line that is printed on the same terminal", async () => {
  const { io } = fakeIo({ NO_COLOR: "1" }, { isTTY: true, columns: 100, rows: 24 });
  let terminal = "";
  const same = { ...io.err, write: (text: string) => (terminal += text) };
  const runs = [{ attention: "kv", seed: 1 }];
  const view = await openProgress(
    { ...io, out: same, err: same },
    {
      runs,
      metric: "accuracy",
      parallel: 1,
      signal: io.interruptible(),
    },
  );
  view.above(same, "runs/one");
  view.close();
  // Both lines of the first frame and the empty one below are erased before the line is printed.
  const [before = "", after = ""] = terminal.split("runs/one\n");
  expect(before.split("\u001b[2K").length - 1).toBeGreaterThanOrEqual(3);
  expect(before).toMatch(/\u001b\[2K\u001b\[G(\u001b\[\?2026l)?$/);
  expect(after).toContain("0 of 1 run finished");
});

describe("a view that is no terminal", () => {
  const open = async (env = {}, terminal = {}) => {
    const fake = fakeIo(env, terminal);
    const signal = fake.io.interruptible();
    const view = await openProgress(fake.io, {
      runs: [{ attention: "kv", seed: 1 }],
      metric: "accuracy",
      parallel: 1,
      signal,
    });
    return { ...fake, view, tell: (event: RunEvent) => view.update({ attention: "kv", seed: 1 }, event) };
  };

  test("writes a line at the end, not one a step, and nothing on the standard output", async () => {
    const { texts, tell, view } = await open();
    tell(started);
    for (let n = 1; n <= 100; n++) tell(step(n));
    tell({ kind: "finished", result });
    view.close();
    expect(texts).toEqual({ out: "", err: "kv seed 1: finished, test token accuracy 0.9900, loss 0.05000, 12 s\n" });
  });

  test("says a warning, and why another device is used, once", async () => {
    const { texts, tell } = await open();
    const warning: RunEvent = { kind: "warning", message: "other CPU", hint: "Fine." };
    for (const event of [warning, warning]) tell(event);
    for (let i = 0; i < 2; i++) tell({ ...started, device: { name: "cpu", reason: "auto: no CUDA here" } });
    expect(texts.err).toBe("warning: other CPU\nhint: Fine.\ndevice cpu: auto: no CUDA here\n");
  });

  test("answers Ctrl-C", async () => {
    const { texts, interrupt } = await open();
    interrupt();
    expect(texts.err).toBe("stopping, to keep what was done; Ctrl-C again ends at once\n");
  });

  test("is used on a terminal that cannot move its cursor", async () => {
    const { texts, tell } = await open({ TERM: "dumb" }, { isTTY: true });
    tell({ kind: "finished", result });
    expect(texts.err).not.toContain("\u001b");
  });
});
