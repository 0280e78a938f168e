import { KvtError } from "./errors.ts";

const FULL = new Set(["ENOSPC", "EDQUOT"]);
const FORBIDDEN = new Set(["EROFS", "EACCES", "EPERM"]);

/** What the operating system calls an error, such as "ENOENT"; undefined for an error that is not its own. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

type Access = "read" | "write";

/** Does `action` and turns what the operating system says about `place` into a `disk` error. */
export function onDisk<T>(access: Access, place: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw diskError(access, place, cause);
  }
}

/** The same for an action that is under way. */
export async function untilOnDisk<T>(access: Access, place: string, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (cause) {
    throw diskError(access, place, cause);
  }
}

/** The `disk` error of a failed access; `cause` itself when the operating system has no part in it. */
export function diskError(access: Access, place: string, cause: unknown): unknown {
  const code = errorCode(cause);
  if (code === undefined || cause instanceof KvtError) return cause;
  const error = (reason: string, hint?: string): KvtError =>
    new KvtError("disk", `cannot ${access} ${place}: ${reason}`, { ...(hint === undefined ? {} : { hint }), cause });
  if (FULL.has(code)) return error(`the disk is full (${code})`, moreSpace);
  if (FORBIDDEN.has(code)) {
    return access === "write"
      ? error(`its folder is read-only (${code})`, elsewhere)
      : error(`reading it is not allowed (${code})`, "Check its permissions.");
  }
  return error(cause instanceof Error ? cause.message : String(cause), access === "write" ? elsewhere : undefined);
}

const moreSpace = "Free some space, then repeat the command or resume the run: what was kept before is not lost.";
const elsewhere = "Name another folder (--out for runs, --data or KVT_CACHE for data sets), or make this one writable.";
