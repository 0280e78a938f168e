import { randomUUID } from "node:crypto";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Job, Worker } from "bullmq";
import { KvtError } from "../../errors.ts";
import { parseConfiguration } from "../../train/configuration.ts";
import { openRun } from "../../train/open-run.ts";
import { runId } from "../identity.ts";
import { formerToken } from "./claim.ts";
import type { QueueAddress } from "./address.ts";
import { libraryOptions, openConnection, outlive, type QueueConnection, type Warn } from "./connection.ts";
import { type CellJob, isName, jobId, ownVersion, queueName } from "./jobs.ts";
import { otherVersions, PRESENCE_MS, sayGone, sayPresent, whoIsPresent } from "./presence.ts";
import { hasResult, packRun, storeResult } from "./result.ts";
import { Training, type TrainingEnd } from "./training.ts";
import { finishedRuns, takeWorkerFolder, type WorkerFolder } from "./worker-folder.ts";

export interface WorkerOptions {
  readonly address: QueueAddress;
  /** where the worker's run folders lie */
  readonly out: string;
  readonly data: string | undefined;
  /** cells at the same time */
  readonly processes: number;
  /** how long a worker that is not heard of keeps its cells */
  readonly leaseSeconds: number;
  /** leaves when the queue was empty for so long; null: never */
  readonly idleSeconds: number | null;
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

/** What a run is taken to need before any was seen. */
const FIRST_BYTES = 500 * 2 ** 20;
const MEMORY_CHECK_MS = 500;
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

class CellTaker {
  readonly #worker: Worker<CellJob>;
  readonly #connection: QueueConnection;
  readonly #folder: WorkerFolder;
  readonly #options: WorkerOptions;
  readonly #running = new Map<string, { training: Training; ended: Promise<void> }>();
  /** aborted by the user's signal, and by a full disk */
  readonly #stop = new AbortController();
  #peak = FIRST_BYTES;
  #full: KvtError | undefined;
  #broken: Error | undefined;
  #busy = performance.now();

  constructor(worker: Worker<CellJob>, connection: QueueConnection, folder: WorkerFolder, options: WorkerOptions) {
    this.#worker = worker;
    this.#connection = connection;
    this.#folder = folder;
    this.#options = options;
    const { signal } = options;
    signal.addEventListener("abort", () => this.#stop.abort(), { once: true });
    if (signal.aborted) this.#stop.abort();
  }

  async work(): Promise<void> {
    const stopped = new Promise<undefined>((resolve) => {
      this.#stop.signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    await Promise.race([outlive(this.#connection, () => this.#deliver()), stopped]);
    await Promise.race([outlive(this.#connection, () => this.#adopt()), stopped]);
    void this.#worker.startStalledCheckTimer();
    while (!this.#stop.signal.aborted && this.#broken === undefined && !this.#isIdle()) {
      if (!this.#hasRoom()) {
        await Promise.race([...[...this.#running.values()].map(({ ended }) => ended), wait(MEMORY_CHECK_MS), stopped]);
        continue;
      }
      const token = randomUUID();
      const next = outlive(this.#connection, () => this.#worker.getNextJob(token)).then((job) => {
        // One that comes when the worker is leaving goes back.
        if (job !== undefined && this.#stop.signal.aborted) return job.moveToWait(token).then(() => undefined);
        return job;
      });
      const job = await Promise.race<Job<CellJob> | undefined>([next, stopped]);
      if (job !== undefined) this.#begin(job, token);
      next.catch(() => undefined);
    }
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#full !== undefined) throw this.#full;
  }

  /** Room for another cell: a process, and memory for as much as a run has needed so far. */
  #hasRoom(): boolean {
    const { size } = this.#running;
    return size === 0 || (size < this.#options.processes && process.availableMemory() >= this.#peak);
  }

  #isIdle(): boolean {
    const { idleSeconds } = this.#options;
    if (this.#running.size > 0) this.#busy = performance.now();
    return idleSeconds !== null && performance.now() - this.#busy >= idleSeconds * 1000;
  }

  #begin(job: Job<CellJob>, token: string): void {
    this.#busy = performance.now();
    const { name, id } = job.data;
    const running = this.#running.get(id);
    if (running !== undefined) return running.training.renew(job, token);
    const { data, leaseSeconds, onTaken, onEnd, process: own } = this.#options;
    const setup = {
      connection: this.#connection,
      worker: this.#folder.id,
      root: this.#folder.root,
      data,
      leaseMs: leaseSeconds * 1000,
      signal: this.#stop.signal,
      onPeak: (bytes: number) => (this.#peak = Math.max(this.#peak, bytes)),
      process: own,
    };
    const training = new Training(setup, job, token);
    const train = async (): Promise<void> => {
      try {
        checkJob(job);
        onTaken(name);
        const end = await training.run();
        if (end.kind === "disk") this.#fill(end.failure.message, end.failure.hint);
        onEnd(name, end);
      } catch (error) {
        this.#broken ??= error instanceof Error ? error : new Error(String(error));
        this.#stop.abort();
      } finally {
        this.#running.delete(id);
      }
    };
    this.#running.set(id, { training, ended: train() });
  }

  #fill(message: string, hint: string | undefined): void {
    this.#full ??= new KvtError(
      "disk",
      `${message}; its cells went back to the queue`,
      hint === undefined ? {} : { hint },
    );
    this.#stop.abort();
  }

  /** Brings runs to the queue that were finished when this worker was killed, for cells that somebody waits for. */
  async #deliver(): Promise<void> {
    const { client } = this.#connection;
    for (const name of finishedRuns(this.#folder.root)) {
      const folder = path.join(this.#folder.root, name);
      const id = name.slice(name.lastIndexOf("-") + 1);
      const text = await client.hget(this.#worker.toKey(jobId(id)), "data");
      if (text === null || (await hasResult(client, id)) || !isRunOf(folder, id)) continue;
      await storeResult(client, id, await packRun(folder, (JSON.parse(text) as CellJob).weights));
    }
  }

  /** Goes on with the cells that this worker had when it was killed, where their locks still hold. */
  async #adopt(): Promise<void> {
    const { client } = this.#connection;
    for (const active of await client.lrange(this.#worker.toKey("active"), 0, -1)) {
      const { Job: JobOf } = await import("bullmq");
      const job = await JobOf.fromId<CellJob>(this.#worker, active);
      if (job === undefined) continue;
      const token = await formerToken(client, job.data.id, this.#folder.id);
      if (token === null || (await job.extendLock(token, this.#options.leaseSeconds * 1000)) !== 1) continue;
      this.#begin(job, token);
    }
  }
}

/** Whether a folder holds the run that its name says; one that cannot be read is told when its cell is taken. */
function isRunOf(folder: string, id: string): boolean {
  try {
    return runId(openRun(folder).configuration) === id;
  } catch {
    return false;
  }
}

/** Throws for a job that kvt did not make: nothing of it may become a path. */
function checkJob({ data, id }: Job<CellJob>): void {
  const { configuration, name } = data;
  const parsed = parseConfiguration({ ...configuration }, `job ${id}`);
  if (isName(name) && runId(parsed) === data.id && jobId(data.id) === id && name.endsWith(`-${data.id}`)) return;
  throw new KvtError("queue", `job ${id} is not of this kvt: expected a cell's name and configuration, got ${name}`);
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
