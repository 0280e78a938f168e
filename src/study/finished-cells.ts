import path from "node:path";
import { readLines } from "../train/append.ts";
import { median } from "../train/metrics.ts";
import type { Cell } from "./cell.ts";
import type { CellFailure } from "./cell-engine.ts";
import type { FinishedCell } from "./finished-cell.ts";
import type { StudyPlan } from "./plan-cells.ts";
import type { StudyStore } from "./study-store.ts";

/** What a study has found so far. */
export interface Findings {
  readonly finished: readonly FinishedCell[];
  readonly failed: readonly { readonly cell: Cell; readonly failure: CellFailure }[];
}

/** Reads the results and failures of a study's cells, in the order of the study, whoever ran them. */
export function findings({ cells, costOf }: StudyPlan, store: StudyStore): Findings {
  const finished: FinishedCell[] = [];
  const failed: { cell: Cell; failure: CellFailure }[] = [];
  for (const cell of cells) {
    const state = store.stateOf(cell);
    if (state.kind === "failed" || state.kind === "damaged") failed.push({ cell, failure: state.failure });
    if (state.kind !== "finished") continue;
    const folder = store.folderOf(cell);
    const cost = costOf(cell.setting, cell.configuration.attention);
    finished.push({ cell, folder, result: state.result, cost, secondsPerExample: secondsPerExample(folder) });
  }
  return { finished, failed };
}

/** Of the passes over the validation split, the median; null where the file of times lacks them. */
function secondsPerExample(folder: string): number | null {
  try {
    const times = readLines(path.join(folder, "timing.jsonl")).flatMap(({ kind, split, seconds, examples }) =>
      kind === "evaluated" && split === "validation" && Number(examples) > 0
        ? [Number(seconds) / Number(examples)]
        : [],
    );
    return times.length === 0 ? null : median(times);
  } catch {
    return null;
  }
}
