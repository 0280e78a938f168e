import fs from "node:fs";
import path from "node:path";
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { isRecord } from "../../record.ts";
import type { RunEvent } from "../../train/events.ts";
import type { CellOutcome, EngineRequest } from "../cell-engine.ts";
import type { Cell } from "../cell.ts";
import { failureOf } from "../train-cell.ts";
import { hasWeights, placedResult, placeRun } from "./collect.ts";
import type { Warn } from "./connection.ts";
import { cellIdOf, type CellJob, type CellProgress, jobId, keys, readFailure, readJob } from "./jobs.ts";
import { fetchResult, sourceOf } from "./result.ts";

const AT_ONCE = 500;
const COLLECTED_SECONDS = 86_400;
/** Every so many times, jobs that are neither done nor running are looked for: Redis may have lost them. */
const LOOK_FOR_LOST = 10;

/** The cells of one command on the queue. What it knows of them it asks the queue for, so it may die at any moment. */
export class Coordinator {
  readonly #request: EngineRequest;
  readonly #queue: Queue;
  readonly #client: Redis;
  readonly #weights: boolean;
  readonly #warn: Warn;
  /** by the names of their jobs */
  readonly #pending: Map<string, Cell>;
  /** number of the last report that was shown, and how the run began that it was of */
  readonly #shown = new Map<string, { readonly n: number; readonly began: string }>();
  #turn = 0;

  constructor(
    request: EngineRequest,
    queue: Queue,
    client: Redis,
    { weights, warn }: { weights: boolean; warn: Warn },
  ) {
    this.#request = request;
    this.#queue = queue;
    this.#client = client;
    this.#weights = weights;
    this.#warn = warn;
    this.#pending = new Map(request.cells.map((cell) => [jobId(cell.id), cell]));
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Brings the cells into the queue that are not there yet. A failed one is tried anew. */
  async enqueue(): Promise<void> {
    const { completed, failed } = await this.#ended();
    for (const job of failed) if (this.#pending.has(job)) await this.#remove(job);
    for (const job of completed) if (!this.#pending.has(job)) await this.#removeCollected(job);
    await this.#add([...this.#pending.values()]);
  }

  /** Takes what happened since the last time: results, failures, progress. */
  async news(): Promise<void> {
    const { completed, failed } = await this.#ended();
    for (const [job, cell] of this.#pending) {
      if (completed.has(job)) await this.#collect(job, cell);
      else if (failed.has(job)) await this.#fail(job, cell);
    }
    for (const job of await this.#client.lrange(this.#queue.toKey("active"), 0, -1)) {
      const cell = this.#pending.get(job);
      if (cell !== undefined) await this.#show(job, cell);
    }
    if (this.#turn++ % LOOK_FOR_LOST === LOOK_FOR_LOST - 1) await this.#findLost();
  }

  /** Takes the cells from the queue that no worker has begun. */
  async withdraw(): Promise<void> {
    for (const job of this.#pending.keys()) await this.#queue.remove(job);
  }

  async #ended(): Promise<{ completed: Set<string>; failed: Set<string> }> {
    const jobs = (state: string): Promise<string[]> => this.#client.zrange(this.#queue.toKey(state), "0", "-1");
    const [completed, failed] = await Promise.all([jobs("completed"), jobs("failed")]);
    return { completed: new Set(completed), failed: new Set(failed) };
  }

  async #add(cells: readonly Cell[]): Promise<void> {
    for (let at = 0; at < cells.length; at += AT_ONCE) {
      const some = cells.slice(at, at + AT_ONCE);
      await this.#queue.addBulk(
        some.map(({ id, name, configuration }) => {
          const data: CellJob = { id, name, configuration, weights: this.#weights };
          return { name: "cell", data, opts: { jobId: jobId(id), attempts: 1 } };
        }),
      );
      if (this.#weights) await this.#askForWeights(some);
    }
  }

  /** Jobs that an earlier command without --weights left, which stay as they are when they are added again. */
  async #askForWeights(cells: readonly Cell[]): Promise<void> {
    const pipeline = this.#client.pipeline();
    for (const { id } of cells) pipeline.hget(this.#queue.toKey(jobId(id)), "data");
    for (const reply of (await pipeline.exec()) ?? []) {
      const data = readJob(reply[1] as string | null);
      if (data === null || data.weights) continue;
      const job = await this.#queue.getJob(jobId(data.id));
      await job?.updateData({ ...data, weights: true }).catch((error: unknown) => {
        // Another command removed it just now: it is found to be lost, and added anew.
        if (!(error instanceof Error) || !error.message.startsWith("Missing key for job")) throw error;
      });
    }
  }

  /** The folder is in its place before the queue forgets the result: a kill in between costs nothing. */
  async #collect(job: string, cell: Cell): Promise<void> {
    const folder = this.#request.folderOf(cell);
    const archive = await fetchResult(this.#client, cell.id);
    if (archive === null) {
      const result = placedResult(cell, folder);
      if (result !== null) return this.#settle(job, cell, { kind: "finished", result, already: true });
      // Another command collected it for a store of its own.
      return this.#again(job, cell);
    }
    if (archive === "damaged") {
      this.#warn(`the result of ${cell.name} in the queue is damaged: it is trained again`);
      return this.#again(job, cell);
    }
    let outcome: CellOutcome;
    try {
      const result = await placeRun(archive, cell, folder);
      outcome = result === null ? { kind: "left" } : { kind: "finished", result, already: false };
      if (result !== null) this.#request.onEvent(cell, { kind: "finished", result });
    } catch (error) {
      const failure = failureOf(error);
      // A full disk here concerns all cells, and their results stay in the queue.
      if (failure.kind === "disk") throw error;
      outcome = { kind: "failed", failure };
    }
    return this.#settle(job, cell, outcome);
  }

  async #fail(job: string, cell: Cell): Promise<void> {
    const reason = await this.#client.hget(this.#queue.toKey(job), "failedReason");
    await this.#settle(job, cell, { kind: "failed", failure: readFailure(reason ?? "") });
  }

  async #settle(job: string, cell: Cell, outcome: CellOutcome): Promise<void> {
    this.#pending.delete(job);
    this.#request.onOutcome(cell, outcome);
    if (outcome.kind === "finished") await this.#release(job, cell.name);
    if (outcome.kind !== "left") await this.#remove(job);
  }

  async #again(job: string, cell: Cell): Promise<void> {
    await this.#remove(job);
    await this.#add([cell]);
  }

  async #remove(job: string): Promise<void> {
    await this.#queue.remove(job);
    const id = cellIdOf(job);
    await this.#client.del(keys.result(id), keys.owner(id));
  }

  /** Tells the worker that nobody needs its run any more, unless it alone has weights that this or another command asks for. */
  async #release(job: string, name: string): Promise<void> {
    const id = cellIdOf(job);
    const asked = this.#weights || (await this.#dataOf(job))?.weights === true;
    if (!asked || hasWeights(this.#folderOf(name))) {
      await this.#client.set(keys.collected(id), "1", "EX", COLLECTED_SECONDS);
    } else if (this.#weights) {
      const from = (await sourceOf(this.#client, id)) ?? "the worker that trained it";
      this.#warn(`the weights of ${name} stay on ${from}: its result was packed before they were asked for`);
    }
  }

  async #dataOf(job: string): Promise<CellJob | null> {
    return readJob(await this.#client.hget(this.#queue.toKey(job), "data"));
  }

  /** Where a run lies in the store; all cells of a request lie side by side. */
  #folderOf(name: string): string {
    const [cell] = this.#request.cells;
    return cell === undefined ? name : path.join(path.dirname(this.#request.folderOf(cell)), name);
  }

  /** Removes a result that a command took into this store before it was killed. */
  async #removeCollected(job: string): Promise<void> {
    const data = await this.#dataOf(job);
    if (data === null || !fs.existsSync(path.join(this.#folderOf(data.name), "result.json"))) return;
    await this.#release(job, data.name);
    await this.#remove(job);
  }

  async #show(job: string, cell: Cell): Promise<void> {
    const text = await this.#client.hget(this.#queue.toKey(job), "progress");
    const value: unknown = text === null ? null : JSON.parse(text);
    if (!isRecord(value) || !Array.isArray(value["events"])) return;
    const { n, events } = value as unknown as CellProgress;
    const last = this.#shown.get(job);
    if (last?.n === n) return;
    const began = JSON.stringify(events.find(({ kind }) => kind === "started"));
    this.#shown.set(job, { n, began });
    for (const event of events) {
      if (event.kind !== "started" || began !== last?.began) this.#request.onEvent(cell, event satisfies RunEvent);
    }
  }

  async #findLost(): Promise<void> {
    const jobs = [...this.#pending];
    const pipeline = this.#client.pipeline();
    for (const [job] of jobs) pipeline.exists(this.#queue.toKey(job));
    const found = await pipeline.exec();
    for (const [index, [job, cell]] of jobs.entries()) {
      if (found?.[index]?.[1] !== 0) continue;
      const result = placedResult(cell, this.#request.folderOf(cell));
      if (result === null) await this.#add([cell]);
      else await this.#settle(job, cell, { kind: "finished", result, already: true });
    }
  }
}
