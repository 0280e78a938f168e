import { randomUUID } from "node:crypto";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Job, Worker } from "bullmq";
import { KvtError } from "../../errors.ts";
import { parseConfiguration } from "../../train/configuration.ts";
import { discard } from "../../train/durable.ts";
import { openRun } from "../../train/open-run.ts";
import { runId } from "../identity.ts";
import { memoryRoom } from "../memory-room.ts";
import { formerToken } from "./claim.ts";
import { outlive, type QueueConnection } from "./connection.ts";
import { type CellJob, isName, jobId, keys, readJob } from "./jobs.ts";
import { hasResult, packRun, placeOf, storeResult } from "./result.ts";
import { type Demand, hasRoom } from "./room.ts";
import { Training } from "./training.ts";
import type { WorkerOptions } from "./worker.ts";
import { finishedRuns, type WorkerFolder } from "./worker-folder.ts";

/** How often room is looked for. */
const ROOM_MS = 500;
const CLEAN_MS = 10_000;
const LAST_CLEAN_MS = 1_000;

/** Takes cells one after the other while there is room, and trains them. */
export class CellTaker {
  readonly #worker: Worker<CellJob>;
  readonly #connection: QueueConnection;
  readonly #folder: WorkerFolder;
  readonly #options: WorkerOptions;
  readonly #running = new Map<string, { training: Training; demand: Demand; ended: Promise<void> }>();
  readonly #memory = memoryRoom();
  /** aborted by the user's signal, and by a full disk */
  readonly #stop = new AbortController();
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
    const clean = this.#options.clean === true ? setInterval(() => void this.#clean(), CLEAN_MS) : undefined;
    try {
      await this.#takeCells(stopped);
    } finally {
      clearInterval(clean);
    }
    // Commands collect what was just finished within a second.
    if (clean !== undefined)
      await Promise.race([wait(LAST_CLEAN_MS).then(() => this.#clean()), wait(2 * LAST_CLEAN_MS)]);
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#full !== undefined) throw this.#full;
  }

  async #takeCells(stopped: Promise<undefined>): Promise<void> {
    while (!this.#stop.signal.aborted && this.#broken === undefined && !this.#isIdle()) {
      const room = outlive(this.#connection, () => this.#hasRoom());
      room.catch(() => undefined);
      if ((await Promise.race([room, stopped])) !== true) {
        await Promise.race([...[...this.#running.values()].map(({ ended }) => ended), wait(ROOM_MS), stopped]);
        continue;
      }
      const token = randomUUID();
      const next = outlive(this.#connection, () => this.#worker.getNextJob(token)).then((job) => {
        // One that comes when the worker is leaving goes back, and so does one that is not the one that there was room for.
        if (job === undefined || (!this.#stop.signal.aborted && this.#fits(job.data))) return job;
        // Where its lock was lost meanwhile, the lease frees it.
        return job.moveToWait(token).then(
          () => undefined,
          () => undefined,
        );
      });
      const job = await Promise.race<Job<CellJob> | undefined>([next, stopped]);
      if (job !== undefined) this.#begin(job, token);
      next.catch(() => undefined);
    }
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  /** Room for the next cell of the queue, and memory for as much as a run has needed so far. */
  async #hasRoom(): Promise<boolean> {
    if (this.#running.size === 0) return true;
    if (!this.#memory.isEnough() || !this.#fits(null)) return false;
    const { client } = this.#connection;
    const [next] = await client.lrange(this.#worker.toKey("wait"), -1, -1);
    const job = next === undefined ? null : readJob(await client.hget(this.#worker.toKey(next), "data"));
    return job === null || this.#fits(job);
  }

  /** Whether a cell has room beside those that run. Null stands for one that is not known yet: a thread on the CPU. */
  #fits(job: CellJob | null): boolean {
    if (job !== null && this.#running.has(job.id)) return true;
    const demand: Demand = job?.configuration ?? { device: "cpu", threads: 1 };
    const capacity = { cores: os.availableParallelism(), processes: this.#options.processes };
    return hasRoom(
      [...this.#running.values()].map((one) => one.demand),
      demand,
      capacity,
    );
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
    const { data, leaseSeconds, warn, onTaken, onEnd, process: own } = this.#options;
    const setup = {
      connection: this.#connection,
      jobKey: this.#worker.toKey(jobId(id)),
      worker: this.#folder.id,
      root: this.#folder.root,
      data,
      leaseMs: leaseSeconds * 1000,
      signal: this.#stop.signal,
      onPeak: this.#memory.saw,
      warn,
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
    this.#memory.begun();
    this.#running.set(id, { training, demand: job.data.configuration, ended: train() });
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
      const id = idOf(name);
      const job = readJob(await client.hget(this.#worker.toKey(jobId(id)), "data"));
      if (job === null || (await hasResult(client, id)) || !isRunOf(folder, id)) continue;
      await storeResult(client, id, await packRun(folder, job.weights), placeOf(folder));
    }
  }

  /** Removes the folders of runs that lie in their place elsewhere. An outage only puts it off. */
  async #clean(): Promise<void> {
    const { client, noticed } = this.#connection;
    try {
      for (const name of finishedRuns(this.#folder.root)) {
        const id = idOf(name);
        const isCollected = (await client.exists(keys.collected(id))) === 1;
        // Asked after the answer came: the cell may have been begun again meanwhile, and nothing comes in between now.
        if (isCollected && !this.#running.has(id)) discard(path.join(this.#folder.root, name));
      }
    } catch (error) {
      noticed(error instanceof Error ? error : new Error(String(error)));
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

/** A run folder's name ends with its cell's id. */
const idOf = (name: string): string => name.slice(name.lastIndexOf("-") + 1);

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
