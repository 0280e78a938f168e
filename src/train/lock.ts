import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { errorCode, onDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import { discard, writeDurably } from "./durable.ts";

/** Who holds a run folder. `started` tells a process from a later one that was given the same number. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly started: string;
}

/** The right to write to a run folder: one process at a time. */
export interface Lock {
  release(): void;
}

const lockFile = (folder: string): string => path.join(folder, "lock");

/**
 * Takes the lock of a run folder, also over from a process that died without giving it back. Throws a `run` error
 * while another process holds it, and a `disk` error when the folder cannot be written.
 */
export function acquireLock(folder: string): Lock {
  const file = lockFile(folder);
  const mine = `${file}.${process.pid}`;
  writeDurably(mine, new TextEncoder().encode(JSON.stringify(self())));
  try {
    // A hard link appears in one step with its content, and fails when the name is taken.
    while (!link(mine, file)) takeOver(folder);
  } finally {
    discard(mine);
  }
  let held = true;
  const beat = setInterval(() => touch(file), HEARTBEAT_MS).unref();
  return {
    release() {
      clearInterval(beat);
      if (held) discard(file);
      held = false;
    },
  };
}

/** Whether a living process writes to the run folder. */
export function isLocked(folder: string): boolean {
  const file = lockFile(folder);
  const owner = readOwner(file);
  return owner !== null && isAlive(owner, file);
}

/** How often the owner of a lock shows that it lives. */
const HEARTBEAT_MS = 20_000;
/**
 * A lock of another machine that was not touched for so long is nobody's: longer than the clocks of machines that share
 * a folder differ, and than one training step takes.
 */
const LEASE_MS = 300_000;

function touch(file: string): void {
  try {
    const now = new Date();
    fs.utimesSync(file, now, now);
  } catch {
    // A lock that someone deleted, or a disk that is gone: the run's own writes will tell.
  }
}

function link(from: string, to: string): boolean {
  return onDisk("write", to, () => {
    try {
      fs.linkSync(from, to);
      return true;
    } catch (error) {
      if (errorCode(error) === "EEXIST") return false;
      throw error;
    }
  });
}

/** Removes the lock of a dead process, or throws. */
function takeOver(folder: string): void {
  const file = lockFile(folder);
  const owner = readOwner(file);
  if (owner !== null && isAlive(owner, file)) throw inUse(folder, owner);
  const aside = `${file}.stale.${process.pid}`;
  try {
    fs.renameSync(file, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  // Between reading and renaming, another process may have taken the lock over: give it back.
  const moved = readOwner(aside);
  const stolen = moved !== null && isAlive(moved, aside);
  if (stolen) link(aside, file);
  discard(aside);
  if (stolen) throw inUse(folder, moved);
}

/** Who holds the lock of a folder; null where nobody does, or it cannot be read. */
export const lockOwner = (folder: string): Owner | null => readOwner(lockFile(folder));

const IN_USE = "is in use by process";

function inUse(folder: string, { pid, host }: Owner): KvtError {
  return new KvtError("run", `the run ${folder} ${IN_USE} ${pid} on ${host}: expected a run that is not running`, {
    hint: `Stop that process, or delete ${lockFile(folder)} if it is no kvt.`,
  });
}

/**
 * Whether an error is that of a lock which another process held, of `folder` or of any. Told by its text: it comes from
 * processes that train, from other machines and from files of failures.
 */
export const isInUse = ({ kind, message }: { kind: string | null; message: string }, folder?: string): boolean =>
  kind === "run" && message.includes(folder === undefined ? ` ${IN_USE} ` : `the run ${folder} ${IN_USE} `);

function readOwner(file: string): Owner | null {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(file, "utf8"));
    if (typeof value !== "object" || value === null) return null;
    if (!("pid" in value && "host" in value && "started" in value)) return null;
    return { pid: Number(value.pid), host: String(value.host), started: String(value.started) };
  } catch {
    return null;
  }
}

function self(): Owner {
  return { pid: process.pid, host: os.hostname(), started: startOf(process.pid) };
}

/** On another host only the age of its lock tells. */
function isAlive({ pid, host, started }: Owner, file: string): boolean {
  if (host !== os.hostname()) {
    const touched = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    return touched !== undefined && Date.now() - touched < LEASE_MS;
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== "EPERM") return false;
  }
  return startOf(pid) === started;
}

/** How long a process that lost its parent takes at most to finish its step and write its checkpoint. */
const ENDING_MS = 10_000;

/** Waits while the process that holds a run folder is ending: it takes a moment to notice that its parent was killed. */
export async function untilUnlocked(folder: string): Promise<void> {
  const end = performance.now() + ENDING_MS;
  while (isLocked(folder) && performance.now() < end) await wait(100);
}

/** When a process was started, as Linux counts it, or "" elsewhere: numbers are used again after a restart. */
function startOf(pid: number): string {
  try {
    const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // Fields follow the command in parentheses, which may hold spaces: the state is the first, the start the 20th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended; only its parent has not asked for its exit code yet, and may never do so.
    return /[ZX]/.test(fields[0] ?? "") ? "ended" : `${boot}/${fields[19] ?? ""}`;
  } catch {
    return "";
  }
}
