import fs from "node:fs";
import path from "node:path";
import { errorCode, onDisk } from "./disk.ts";

/** Makes a folder and those above it, where they are not there. */
export function makeFolder(folder: string): void {
  onDisk("write", folder, () => makeStepwise(path.resolve(folder)));
}

/**
 * Node's own `recursive` reports a read-only disk as ENOENT, which would send the user looking for a folder, and never
 * returns below /proc.
 */
function makeStepwise(folder: string): void {
  if (isFolder(folder)) return;
  makeStepwise(path.dirname(folder));
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    // Another process may have made it just now.
    if (errorCode(error) !== "EEXIST" || !isFolder(folder)) throw error;
  }
}

function isFolder(target: string): boolean {
  return fs.statSync(target, { throwIfNoEntry: false })?.isDirectory() === true;
}
