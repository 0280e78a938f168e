import type { RunEvent } from "../train/events.ts";
import type { Cell } from "./cell.ts";
import type { CellEngine, CellFailure, CellOutcome } from "./cell-engine.ts";
import type { StudyPlan } from "./plan-cells.ts";
import { inShard, type Shard } from "./shard.ts";
import type { CellState, StudyStore } from "./study-store.ts";

export interface RunStudyRequest {
  readonly plan: StudyPlan;
  readonly store: StudyStore;
  readonly engine: CellEngine;
  /** folder of data sets instead of KVT_DATA and the cache */
  readonly data?: string | undefined;
  /** the part of the cells that this command runs */
  readonly shard?: Shard | undefined;
  /** runs failed and damaged cells again */
  readonly retry: boolean;
  readonly signal: AbortSignal;
}

export type StudyEvent =
  /** `cells` are those of this command, with how they stood; those `toRun` are begun */
  | {
      readonly kind: "planned";
      readonly cells: readonly (readonly [Cell, CellState])[];
      readonly toRun: readonly Cell[];
    }
  | { readonly kind: "run"; readonly cell: Cell; readonly event: RunEvent }
  | { readonly kind: "outcome"; readonly cell: Cell; readonly outcome: CellOutcome };

export interface StudyOutcome {
  /** cells of this command */
  readonly planned: number;
  /** finished by this command */
  readonly ran: number;
  /** finished before, or by another command meanwhile */
  readonly skipped: number;
  /** in the order of the study */
  readonly failed: readonly (readonly [Cell, CellFailure])[];
  /** neither finished nor failed: interrupted, over the budget of time, or run by another command */
  readonly left: number;
  /** why cells are left */
  readonly stopped: "interrupted" | "time" | null;
}

/**
 * Runs what a study lacks. Cells that are finished are used; a cell that fails is recorded and touches no other; what an
 * interruption or a crash leaves is gone on with by the same command.
 */
export async function runStudy(
  { plan, store, engine, data, shard, retry, signal }: RunStudyRequest,
  onEvent: (event: StudyEvent) => void,
): Promise<StudyOutcome> {
  const { study } = plan;
  const cells = plan.cells.filter((_, index) => inShard(index, shard));
  store.describe(study, plan.cells);
  const states = new Map(cells.map((cell) => [cell, store.stateOf(cell)]));
  const toRun = cells.filter((cell) => {
    const kind = states.get(cell)?.kind;
    return kind !== "finished" && (retry || (kind !== "failed" && kind !== "damaged"));
  });
  if (retry) for (const cell of toRun) store.clear(cell);
  onEvent({ kind: "planned", cells: [...states], toRun });
  const failed = cells.flatMap((cell): [Cell, CellFailure][] => {
    const state = states.get(cell);
    return !toRun.includes(cell) && (state?.kind === "failed" || state?.kind === "damaged")
      ? [[cell, state.failure]]
      : [];
  });
  let [ran, skipped, settled] = [0, cells.length - toRun.length - failed.length, 0];
  const limit = timeLimit(study.budget.seconds, signal);
  try {
    await engine.run({
      cells: toRun,
      folderOf: store.folderOf,
      data,
      signal: limit.signal,
      onEvent: (cell, event) => onEvent({ kind: "run", cell, event }),
      onOutcome(cell, outcome) {
        if (outcome.kind === "failed") {
          store.recordFailure(cell, outcome.failure);
          failed.push([cell, outcome.failure]);
        } else if (outcome.kind === "finished") {
          if (outcome.already) skipped++;
          else ran++;
        }
        if (outcome.kind !== "left") settled++;
        onEvent({ kind: "outcome", cell, outcome });
      },
    });
  } finally {
    limit.clear();
  }
  failed.sort(([a], [b]) => cells.indexOf(a) - cells.indexOf(b));
  const stopped = signal.aborted ? "interrupted" : limit.signal.aborted ? "time" : null;
  return { planned: cells.length, ran, skipped, failed, left: toRun.length - settled, stopped };
}

/** A signal that is aborted with another, or when the time is over. */
function timeLimit(seconds: number | null, signal: AbortSignal): { signal: AbortSignal; clear: () => void } {
  if (seconds === null) return { signal, clear: () => undefined };
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), seconds * 1000);
  return { signal: AbortSignal.any([signal, over.signal]), clear: () => clearTimeout(timer) };
}
