import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { onDisk } from "../../disk.ts";
import { KvtError } from "../../errors.ts";
import { makeFolder } from "../../folder.ts";
import { jsonBytes, replaceFile } from "../../train/durable.ts";
import { readJson } from "../../train/json-file.ts";
import { acquireLock, isLocked } from "../../train/lock.ts";

/** A worker's own folder, which it finds again when it is started again. */
export interface WorkerFolder {
  /** of the worker, in the queue */
  readonly id: string;
  /** of its run folders */
  readonly root: string;
  release(): void;
}

/** Takes the first of the folders `worker-1`, `worker-2` … below `out` that no living worker has. */
export function takeWorkerFolder(out: string): WorkerFolder {
  for (let n = 1; ; n++) {
    const root = path.join(out, `worker-${n}`);
    makeFolder(root);
    try {
      const lock = acquireLock(root);
      const file = path.join(root, "worker.json");
      const known = readJson(file)?.["id"];
      const id = typeof known === "string" ? known : randomUUID();
      if (id !== known) replaceFile(file, jsonBytes({ id }));
      return { id, root, release: lock.release };
    } catch (error) {
      if (!(error instanceof KvtError) || error.kind !== "run" || !isLocked(root)) throw error;
    }
  }
}

/** Names of the run folders in a worker's folder whose run is finished. */
export function finishedRuns(root: string): string[] {
  const names = onDisk("read", root, () => fs.readdirSync(root));
  return names.filter((name) => fs.existsSync(path.join(root, name, "result.json")));
}
