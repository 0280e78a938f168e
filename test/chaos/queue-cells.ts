import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import { findTask } from "../../src/tasks/index.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import { onTestFinished } from "vitest";
import type { Cell } from "../../src/study/cell.ts";
import { keys } from "../../src/study/queue/jobs.ts";
import { runId } from "../../src/study/identity.ts";
import type { CellOutcome, EngineRequest } from "../../src/study/cell-engine.ts";
import type { RunEvent } from "../../src/train/events.ts";

const QUICK = ["data.length=6", "data.trainSize=600", "data.validationSize=60", "data.testSize=60", "train.epochs=1"];

/** Settings of a cell that is trained long enough for others to see it and to break in. */
export const SOME_SECONDS = ["data.trainSize=12800", "train.epochs=8"];

/** A real cell that is trained in about a second. */
export function tinyCell(seed: number, settings: readonly string[] = [], attention = "kv"): Cell {
  const task = findTask("copy");
  const options = resolveOptions(task, "quick", [...QUICK, ...settings]);
  const configuration = { task: "copy", preset: "quick", attention, seed, options, device: "cpu", threads: 1 } as const;
  const id = runId(configuration);
  const setting = { key: settings.join(), task: "copy", preset: "quick", varied: {}, options } as const;
  return { id, name: `copy-${attention}-seed${seed}-${id}`, setting, configuration };
}

/** A request for cells whose store is `root`, which keeps what it is told. */
export function requestFor(cells: readonly Cell[], root: string, stop = new AbortController()) {
  const outcomes = new Map<string, CellOutcome>();
  const events: [string, RunEvent][] = [];
  onTestFinished(() => stop.abort());
  const request: EngineRequest = {
    cells,
    folderOf: ({ name }) => path.join(root, "cells", name),
    data: undefined,
    onEvent: ({ name }, event) => events.push([name, event]),
    onOutcome({ name }, outcome) {
      if (outcomes.has(name)) throw new Error(`a second outcome of ${name}`);
      outcomes.set(name, outcome);
    },
    signal: stop.signal,
  };
  return { request, outcomes, events, stop };
}

/** Names of what Redis keeps of cells: jobs, results, claims. Marks that runs were collected leave by themselves. */
export async function keptIn(url: string): Promise<string[]> {
  const client = new Redis(url);
  try {
    return (await client.keys("kvt:*")).filter((key) => /cell-|result|upload|owner/.test(key));
  } finally {
    client.disconnect();
  }
}

/** Seconds for which the mark stays that a cell's run was collected. */
export async function markedFor(url: string, { id }: Cell): Promise<number> {
  const client = new Redis(url);
  try {
    return await client.ttl(keys.collected(id));
  } finally {
    client.disconnect();
  }
}

export async function until(is: () => boolean | Promise<boolean>, most = 90_000): Promise<void> {
  for (const end = performance.now() + most; !(await is()); await wait(50)) {
    if (performance.now() > end) throw new Error("what was waited for did not happen");
  }
}
