import { KvtError, type ErrorKind } from "../errors.ts";
import type { DeviceRequest } from "../runtime/backend.ts";
import type { Split } from "../tasks/task.ts";
import type { RunEvent, RunResult } from "./events.ts";
import type { RunConfiguration } from "./configuration.ts";

/** What a process that trains is asked for. `data` is a folder of data sets instead of the cache. */
export type RunRequest =
  | {
      readonly kind: "start";
      readonly configuration: RunConfiguration;
      /** the run's folder; without it, a new one under `runs` */
      readonly out?: string | undefined;
      readonly runs: string;
      readonly data?: string | undefined;
    }
  | {
      readonly kind: "resume";
      readonly folder: string;
      /** instead of those that the run was started with */
      readonly device?: DeviceRequest | undefined;
      readonly threads?: number | undefined;
      readonly data?: string | undefined;
    }
  | {
      /** tries a few steps, to tell how long a run would take; nothing is written */
      readonly kind: "calibrate";
      readonly configuration: RunConfiguration;
      readonly data?: string | undefined;
    }
  | {
      readonly kind: "evaluate";
      readonly folder: string;
      readonly split: Split;
      readonly device?: DeviceRequest | undefined;
      readonly threads?: number | undefined;
      readonly data?: string | undefined;
    };

/** How it ended, when not with an error. */
export type RunOutcome =
  /** `already`: the run was finished before, and nothing was done */
  | { readonly kind: "finished"; readonly folder: string; readonly result: RunResult; readonly already: boolean }
  /** `folder` is null when there was none yet; `step` is the one that a resume goes on from */
  | { readonly kind: "interrupted"; readonly folder: string | null; readonly step: number }
  | { readonly kind: "evaluated"; readonly folder: string; readonly evaluation: Evaluation }
  | { readonly kind: "calibrated"; readonly calibration: Calibration };

export interface Evaluation {
  readonly metric: string;
  readonly split: Split;
  /** the metric's value */
  readonly value: number;
  readonly loss: number;
  readonly weights: "last" | "best";
  readonly device: string;
}

/** What a run's time is made of. Seconds are wall-clock. */
export interface Calibration {
  /** of loading data and building the session */
  readonly setupSeconds: number;
  /** of one training step, the median */
  readonly secondsPerStep: number;
  /** of the forward pass of an evaluation, for one example */
  readonly secondsPerExample: number;
  /** examples of the splits */
  readonly sizes: Readonly<Record<Split, number>>;
}

/** From the process that watches to the one that trains. */
export type ToWorker = { readonly kind: "run"; readonly request: RunRequest } | { readonly kind: "stop" };

/** From the process that trains to the one that watches. */
export type FromWorker =
  | { readonly kind: "events"; readonly events: readonly RunEvent[] }
  /** with the most memory that the process used */
  | { readonly kind: "done"; readonly outcome: RunOutcome; readonly peakBytes?: number }
  | { readonly kind: "error"; readonly error: ErrorMessage };

export interface ErrorMessage {
  /** null for an error that nobody foresaw: its stack is then worth reading */
  readonly kind: ErrorKind | null;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly stack?: string | undefined;
}

export function packError(error: unknown): ErrorMessage {
  if (error instanceof KvtError) return { kind: error.kind, message: error.message, hint: error.hint };
  if (error instanceof Error) return { kind: null, message: error.message, stack: error.stack };
  return { kind: null, message: String(error) };
}

export function unpackError({ kind, message, hint, stack }: ErrorMessage): Error {
  if (kind !== null) return new KvtError(kind, message, hint === undefined ? {} : { hint });
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
