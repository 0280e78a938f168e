import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Job } from "bullmq";
import type { CellFailure, CellOutcome } from "../cell-engine.ts";
import { isLocked } from "../../train/lock.ts";
import { isDamage, putAside } from "../damaged.ts";
import { trainCell } from "../train-cell.ts";
import { claimCell, releaseCell } from "./claim.ts";
import { outlive, type QueueConnection, type Warn } from "./connection.ts";
import { type CellJob, failureText, readFailure, readJob } from "./jobs.ts";
import { createReporter } from "./reporter.ts";
import { packRun, placeOf, storeResult } from "./result.ts";

export interface TrainingSetup {
  readonly connection: QueueConnection;
  /** of the job, in Redis */
  readonly jobKey: string;
  /** of this worker */
  readonly worker: string;
  /** folder of its run folders */
  readonly root: string;
  readonly data: string | undefined;
  readonly leaseMs: number;
  readonly onPeak: (bytes: number) => void;
  /** told what is no failure: a damaged folder that was put aside */
  readonly warn: Warn;
  /** aborted: the run writes a checkpoint and goes back to the queue */
  readonly signal: AbortSignal;
  /** the file that a training process runs; tests have their own */
  readonly process?: URL | undefined;
}

/** What became of a job that this worker took. */
export type TrainingEnd =
  | { readonly kind: "finished"; readonly outcome: Extract<CellOutcome, { kind: "finished" }> }
  | { readonly kind: "failed"; readonly failure: CellFailure }
  /** the cell waits for whoever takes it next */
  | { readonly kind: "returned" }
  /** another worker has it, or had finished it */
  | { readonly kind: "passed" }
  /** the worker's disk is full: the cell waits for another, and this one should take no more */
  | { readonly kind: "disk"; readonly failure: CellFailure };

/** How long a cell that another worker trains is not offered again. */
const OFFER_AGAIN_MS = 1_000;
/** How long a worker that is stopped waits for a queue that does not answer; what it leaves then, the lease frees. */
const FAREWELL_MS = 10_000;
/** How long a cell is waited for that another process of this machine holds, such as one that is just ending. */
const BUSY_MS = 500;

/** One cell on this worker, from the job that brought it to the result in the queue. */
export class Training {
  readonly #setup: TrainingSetup;
  #job: Job<CellJob>;
  #token: string;

  constructor(setup: TrainingSetup, job: Job<CellJob>, token: string) {
    this.#setup = setup;
    this.#job = job;
    this.#token = token;
  }

  /** The queue gave the cell out again, for it heard nothing of this worker for a lease: its new lock is taken over. */
  renew(job: Job<CellJob>, token: string): void {
    [this.#job, this.#token] = [job, token];
  }

  async run(): Promise<TrainingEnd> {
    const claim = await outlive(this.#setup.connection, () => this.#claim());
    if (claim === "finished") return this.#complete();
    if (claim === "taken") {
      await this.#job.moveToDelayed(Date.now() + OFFER_AGAIN_MS, this.#token).catch(() => undefined);
      return { kind: "passed" };
    }
    const deferred = this.#job.deferredFailure;
    if (deferred !== undefined && deferred !== "") return this.#fail(deferred);
    return this.#end(await this.#train());
  }

  async #train(): Promise<CellOutcome | "lost"> {
    const { signal, root, data, onPeak, leaseMs, process } = this.#setup;
    const { name, configuration } = this.#job.data;
    const reporter = createReporter(() => this.#job, { n: Date.now() });
    const stop = new AbortController();
    const forward = (): void => stop.abort();
    signal.addEventListener("abort", forward, { once: true });
    if (signal.aborted) forward();
    let [lost, retried] = [false, false];
    const renewal = setInterval(() => {
      void this.#renewal().then((kept) => {
        if (kept) return;
        lost = true;
        stop.abort();
      });
    }, leaseMs / 3);
    try {
      for (;;) {
        const request = { configuration, folder: path.join(root, name), data, onEvent: reporter.onEvent };
        const outcome = await trainCell(request, {
          signal: stop.signal,
          onPeak,
          ...(process === undefined ? {} : { worker: process }),
        });
        if (outcome.kind === "failed" && !retried && this.#putAside(outcome.failure)) {
          retried = true;
          continue;
        }
        if (outcome.kind !== "left" || stop.signal.aborted) return lost && outcome.kind === "left" ? "lost" : outcome;
        await wait(BUSY_MS);
      }
    } finally {
      clearInterval(renewal);
      reporter.close();
      signal.removeEventListener("abort", forward);
    }
  }

  /**
   * Puts a folder aside that cannot be read or gone on with: here nobody would do it by hand before the cell is tried
   * again. False where the failure has another reason.
   */
  #putAside(failure: CellFailure): boolean {
    const { root, warn } = this.#setup;
    const { name } = this.#job.data;
    const folder = path.join(root, name);
    if (!isDamage(failure) || isLocked(folder)) return false;
    const aside = putAside(folder, root);
    if (aside === null) return false;
    warn(`${failure.message}: the folder was put aside to ${aside}, and the cell is trained anew`);
    return true;
  }

  async #end(outcome: CellOutcome | "lost"): Promise<TrainingEnd> {
    if (outcome === "lost") return { kind: "passed" };
    if (outcome.kind === "left") return this.#giveBack({ kind: "returned" });
    if (outcome.kind === "failed") {
      const { failure } = outcome;
      return failure.kind === "disk" ? this.#giveBack({ kind: "disk", failure }) : this.#fail(failureText(failure));
    }
    const { root, connection } = this.#setup;
    const { id, name } = this.#job.data;
    const folder = path.join(root, name);
    const archive = await packRun(folder, await this.#wantsWeights());
    // Before the job is done, so that whoever finds a job done finds its result too.
    await this.#unlessStopped(outlive(connection, () => storeResult(connection.client, id, archive, placeOf(folder))));
    return this.#complete(outcome);
  }

  /** Whether the weights are asked for, now: a command may have begun to ask for them while the cell was trained. */
  async #wantsWeights(): Promise<boolean> {
    const { connection, jobKey } = this.#setup;
    let { weights } = this.#job.data;
    const ask = async (): Promise<void> => {
      weights = readJob(await connection.client.hget(jobKey, "data"))?.weights ?? weights;
    };
    await this.#unlessStopped(outlive(connection, ask));
    return weights;
  }

  /** Renews the lock and the claim; false where the cell is another's by now. An outage is no reason to stop. */
  async #renewal(): Promise<boolean> {
    try {
      await this.#job.extendLock(this.#token, this.#setup.leaseMs);
      return (await this.#claim()) === "mine";
    } catch (error) {
      this.#setup.connection.noticed(error instanceof Error ? error : new Error(String(error)));
      return true;
    }
  }

  #claim() {
    const { connection, worker, leaseMs } = this.#setup;
    return claimCell(connection.client, this.#job.data.id, { worker, token: this.#token, leaseMs });
  }

  async #complete(outcome?: Extract<CellOutcome, { kind: "finished" }>): Promise<TrainingEnd> {
    // Without the lock it is not this worker's to say; whoever takes the job next finds the result.
    await this.#unlessStopped(this.#job.moveToCompleted("", this.#token, false).catch(() => undefined));
    return outcome === undefined ? { kind: "passed" } : { kind: "finished", outcome };
  }

  async #fail(reason: string): Promise<TrainingEnd> {
    await this.#unlessStopped(this.#job.moveToFailed(new Error(reason), this.#token, false).catch(() => undefined));
    return { kind: "failed", failure: readFailure(reason) };
  }

  async #giveBack(end: TrainingEnd): Promise<TrainingEnd> {
    const { connection, worker } = this.#setup;
    await this.#unlessStopped(
      releaseCell(connection.client, this.#job.data.id, worker)
        .then(() => this.#job.moveToWait(this.#token))
        .catch(() => undefined),
    );
    return end;
  }

  /** Waits for the queue as long as it takes, but not for ever once the worker is to stop. */
  async #unlessStopped(work: Promise<unknown>): Promise<void> {
    const { signal } = this.#setup;
    const stop = new AbortController();
    const stopped = new Promise<void>((resolve) => {
      const leave = (): void => void wait(FAREWELL_MS, undefined, { signal: stop.signal }).then(resolve, resolve);
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave, { once: true, signal: stop.signal });
    });
    await Promise.race([work, stopped]).finally(() => stop.abort());
  }
}
