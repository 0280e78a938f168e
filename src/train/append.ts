import fs from "node:fs";
import path from "node:path";
import { onDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import { isRecord } from "../record.ts";
import { syncFolder, writeAll } from "./durable.ts";

/** A file that grows line by line. */
export interface Lines {
  /** bytes of all whole lines */
  readonly length: number;
  append(line: string): void;
  /** brings the lines to the disk */
  sync(): void;
  close(): void;
}

/**
 * Opens `file` for appending after its first `keep` bytes and cuts off the rest: lines that came after a checkpoint,
 * or half a line that a crash left. Throws a `run` error when the file is shorter than that.
 */
export function openLines(file: string, keep: number): Lines {
  const descriptor = onDisk("write", file, () => fs.openSync(file, "a"));
  let length = keep;
  try {
    const size = fs.fstatSync(descriptor).size;
    if (size < keep) {
      throw new KvtError("run", `${file} is cut off: expected at least ${keep} bytes, got ${size}`, {
        hint: "Delete the newest folder in checkpoints and resume: the lines are then made again.",
      });
    }
    onDisk("write", file, () => fs.ftruncateSync(descriptor, keep));
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
  syncFolder(path.dirname(file));
  return {
    get length() {
      return length;
    },
    append(line) {
      const bytes = new TextEncoder().encode(`${line}\n`);
      onDisk("write", file, () => writeAll(descriptor, bytes));
      length += bytes.length;
    },
    sync: () => onDisk("write", file, () => fs.fsyncSync(descriptor)),
    close: () => fs.closeSync(descriptor),
  };
}

/** Whole lines of such a file that are JSON; a crash may have left others at its end. */
export function readLines(file: string): Record<string, unknown>[] {
  if (!fs.existsSync(file)) return [];
  return fs
    .readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        const value: unknown = JSON.parse(line);
        return isRecord(value) ? [value] : [];
      } catch {
        return [];
      }
    });
}
