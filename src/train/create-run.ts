import fs from "node:fs";
import path from "node:path";
import { errorCode, onDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import type { RunConfiguration } from "./configuration.ts";
import { makeFolder } from "../folder.ts";
import { discard, jsonBytes, replaceFile } from "./durable.ts";
import { readEnvironment } from "./environment.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { type Run, RUN_FORMAT } from "./open-run.ts";

/**
 * Makes a run's folder, `out` or a new one under `runs`, writes its configuration and environment, and takes its
 * lock. Throws a `run` error when `out` already holds a run or anything else.
 */
export function createRun(
  configuration: RunConfiguration,
  place: { readonly out?: string | undefined; readonly runs: string },
): { run: Run; lock: Lock } {
  const folder = place.out === undefined ? newFolder(place.runs, configuration) : givenFolder(place.out);
  const lock = acquireLock(folder);
  try {
    checkUnused(folder);
    replaceFile(path.join(folder, "environment.json"), jsonBytes(readEnvironment()));
    replaceFile(path.join(folder, "run.json"), jsonBytes({ format: RUN_FORMAT, ...configuration }));
    return { run: { folder, configuration, result: null }, lock };
  } catch (error) {
    lock.release();
    if (place.out === undefined) discard(folder);
    throw error;
  }
}

function newFolder(runs: string, { task, attention, seed }: RunConfiguration): string {
  makeFolder(runs);
  return onDisk("write", runs, () => {
    for (let n = 1; ; n++) {
      const folder = path.join(runs, `${task}-${attention}-seed${seed}-${n}`);
      try {
        fs.mkdirSync(folder);
        return folder;
      } catch (error) {
        if (errorCode(error) !== "EEXIST") throw error;
      }
    }
  });
}

function givenFolder(out: string): string {
  makeFolder(out);
  return out;
}

/** What a crash while creating the folder may leave does not count. */
function checkUnused(folder: string): void {
  const names = onDisk("read", folder, () => fs.readdirSync(folder));
  if (names.includes("run.json")) {
    throw new KvtError("run", `${folder} already holds a run: expected a new or empty folder`, {
      hint: `kvt resume ${folder} continues it.`,
    });
  }
  const foreign = names.find((name) => name !== "environment.json" && name !== "lock" && !/^lock\.|\.part$/.test(name));
  if (foreign !== undefined) {
    throw new KvtError("run", `${folder} holds "${foreign}": expected a new or empty folder`, {
      hint: "Choose another folder with --out.",
    });
  }
}
