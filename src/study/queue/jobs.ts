import { isRecord } from "../../record.ts";
import type { RunEvent } from "../../train/events.ts";
import type { RunConfiguration } from "../../train/configuration.ts";
import { readEnvironment } from "../../train/environment.ts";
import type { CellFailure } from "../cell-engine.ts";

/** What a cell's job says: all that a worker needs to train it. */
export interface CellJob {
  /** the cell's id */
  readonly id: string;
  /** of its folder */
  readonly name: string;
  readonly configuration: RunConfiguration;
  /** whether the trained weights and the last checkpoint come back too */
  readonly weights: boolean;
}

/** The newest event of each kind that a coordinator shows, with how the run began; `n` grows with every report. */
export interface CellProgress {
  readonly n: number;
  readonly events: readonly RunEvent[];
}

/** What a job's text in Redis says; null for one that is no job's, which its cell's id and name tell. */
export function readJob(text: string | null): CellJob | null {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return isRecord(value) && isName(value["name"]) && typeof value["id"] === "string"
      ? (value as unknown as CellJob)
      : null;
  } catch {
    return null;
  }
}

const PREFIX = "kvt";

/** Names of everything that kvt keeps in Redis. */
export const keys = {
  prefix: PREFIX,
  /** chunks by number, and `about` them */
  result: (id: string): string => `${PREFIX}:result:${id}`,
  /** the same, while it is written */
  upload: (id: string, unique: string): string => `${PREFIX}:upload:${id}:${unique}`,
  /** which worker trains a cell, and when it last said so */
  owner: (id: string): string => `${PREFIX}:owner:${id}`,
  /** says for a day that a coordinator has a cell's run in its place, so that the worker needs its own no more */
  collected: (id: string): string => `${PREFIX}:collected:${id}`,
  /** who is there */
  present: (role: Role): string => `${PREFIX}:${role}s`,
} as const;

export type Role = "worker" | "coordinator";

/** Cells of one version of kvt are trained by workers of the same: another could make other numbers of them. */
export const queueName = (version: string): string => `cells-${version}`;

/** Name of what the queue's library keeps of a version's cells: a list or set of jobs, or a job itself. */
export const queueKey = (version: string, what: string): string => `${PREFIX}:${queueName(version)}:${what}`;

export const ownVersion = (): string => readEnvironment().kvt;

/** The queue refuses names that are numbers alone, which hashes may be. */
export const jobId = (cellId: string): string => `cell-${cellId}`;
export const cellIdOf = (job: string): string => job.replace(/^cell-/, "");

/** A cell's folder is named by what a job says: it may be a name and nothing else. */
export const isName = (text: unknown): text is string => typeof text === "string" && /^[\w+][\w+.-]*$/.test(text);

/** What a worker says of a failure, as the reason of a failed job. */
export const failureText = (failure: CellFailure): string => JSON.stringify(failure);

export function readFailure(text: string): CellFailure {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value) && typeof value["message"] === "string") return value as unknown as CellFailure;
  } catch {
    // The queue's own words.
  }
  const hint = "Its last worker's messages may say more. --retry tries the cell again.";
  return { kind: "training", message: `the workers that trained it ended again and again (${text})`, hint, host: "" };
}
