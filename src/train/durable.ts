import fs from "node:fs";
import path from "node:path";
import { onDisk } from "../disk.ts";

/** Writes all bytes: one `write` may take fewer, for example when the disk fills up. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(descriptor, bytes, at, bytes.length - at);
}

/** Writes a file and returns only once its bytes are on the disk. */
export function writeDurably(file: string, bytes: Uint8Array): void {
  onDisk("write", file, () => {
    const descriptor = fs.openSync(file, "w");
    try {
      writeAll(descriptor, bytes);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  });
}

/** Makes a rename or a new name in `folder` outlive a power loss. Windows has no such call for folders. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  onDisk("write", folder, () => {
    const descriptor = fs.openSync(folder, "r");
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  });
}

/**
 * Replaces a file in one step: whoever reads it, even after a crash, sees the old bytes or the new, never a part.
 * Several processes that may replace the same file need a `temporary` name each.
 */
export function replaceFile(file: string, bytes: Uint8Array, temporary = `${file}.part`): void {
  try {
    writeDurably(temporary, bytes);
    onDisk("write", file, () => fs.renameSync(temporary, file));
    syncFolder(path.dirname(file));
  } catch (error) {
    discard(temporary);
    throw error;
  }
}

/** Removes what a failed write left, as far as the disk allows; the failure itself is what the user must read. */
export function discard(target: string): void {
  try {
    fs.rmSync(target, { recursive: true, force: true });
  } catch {
    // A read-only disk keeps it; the next write to the same name replaces it.
  }
}

/** JSON as files of a run hold it: indented, so that people can read it. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
