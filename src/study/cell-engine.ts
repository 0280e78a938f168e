import type { RunEvent, RunResult } from "../train/events.ts";
import type { ErrorKind } from "../errors.ts";
import type { Cell } from "./cell.ts";

/** Why a cell has no result. */
export interface CellFailure {
  /** null for an error that nobody foresaw */
  readonly kind: ErrorKind | null;
  readonly message: string;
  readonly hint?: string | undefined;
  /** the machine that it failed on */
  readonly host: string;
}

export type CellOutcome =
  /** its run folder is in its place and whole; `already`: it was there before */
  | { readonly kind: "finished"; readonly result: RunResult; readonly already: boolean }
  | { readonly kind: "failed"; readonly failure: CellFailure }
  /** stopped by the signal, or run by another process at this moment; what it has is kept */
  | { readonly kind: "left" };

export interface EngineRequest {
  /** in the order in which they should be begun */
  readonly cells: readonly Cell[];
  /** folder of a cell's run */
  folderOf(cell: Cell): string;
  /** folder of data sets instead of KVT_DATA and the cache */
  readonly data: string | undefined;
  /** what happens in a run, while it happens */
  onEvent(cell: Cell, event: RunEvent): void;
  /** called once a cell, as soon as its outcome is known */
  onOutcome(cell: Cell, outcome: CellOutcome): void;
  /** aborted: no other cell is begun, running ones write a checkpoint and are left */
  readonly signal: AbortSignal;
}

/**
 * What runs the cells of a study: processes here, or workers on other machines. One cell's failure is its outcome and
 * touches no other. Throws for what concerns all of them, such as a queue that cannot be reached.
 */
export interface CellEngine {
  run(request: EngineRequest): Promise<void>;
}
