import { setTimeout as wait } from "node:timers/promises";
import type { QueueAddress } from "./address.ts";
import { CellTaker } from "./cell-taker.ts";
import { libraryOptions, openConnection, type QueueConnection, type Warn } from "./connection.ts";
import { type CellJob, ownVersion, queueName } from "./jobs.ts";
import { otherVersions, PRESENCE_MS, sayGone, sayPresent, whoIsPresent } from "./presence.ts";
import type { TrainingEnd } from "./training.ts";
import { takeWorkerFolder } from "./worker-folder.ts";

export interface WorkerOptions {
  readonly address: QueueAddress;
  /** where the worker's run folders lie */
  readonly out: string;
  readonly data: string | undefined;
  /** the most cells at the same time; without it, as many as the cores have room for */
  readonly processes?: number | undefined;
  /** how long a worker that is not heard of keeps its cells */
  readonly leaseSeconds: number;
  /** leaves when the queue was empty for so long; null: never */
  readonly idleSeconds: number | null;
  /** removes run folders, with their weights, once a coordinator has collected the runs */
  readonly clean?: boolean;
  readonly signal: AbortSignal;
  readonly warn: Warn;
  /** connected, and ready for cells */
  readonly onReady?: () => void;
  readonly onTaken: (name: string) => void;
  readonly onEnd: (name: string, end: TrainingEnd) => void;
  /** tests have their own */
  readonly version?: string;
  readonly process?: URL;
}

/** A cell whose workers vanish so often is taken to be the reason. */
const MOST_VANISHED = 10;
const POLL_SECONDS = 1;

/**
 * Takes cells from a queue and trains each in a process of its own, until the signal, or until the queue is empty. Cells
 * that it had when it was killed are gone on with first. Throws a `disk` error once a full disk made it give a cell back.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const folder = takeWorkerFolder(options.out);
  try {
    const connection = await openConnection(options.address, options.warn);
    const version = options.version ?? ownVersion();
    options.onReady?.();
    const presence = showPresence(connection, folder.id, version, options.warn);
    try {
      const { Worker: QueueWorker } = await import("bullmq");
      const worker = new QueueWorker<CellJob>(queueName(version), null, {
        ...libraryOptions(connection),
        name: folder.id,
        autorun: false,
        drainDelay: POLL_SECONDS,
        lockDuration: options.leaseSeconds * 1000,
        stalledInterval: (options.leaseSeconds * 1000) / 4,
        maxStalledCount: MOST_VANISHED,
      });
      worker.on("error", connection.noticed);
      try {
        await new CellTaker(worker, connection, folder, options).work();
      } finally {
        await worker.close(true);
      }
    } finally {
      clearInterval(presence);
      await Promise.race([sayGone(connection.client, "worker", folder.id), wait(1_000)]).catch(() => undefined);
      connection.close();
    }
  } finally {
    folder.release();
  }
}

/** Shows that the worker is there, and tells once of coordinators of another version. */
function showPresence({ client, noticed }: QueueConnection, id: string, version: string, warn: Warn): NodeJS.Timeout {
  let told = false;
  const turn = async (): Promise<void> => {
    await sayPresent(client, "worker", id, version);
    const present = await whoIsPresent(client, "coordinator");
    const others = otherVersions(present, version);
    if (told || others === null || present.some((one) => one.version === version)) return;
    told = true;
    warn(`there are cells for other versions of kvt, ${others}: this worker takes those of ${version}`);
  };
  const run = (): void => void turn().catch((error: unknown) => noticed(error instanceof Error ? error : new Error()));
  run();
  return setInterval(run, PRESENCE_MS);
}
