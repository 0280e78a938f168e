import type { Options, PresetName } from "../tasks/task.ts";
import type { Interval } from "./statistics.ts";

/** What `kvt compare --json` prints. */
export interface CompareDocument {
  readonly task: string;
  readonly preset: PresetName;
  /** the device that was used */
  readonly device: string;
  /** resolved: defaults, preset and settings merged */
  readonly options: Options;
  /** one a formulation, in the order asked for */
  readonly rows: readonly CompareRow[];
}

export interface CompareRow {
  readonly attention: string;
  /** trainable numbers of the whole model */
  readonly parameters: number;
  /** multiply-accumulates of one example's forward pass */
  readonly macs: number;
  /** the metric's name */
  readonly metric: string;
  /** over seeds, on the test split */
  readonly mean: number;
  /** sample standard deviation over seeds; null with one seed */
  readonly std: number | null;
  /** paired by seed, this row minus the first; null in the first row */
  readonly difference: Interval | null;
  /** median over the steps, then over the runs */
  readonly secondsPerStep: number;
  readonly runs: readonly ComparedRun[];
}

export interface ComparedRun {
  readonly seed: number;
  readonly folder: string;
  /** metric on the test split */
  readonly test: number;
  /** metric on the validation split of the same weights */
  readonly validation: number;
  /** mean loss on the test split */
  readonly loss: number;
  readonly steps: number;
  /** wall-clock */
  readonly seconds: number;
}
