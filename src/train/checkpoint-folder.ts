import fs from "node:fs";
import path from "node:path";
import { sha256 } from "../data/checksum.ts";
import { errorCode, onDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import { makeFolder } from "../folder.ts";
import { discard, syncFolder, writeDurably } from "./durable.ts";
import type { Progress } from "./progress.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.ts";

/**
 * Checkpoints of a run: `checkpoints/<step>/tensors.safetensors` and `state.json`. A checkpoint is written beside
 * under a temporary name, brought to the disk and renamed, so it is there as a whole or not at all. What happens to
 * its bytes afterwards is found by checksums.
 */
const CHECKPOINT_FORMAT = "kvt-checkpoint-1";
const KEPT = 2;

/** How long the run's growing files were, so that a resumed run can cut off what came later. */
export interface FileLengths {
  readonly metricsBytes: number;
  readonly timingBytes: number;
}

export interface StoredCheckpoint {
  /** for error messages about its tensors */
  readonly file: string;
  readonly progress: Progress;
  readonly lengths: FileLengths;
  readonly tensors: Safetensors;
}

interface StateDocument {
  readonly format: string;
  readonly progress: Progress;
  readonly lengths: FileLengths;
  readonly tensors: { readonly bytes: number; readonly sha256: string };
}

/** Steps of the checkpoints in a run's folder, newest first. */
export function checkpointSteps(folder: string): number[] {
  try {
    const names = fs.readdirSync(path.join(folder, "checkpoints")).filter((name) => /^\d+$/.test(name));
    return names.map(Number).toSorted((a, b) => b - a);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** The step that a resume goes on from. */
export function resumeStep(folder: string | null): number {
  return folder === null ? 0 : (checkpointSteps(folder)[0] ?? 0);
}

/** Writes the checkpoint of `progress.step` and then removes all but the newest two. Throws a `disk` error. */
export function writeCheckpoint(folder: string, progress: Progress, tensors: Safetensors, lengths: FileLengths): void {
  const target = checkpointFolder(folder, progress.step);
  const parent = path.dirname(target);
  const temporary = `${target}.part`;
  const bytes = writeSafetensors(tensors);
  const document: StateDocument = {
    format: CHECKPOINT_FORMAT,
    progress,
    lengths,
    tensors: { bytes: bytes.length, sha256: sha256(bytes) },
  };
  const state = JSON.stringify({ ...document, checksum: checksumOf(document) }, null, 2);
  discard(temporary);
  try {
    makeFolder(temporary);
    writeDurably(path.join(temporary, "tensors.safetensors"), bytes);
    writeDurably(path.join(temporary, "state.json"), new TextEncoder().encode(`${state}\n`));
    syncFolder(temporary);
    onDisk("write", target, () => {
      fs.rmSync(target, { recursive: true, force: true });
      fs.renameSync(temporary, target);
    });
    syncFolder(parent);
  } catch (error) {
    discard(temporary);
    throw error;
  }
  pruneCheckpoints(folder, KEPT);
}

/** Removes all but the newest `count` checkpoints, and what crashes left of unfinished ones. */
export function pruneCheckpoints(folder: string, count: number): void {
  for (const step of checkpointSteps(folder).slice(count)) discard(checkpointFolder(folder, step));
  const parent = path.join(folder, "checkpoints");
  if (!fs.existsSync(parent)) return;
  for (const name of fs.readdirSync(parent)) if (name.endsWith(".part")) discard(path.join(parent, name));
}

/**
 * The newest checkpoint of a run, or null when there is none. Throws a `checkpoint` error when it is broken, which
 * names the file and says what to delete to go on from an older one.
 */
export function readNewestCheckpoint(folder: string): StoredCheckpoint | null {
  const broken: { readonly folder: string; readonly problem: KvtError }[] = [];
  for (const step of checkpointSteps(folder)) {
    const found = tryCheckpoint(folder, step);
    if (found instanceof KvtError) broken.push({ folder: checkpointFolder(folder, step), problem: found });
    else if (broken.length === 0) return found;
    else throw withAdvice(broken, `goes on from step ${step}`);
  }
  if (broken.length > 0) throw withAdvice(broken, "starts again from step 0");
  return null;
}

/** The checkpoint, or the `checkpoint` error that says how it is broken. */
function tryCheckpoint(folder: string, step: number): StoredCheckpoint | KvtError {
  try {
    return readCheckpoint(folder, step);
  } catch (error) {
    if (error instanceof KvtError && error.kind === "checkpoint") return error;
    throw error;
  }
}

function withAdvice(broken: readonly { folder: string; problem: KvtError }[], consequence: string): KvtError {
  const folders = broken.map(({ folder }) => folder).join(" and ");
  return new KvtError("checkpoint", broken[0]?.problem.message ?? "", {
    hint: `Delete ${folders} and resume: the run ${consequence}.`,
    cause: broken[0]?.problem,
  });
}

function readCheckpoint(folder: string, step: number): StoredCheckpoint {
  const target = checkpointFolder(folder, step);
  const stateFile = path.join(target, "state.json");
  const { progress, lengths, tensors } = parseState(readPart(stateFile), stateFile, step);
  const file = path.join(target, "tensors.safetensors");
  const bytes = readPart(file);
  if (bytes.length !== tensors.bytes) {
    throw new KvtError("checkpoint", `${file} is cut off: expected ${tensors.bytes} bytes, got ${bytes.length}`);
  }
  const found = sha256(bytes);
  if (found !== tensors.sha256) throw changed(file, tensors.sha256, found);
  return { file, progress, lengths, tensors: readSafetensors(bytes, file) };
}

function parseState(bytes: Uint8Array, file: string, step: number): StateDocument {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new KvtError("checkpoint", `${file} is broken: expected JSON, got ${bytes.length} bytes of something else`);
  }
  const { checksum, ...document } = value as StateDocument & { readonly checksum: unknown };
  const found = checksumOf(document);
  if (typeof checksum !== "string" || checksum !== found) throw changed(file, String(checksum), found);
  if (document.format !== CHECKPOINT_FORMAT || document.progress.step !== step) {
    const got = `"${document.format}" of step ${document.progress.step}`;
    throw new KvtError("checkpoint", `${file}: expected "${CHECKPOINT_FORMAT}" of step ${step}, got ${got}`);
  }
  return document;
}

const checksumOf = (document: object): string => sha256(new TextEncoder().encode(JSON.stringify(document)));

function changed(file: string, expected: string, found: string): KvtError {
  const [want, got] = [expected.slice(0, 12), found.slice(0, 12)];
  return new KvtError("checkpoint", `${file} was changed or damaged: expected checksum ${want}…, got ${got}…`);
}

function readPart(file: string): Uint8Array {
  try {
    return fs.readFileSync(file);
  } catch (cause) {
    if (errorCode(cause) === "ENOENT")
      throw new KvtError("checkpoint", `${file} is missing: expected a file`, { cause });
    return onDisk("read", file, () => {
      throw cause;
    });
  }
}

function checkpointFolder(folder: string, step: number): string {
  return path.join(folder, "checkpoints", String(step).padStart(8, "0"));
}
