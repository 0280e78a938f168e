import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { KvtError } from "../errors.ts";
import type { RunConfiguration } from "../train/configuration.ts";
import type { RunEvent } from "../train/events.ts";
import { isInUse, isLocked } from "../train/lock.ts";
import type { RunOutcome } from "../train/messages.ts";
import { openRun, type Run } from "../train/open-run.ts";
import { ProcessDied, type ProcessOptions, runInProcess } from "../train/run-in-process.ts";
import type { CellFailure, CellOutcome } from "./cell-engine.ts";
import { runId } from "./identity.ts";

export interface TrainCellRequest {
  readonly configuration: RunConfiguration;
  /** of the run; what lies there is gone on with */
  readonly folder: string;
  readonly data: string | undefined;
  readonly onEvent: (event: RunEvent) => void;
}

/** How often a cell is gone on with after its process died: the system may kill one that was only unlucky. */
const MOST_DEATHS = 2;

/**
 * Trains a cell in a process of its own, from where its folder stands. Never throws for what goes wrong in the run:
 * that is its outcome.
 */
export async function trainCell(
  { configuration, folder, data, onEvent }: TrainCellRequest,
  options: ProcessOptions,
): Promise<CellOutcome> {
  for (let deaths = 0; ; deaths++) {
    try {
      const run = findCell(folder, configuration);
      if (run !== null && run.result !== null) {
        onEvent({ kind: "finished", result: run.result });
        return { kind: "finished", result: run.result, already: true };
      }
      const { runs, out } = { runs: path.dirname(folder), out: folder };
      const outcome: RunOutcome = await runInProcess(
        run === null ? { kind: "start", configuration, out, runs, data } : { kind: "resume", folder, data },
        onEvent,
        options,
      );
      if (outcome.kind === "finished") return { kind: "finished", result: outcome.result, already: outcome.already };
      return { kind: "left" };
    } catch (error) {
      if (error instanceof ProcessDied && deaths < MOST_DEATHS && options.signal?.aborted !== true) continue;
      // Another process took the cell at the same moment: it is running, or finished by now.
      if (isLocked(folder)) return { kind: "left" };
      const result = finishedResult(folder, configuration);
      if (result !== null) return { kind: "finished", result, already: true };
      const failure = failureOf(error);
      // Its holder has ended since: what it trained is gone on with when the cell is run again.
      return isInUse(failure, folder) ? { kind: "left" } : { kind: "failed", failure };
    }
  }
}

/**
 * The run that a cell's folder holds, or null. Throws a `run` error for a broken one and for one of another
 * configuration, which only a hand can have put there.
 */
export function findCell(folder: string, configuration: RunConfiguration): Run | null {
  if (!fs.existsSync(path.join(folder, "run.json"))) return null;
  const run = openRun(folder);
  if (runId(run.configuration) === runId(configuration)) return run;
  throw new KvtError("run", `${folder}/run.json was changed: expected the configuration that its name stands for`, {
    hint: "Run the study with --retry: it is put aside and trained anew.",
  });
}

function finishedResult(folder: string, configuration: RunConfiguration) {
  try {
    return findCell(folder, configuration)?.result ?? null;
  } catch {
    return null;
  }
}

export function failureOf(error: unknown): CellFailure {
  const host = os.hostname();
  if (error instanceof KvtError) return { kind: error.kind, message: error.message, hint: error.hint, host };
  return { kind: null, message: error instanceof Error ? error.message : String(error), host };
}
