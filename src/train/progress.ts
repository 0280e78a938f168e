import type { TrainingState } from "./program.ts";

/** Where a run stands, besides its tensors. All of it but `seconds` is a function of the configuration. */
export interface Progress {
  /** optimizer updates made */
  readonly step: number;
  /** the newest evaluation on the validation split */
  readonly validation: Validation | null;
  /** the evaluation with the best metric; the earliest of equals */
  readonly best: Validation | null;
  /** wall-clock seconds so far */
  readonly seconds: number;
}

export interface Validation {
  readonly step: number;
  readonly loss: number;
  readonly metric: number;
}

/** Everything needed to go on as if nothing had happened. */
export interface Checkpoint {
  readonly state: TrainingState;
  readonly progress: Progress;
  /** parameters at `progress.best.step`, where the task keeps the best weights */
  readonly best: readonly Float32Array[] | null;
}

export const beginning: Progress = { step: 0, validation: null, best: null, seconds: 0 };
