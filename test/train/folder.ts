import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { RunConfiguration } from "../../src/train/configuration.ts";
import type { RunEvent } from "../../src/train/events.ts";
import type { RunOutcome, RunRequest } from "../../src/train/messages.ts";
import { run } from "../../src/train/run.ts";
import { fakeEngine } from "./fake.ts";

// Checkpoints are brought to the disk one by one, which in memory takes no time.
const temporary = existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();

/** An empty folder that lives as long as the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(temporary, "kvt-train-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Does what is asked for with the fake engine in this process, and is told to stop after update `stopAfter`. */
export async function runHere(
  request: RunRequest,
  {
    stopAfter,
    onEvent,
  }: { readonly stopAfter?: number | undefined; readonly onEvent?: (event: RunEvent) => void } = {},
): Promise<RunOutcome & { readonly events: readonly RunEvent[] }> {
  const stop = new AbortController();
  const events: RunEvent[] = [];
  const emit = (event: RunEvent): void => {
    events.push(event);
    onEvent?.(event);
    if (event.kind === "step" && event.step === stopAfter) stop.abort();
  };
  return { ...(await run(request, fakeEngine, { emit, signal: stop.signal })), events };
}

/** Starts a run in the folder `out`, which must not hold one. */
export const start = (configuration: RunConfiguration, out: string, stopAfter?: number) =>
  runHere({ kind: "start", configuration, out, runs: "unused" }, { stopAfter });

export const resume = (folder: string, stopAfter?: number) => runHere({ kind: "resume", folder }, { stopAfter });

export const bytesOf = (folder: string, ...names: readonly string[]): Buffer =>
  readFileSync(path.join(folder, ...names));

export const jsonOf = (folder: string, ...names: readonly string[]): Record<string, unknown> =>
  JSON.parse(bytesOf(folder, ...names).toString()) as Record<string, unknown>;

export const namesIn = (...names: readonly string[]): string[] => readdirSync(path.join(...names)).toSorted();
