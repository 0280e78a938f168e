import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { CellEngine, EngineRequest } from "../cell-engine.ts";
import type { QueueAddress } from "./address.ts";
import { libraryOptions, openConnection, outlive, type QueueConnection, type Warn } from "./connection.ts";
import { Coordinator } from "./coordinator.ts";
import { ownVersion, queueName } from "./jobs.ts";
import { otherVersions, PRESENCE_MS, sayGone, sayPresent, whoIsPresent } from "./presence.ts";

export interface QueueEngineOptions {
  readonly address: QueueAddress;
  /** brings the trained weights and the last checkpoint back too */
  readonly weights?: boolean | undefined;
  /** told what is no failure: a lost connection, no worker, workers of another version */
  readonly warn: Warn;
  /** tests have their own */
  readonly version?: string;
}

/** How often the queue is asked for news. */
const NEWS_MS = 500;
/** How long a command that is stopped waits for a queue that does not answer. */
const FAREWELL_MS = 3_000;

/**
 * Lets workers on any machine run the cells, through a queue in Redis. It waits for them, also where none is there yet,
 * and puts the run folders that come back into their place. When it is stopped, cells that no worker has begun leave the
 * queue; those that are running go on, and the same command collects them. Throws `queue` errors when it begins, and
 * `disk` errors; it outlives restarts of Redis.
 */
export function queueEngine({
  address,
  weights = false,
  warn,
  version = ownVersion(),
}: QueueEngineOptions): CellEngine {
  return {
    async run(request) {
      if (request.cells.length === 0) return;
      const connection = await openConnection(address, warn);
      const id = randomUUID();
      try {
        await coordinate(request, connection, { weights, warn, version, id });
      } finally {
        await Promise.race([sayGone(connection.client, "coordinator", id), wait(FAREWELL_MS)]).catch(() => undefined);
        connection.close();
      }
    },
  };
}

interface Setup {
  readonly weights: boolean;
  readonly warn: Warn;
  readonly version: string;
  readonly id: string;
}

async function coordinate(request: EngineRequest, connection: QueueConnection, setup: Setup): Promise<void> {
  const { Queue } = await import("bullmq");
  const queue = new Queue(queueName(setup.version), { ...libraryOptions(connection) });
  queue.on("error", connection.noticed);
  const { signal } = request;
  const coordinator = new Coordinator(request, queue, connection.client, setup);
  const watch = watchWorkers(connection, setup);
  try {
    await untilAborted(
      outlive(connection, () => coordinator.enqueue()),
      signal,
    );
    while (!signal.aborted && coordinator.pending > 0) {
      await untilAborted(
        outlive(connection, () => coordinator.news()),
        signal,
      );
      if (coordinator.pending > 0) await wait(NEWS_MS, undefined, { signal }).catch(() => undefined);
    }
    if (signal.aborted) await Promise.race([coordinator.withdraw(), wait(FAREWELL_MS)]);
  } finally {
    clearInterval(watch);
    await Promise.race([queue.close().catch(() => undefined), wait(FAREWELL_MS)]);
  }
}

/** Waits for work that a queue which is away would hold up for ever, but no longer than until the signal. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return void work.catch(() => undefined);
  const stop = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true, signal: stop.signal });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    stop.abort();
    work.catch(() => undefined);
  }
}

/** Shows that a coordinator is there, and tells once where no worker of its version is. */
function watchWorkers({ client, noticed }: QueueConnection, { warn, version, id }: Setup): NodeJS.Timeout {
  let [told, checks] = [false, 0];
  const look = async (): Promise<void> => {
    await sayPresent(client, "coordinator", id, version);
    if (checks++ === 0 || told) return;
    const present = await whoIsPresent(client, "worker");
    if (present.some((worker) => worker.version === version)) return;
    told = true;
    const others = otherVersions(present, version);
    warn(
      others === null
        ? 'no worker is there yet: start some with "kvt worker --queue …"'
        : `no worker of kvt ${version} is there, only ${others}: expected the version of this command`,
    );
  };
  const turn = (): void => void look().catch((error: unknown) => noticed(error instanceof Error ? error : new Error()));
  turn();
  return setInterval(turn, PRESENCE_MS);
}
