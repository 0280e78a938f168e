import path from "node:path";
import { KvtError } from "../errors.ts";
import { parseConfiguration, type RunConfiguration } from "./configuration.ts";
import type { RunResult } from "./events.ts";
import { readJson } from "./json-file.ts";

export const RUN_FORMAT = "kvt-run-1";

/** A run's folder; `result` is there once the run is finished. */
export interface Run {
  readonly folder: string;
  readonly configuration: RunConfiguration;
  readonly result: RunResult | null;
}

/** Reads a run's folder. Throws a `run` error when it holds no run, a broken one or one of another version. */
export function openRun(folder: string): Run {
  const file = path.join(folder, "run.json");
  const value = readJson(file);
  if (value === undefined) {
    throw new KvtError("run", `no run in ${folder}: expected the file run.json`, {
      hint: "kvt runs lists the runs that there are.",
    });
  }
  if (value["format"] !== RUN_FORMAT) {
    throw new KvtError(
      "run",
      `${file}: expected format "${RUN_FORMAT}", got ${JSON.stringify(value["format"]) ?? "none"}`,
      {
        hint: "The run was made by another version of kvt: continue it with that version, or start a new run.",
      },
    );
  }
  return { folder, configuration: parseConfiguration(value, file), result: readResult(folder) };
}

function readResult(folder: string): RunResult | null {
  const file = path.join(folder, "result.json");
  const value = readJson(file);
  if (value === undefined) return null;
  const isResult = ["test", "validation", "loss", "steps", "seconds"].every((key) => typeof value[key] === "number");
  if (isResult) return value as unknown as RunResult;
  throw new KvtError("run", `${file} is broken: expected numbers for test, validation, loss, steps and seconds`, {
    hint: `Delete it and resume the run: kvt resume ${folder}`,
  });
}
