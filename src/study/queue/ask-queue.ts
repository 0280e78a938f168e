import type { CellFailure } from "../cell-engine.ts";
import type { Cell } from "../cell.ts";
import type { QueueAddress } from "./address.ts";
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
  readonly workers: readonly Present[];
}

/** Asks a queue how cells stand, without touching them. Throws `queue` errors. */
export async function askQueue(
  { address, warn, version = ownVersion() }: { address: QueueAddress; warn: Warn; version?: string },
  cells: readonly Cell[],
): Promise<QueueView> {
  const connection = await openConnection(address, warn);
  const { client } = connection;
  try {
    const [active, wait, delayed, completed, failed] = (
      await Promise.all([
        ...["active", "wait"].map((list) => client.lrange(queueKey(version, list), 0, -1)),
        ...["delayed", "completed", "failed"].map((set) => client.zrange(queueKey(version, set), "0", "-1")),
      ])
    ).map((jobs) => new Set(jobs));
    const states = new Map<string, QueuedState>();
    for (const { id } of cells) {
      const job = jobId(id);
      if (active?.has(job)) states.set(id, { kind: "running" });
      else if (wait?.has(job) || delayed?.has(job)) states.set(id, { kind: "queued" });
      else if (completed?.has(job)) states.set(id, { kind: "uncollected" });
      else if (failed?.has(job)) {
        const reason = await client.hget(queueKey(version, job), "failedReason");
        states.set(id, { kind: "failed", failure: readFailure(reason ?? "") });
      }
    }
    return { states, workers: await whoIsPresent(client, "worker") };
  } finally {
    connection.close();
  }
}
