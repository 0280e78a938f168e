import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { errorCode, onDisk } from "../../disk.ts";
import { makeFolder } from "../../folder.ts";
import { flatten } from "../../record.ts";
import type { RunConfiguration } from "../configuration.ts";
import { readLines } from "../append.ts";
import { writeAll } from "../durable.ts";
import type { RunEvent } from "../events.ts";
import { openRun } from "../open-run.ts";
import {
  type EventPlace,
  type Hyperparameter,
  scalarsEvent,
  sessionEndEvent,
  sessionStartEvent,
  startEvent,
  versionEvent,
} from "./event-messages.ts";
import { frame } from "./record-file.ts";

/** Below a run's folder: where its event files lie. */
const TENSORBOARD_FOLDER = "tensorboard";

/** Writes what happens in runs to event files that TensorBoard reads while they grow. */
export interface TensorBoard {
  /**
   * Records an event of the run in `folder`. Where it cannot be written, for example on a full disk, the file is given up
   * and the warning returned, once: the run is worth more than its curves.
   */
  record(folder: string, event: RunEvent): Warning | undefined;
  /** closes what failed runs left open */
  close(): void;
}

type Warning = Extract<RunEvent, { kind: "warning" }>;

/** Event files for any number of runs, each begun when its run starts: a new run's folder must hold nothing before. */
export function openTensorBoard(): TensorBoard {
  const files = new Map<string, EventFile>();
  const end = (folder: string): void => {
    files.get(folder)?.close();
    files.delete(folder);
  };
  return {
    record(folder, event) {
      try {
        if (event.kind === "started") {
          end(folder);
          files.set(folder, beginFile(folder, event.step));
        }
        const file = files.get(folder);
        if (file !== undefined) recordEvent(file, event);
        if (event.kind === "finished" || event.kind === "interrupted") end(folder);
        return undefined;
      } catch (error) {
        end(folder);
        const reason = error instanceof Error ? error.message : String(error);
        const message = `the event files for TensorBoard end here, the run goes on: ${reason}`;
        return { kind: "warning", message };
      }
    },
    close() {
      for (const folder of [...files.keys()]) end(folder);
    },
  };
}

/** `wallTime`: seconds since 1970, now unless given */
function recordEvent(file: EventFile, event: RunEvent, wallTime?: number): void {
  if (event.kind === "step") {
    const { step, loss, gradientNorm, rate, seconds } = event;
    const scalars = { "train/loss": loss, "train/gradient_norm": gradientNorm, "train/learning_rate": rate };
    const speed = seconds > 0 ? { "train/steps_per_second": 1 / seconds } : {};
    file.append((place) => scalarsEvent(place, { ...scalars, ...speed }), step, wallTime);
  } else if (event.kind === "evaluated" && event.split === "validation") {
    const scalars = { "validation/loss": event.loss, "validation/metric": event.metric };
    file.append((place) => scalarsEvent(place, scalars), event.step, wallTime);
  } else if (event.kind === "finished") {
    const { test, loss, steps } = event.result;
    file.append((place) => scalarsEvent(place, { "test/loss": loss, "test/metric": test }), steps);
    file.append(sessionEndEvent, steps);
  }
}

/**
 * The file of a process. A resumed run begins with what its folder says of the steps before, which replaces the files of
 * earlier processes: those may lack the last steps before a crash, or have some that are made again.
 */
function beginFile(folder: string, checkpoint: number): EventFile {
  const { configuration } = openRun(folder);
  const file = new EventFile(path.join(folder, TENSORBOARD_FOLDER));
  file.append(({ wallTime }) => versionEvent(wallTime));
  file.append(startEvent, 0);
  file.append((place) => sessionStartEvent(place, hyperparameters(configuration)));
  if (checkpoint > 0) recordPast(file, folder, checkpoint);
  return file;
}

/** The lines of a run up to a step, at the times that they would have without interruptions. */
function recordPast(file: EventFile, folder: string, checkpoint: number): void {
  const times = new Map(
    readLines(path.join(folder, "timing.jsonl")).map((line) => [keyOf(line), Number(line["seconds"])]),
  );
  let wallTime = fs.statSync(path.join(folder, "run.json")).mtimeMs / 1000;
  for (const line of readLines(path.join(folder, "metrics.jsonl"))) {
    if (Number(line["step"]) > checkpoint) break;
    const seconds = times.get(keyOf(line)) ?? 0;
    wallTime += seconds;
    // A line has the event's fields but for its time.
    recordEvent(file, { ...line, seconds } as RunEvent, wallTime);
  }
}

const keyOf = ({ kind, step }: Readonly<Record<string, unknown>>): string => `${String(kind)} ${String(step)}`;

/** What the numbers of a run follow from, options by their paths; a list is shown as JSON. */
function hyperparameters({ options, ...rest }: RunConfiguration): Record<string, Hyperparameter> {
  const values = Object.entries(flatten({ ...rest, ...options }));
  return Object.fromEntries(
    values.map(([name, value]) => [name, isHyperparameter(value) ? value : JSON.stringify(value)]),
  );
}

const isHyperparameter = (value: unknown): value is Hyperparameter =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

class EventFile {
  readonly #file: string;
  readonly #descriptor: number;
  #step = 0;
  #isOpen = true;

  constructor(folder: string) {
    makeFolder(folder);
    [this.#file, this.#descriptor] = onDisk("write", folder, () => create(folder));
  }

  /** Writes a record at once, so that TensorBoard can show it; without `step`, at the last one. */
  append(event: (place: EventPlace) => Uint8Array, step = this.#step, wallTime = Date.now() / 1000): void {
    this.#step = step;
    const record = frame(event({ wallTime, step }));
    onDisk("write", this.#file, () => writeAll(this.#descriptor, record));
  }

  close(): void {
    if (this.#isOpen) fs.closeSync(this.#descriptor);
    this.#isOpen = false;
  }
}

/** TensorBoard reads the files of a folder in the order of their names, so a later one needs a later name. */
function create(folder: string): [string, number] {
  const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
  for (let n = 0; ; n++) {
    const file = path.join(folder, `events.out.tfevents.${seconds}.${os.hostname()}.${String(n).padStart(3, "0")}`);
    try {
      return [file, fs.openSync(file, "wx")];
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
  }
}
