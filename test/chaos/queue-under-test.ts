import { existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { queueAddress } from "../../src/study/queue/address.ts";
import { queueEngine, type QueueEngineOptions } from "../../src/study/queue/queue-engine.ts";
import { runWorker, type WorkerOptions } from "../../src/study/queue/worker.ts";
import { builtKvt } from "../support/built.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { keptIn } from "./queue-cells.ts";

// Checkpoints are brought to the disk one by one, which in memory takes no time.
const inMemory = existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();

/** A Redis of a test file's own, with workers and commands on it. Called once, at the top of the file's tests. */
export function queueUnderTest() {
  const kvt = builtKvt();
  const root = mkdtempSync(path.join(inMemory, "kvt-queue-"));
  let server: RedisServer | undefined;
  const redis = (): RedisServer => {
    if (server === undefined) throw new Error("Redis is there only while tests run");
    return server;
  };
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server?.close();
    rmSync(root, { recursive: true, force: true });
  });

  return {
    kvt,
    root,
    redis,
    /** names of what Redis keeps of cells */
    left: () => keptIn(redis().url),
    startWorker(out: string, more: Partial<WorkerOptions> = {}) {
      const stop = new AbortController();
      onTestFinished(() => stop.abort());
      const warnings: string[] = [];
      const ends: string[] = [];
      const done = runWorker({
        address: queueAddress(redis().url),
        out: path.join(root, out),
        data: undefined,
        processes: 1,
        leaseSeconds: 10,
        idleSeconds: null,
        signal: stop.signal,
        warn: (message) => warnings.push(message),
        process: pathToFileURL(path.join(kvt.work, "../dist/train/worker.js")),
        onTaken: () => undefined,
        onEnd: (_, end) => ends.push(end.kind),
        ...more,
      });
      return { stop, done, warnings, ends };
    },
    engine(more: Partial<QueueEngineOptions> = {}) {
      const warnings: string[] = [];
      const made = queueEngine({
        address: queueAddress(redis().url),
        warn: (message) => warnings.push(message),
        ...more,
      });
      return { ...made, warnings };
    },
  };
}
