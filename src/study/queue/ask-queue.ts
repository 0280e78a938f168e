import type { CellFailure } from "../cell-engine.ts";
import type { Cell } from "../cell.ts";
import type { QueueAddress } from "./address.ts";
import { trainedCells } from "./claim.ts";
import { openConnection, type Warn } from "./connection.ts";
import { jobId, ownVersion, queueKey, readFailure } from "./jobs.ts";
import { type Present, whoIsPresent } from "./presence.ts";

/** How a cell stands in the queue. */
export type QueuedState =
  | { readonly kind: "running" }
  /** no worker has begun it */
  | { readonly kind: "queued" }
  /** a worker has finished it, and its command has not collected it yet */
  | { readonly kind: "uncollected" }
  | { readonly kind: "failed"; readonly failure: CellFailure };

export interface QueueView {
  /** by the cells' ids; cells that are not in the queue have none */
  readonly states: ReadonlyMap<string, QueuedState>;
  /** of this version of kvt, which train its cells */
  readonly workers: readonly Present[];
  /** of other versions, which take none of its cells */
  readonly otherWorkers: readonly Present[];
}

/** Asks a queue how cells stand, without touching them. Throws `queue` errors. */
export async function askQueue(
  { address, warn, version = ownVersion() }: { address: QueueAddress; warn: Warn; version?: string },
  cells: readonly Cell[],
): Promise<QueueView> {
  const connection = await openConnection(address, warn);
  const { client } = connection;
  try {
    // At one moment: a job that moves from one to another would be in none.
    const lists = client.multi();
    for (const list of ["active", "wait"]) lists.lrange(queueKey(version, list), 0, -1);
    for (const set of ["delayed", "completed", "failed"]) lists.zrange(queueKey(version, set), "0", "-1");
    const replies = (await lists.exec()) ?? [];
    const [active, wait, delayed, completed, failed] = replies.map(([, jobs]) => new Set(jobs as string[]));
    const isOpen = (job: string): boolean => wait?.has(job) === true || delayed?.has(job) === true;
    const open = cells.map(({ id }) => id).filter((id) => isOpen(jobId(id)));
    // After an outage the queue offers cells to others that their worker still trains.
    const trained = await trainedCells(client, open);
    const states = new Map<string, QueuedState>();
    for (const { id } of cells) {
      const job = jobId(id);
      if (active?.has(job) || trained.has(id)) states.set(id, { kind: "running" });
      else if (isOpen(job)) states.set(id, { kind: "queued" });
      else if (completed?.has(job)) states.set(id, { kind: "uncollected" });
      else if (failed?.has(job)) {
        const reason = await client.hget(queueKey(version, job), "failedReason");
        // A command that tries it anew may have removed it just now.
        if (reason !== null) states.set(id, { kind: "failed", failure: readFailure(reason) });
      }
    }
    const present = await whoIsPresent(client, "worker");
    const isOwn = (worker: Present): boolean => worker.version === version;
    return { states, workers: present.filter(isOwn), otherWorkers: present.filter((worker) => !isOwn(worker)) };
  } finally {
    connection.close();
  }
}
