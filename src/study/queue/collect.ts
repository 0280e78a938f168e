import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { onDisk } from "../../disk.ts";
import { KvtError } from "../../errors.ts";
import { makeFolder } from "../../folder.ts";
import { discard, syncFolder } from "../../train/durable.ts";
import type { RunResult } from "../../train/events.ts";
import { isLocked } from "../../train/lock.ts";
import type { Cell } from "../cell.ts";
import { findCell } from "../train-cell.ts";
import { unpackRun } from "./result.ts";

/** What a command that was killed while it unpacked leaves is removed after this time. */
const FORGOTTEN_MS = 86_400_000;

/**
 * Puts a run that came back into its place in one step, instead of an unfinished one that lies there. Returns its
 * result, or null where a process of this machine trains the cell at this moment. Throws a `queue` error for an archive
 * that holds no finished run of the cell, and `disk` errors.
 */
export async function placeRun(archive: Buffer, cell: Cell, folder: string): Promise<RunResult | null> {
  const incoming = path.join(path.dirname(path.dirname(folder)), "incoming");
  const temporary = path.join(incoming, `${cell.name}.${os.hostname()}-${process.pid}`);
  discard(temporary);
  try {
    await unpackRun(archive, temporary);
    const result = findCell(temporary, cell.configuration)?.result;
    if (result === undefined || result === null)
      throw new KvtError("queue", `the result of ${cell.name} in the queue holds no finished run: expected one`);
    if (isLocked(folder)) return null;
    makeFolder(path.dirname(folder));
    onDisk("write", folder, () => {
      const unfinished = `${temporary}.before`;
      if (fs.existsSync(folder)) fs.renameSync(folder, unfinished);
      fs.renameSync(temporary, folder);
      discard(unfinished);
    });
    syncFolder(path.dirname(folder));
    return result;
  } finally {
    discard(temporary);
    tidy(incoming);
  }
}

/** The result of a cell whose folder is whole, or null. */
export function placedResult(cell: Cell, folder: string): RunResult | null {
  try {
    return findCell(folder, cell.configuration)?.result ?? null;
  } catch {
    // A damaged folder is replaced by the run that comes back.
    return null;
  }
}

/** Whether a finished run's folder has its weights: they come back only where they were asked for. */
export const hasWeights = (folder: string): boolean => fs.existsSync(path.join(folder, "weights.safetensors"));

function tidy(incoming: string): void {
  try {
    for (const name of fs.readdirSync(incoming)) {
      const target = path.join(incoming, name);
      if (Date.now() - fs.statSync(target).mtimeMs > FORGOTTEN_MS) discard(target);
    }
    fs.rmdirSync(incoming);
  } catch {
    // Others unpack here, or nothing was unpacked.
  }
}
