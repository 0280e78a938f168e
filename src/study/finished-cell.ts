import type { TaskCost } from "../tasks/cost.ts";
import type { RunResult } from "../train/events.ts";
import type { Cell } from "./cell.ts";

/** A cell whose run is finished, with all that a report's tables need of it. */
export interface FinishedCell {
  readonly cell: Cell;
  readonly folder: string;
  readonly result: RunResult;
  readonly cost: TaskCost;
  /** of a pass over the validation split divided by its examples, the median; null where timing.jsonl lacks it */
  readonly secondsPerExample: number | null;
}
