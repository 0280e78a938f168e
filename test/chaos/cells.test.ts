import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queueAddress } from "../../src/study/queue/address.ts";
import { queueEngine, type QueueEngineOptions } from "../../src/study/queue/queue-engine.ts";
import { runWorker, type WorkerOptions } from "../../src/study/queue/worker.ts";
import description from "../../package.json" with { type: "json" };
import { readNewestCheckpoint } from "../../src/train/checkpoint-folder.ts";
import { openRun } from "../../src/train/open-run.ts";
import { readTestedWeights } from "../../src/train/weights.ts";
import { builtKvt, ended } from "../support/built.ts";
import { type RedisServer, startRedis, withoutRedis } from "../support/redis.ts";
import { keptIn, requestFor, SOME_SECONDS, tinyCell, until } from "./queue-cells.ts";

const { version } = description;
// Checkpoints are brought to the disk one by one, which in memory takes no time.
const inMemory = existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();
const skipped = withoutRedis === null ? "" : ` [skipped: ${withoutRedis}]`;

describe.skipIf(withoutRedis !== null)(
  `cells through a queue${skipped}`,
  () => {
    const kvt = builtKvt();
    let redis: RedisServer;
    let root: string;
    beforeAll(async () => {
      redis = await startRedis();
      root = mkdtempSync(path.join(inMemory, "kvt-queue-"));
    });
    afterAll(async () => {
      await redis.close();
      rmSync(root, { recursive: true, force: true });
    });

    function startWorker(out: string, more: Partial<WorkerOptions> = {}) {
      const stop = new AbortController();
      const warnings: string[] = [];
      const ends: string[] = [];
      const done = runWorker({
        address: queueAddress(redis.url),
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
    }

    const engine = (more: Partial<QueueEngineOptions> = {}) => {
      const warnings: string[] = [];
      const made = queueEngine({
        address: queueAddress(redis.url),
        warn: (message) => warnings.push(message),
        ...more,
      });
      return { ...made, warnings };
    };

    const left = () => keptIn(redis.url);

    test("come back as whole run folders, with progress, and leave nothing in Redis", async () => {
      const cells = [tinyCell(1, SOME_SECONDS), tinyCell(2), tinyCell(1, [], "qkv")];
      const { request, outcomes, events } = requestFor(cells, path.join(root, "store"));
      const worker = startWorker("worker");
      const { run, warnings } = engine();
      await run(request);
      worker.stop.abort();
      await worker.done;
      expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(["finished", "finished", "finished"]);
      for (const cell of cells) {
        const folder = request.folderOf(cell);
        expect(openRun(folder).result?.test).toBeTypeOf("number");
        expect(openRun(folder).configuration).toEqual(cell.configuration);
        expect(existsSync(path.join(folder, "weights.safetensors"))).toBe(false);
        const own = path.join(root, "worker", "worker-1", cell.name, "metrics.jsonl");
        expect(readFileSync(path.join(folder, "metrics.jsonl"))).toEqual(readFileSync(own));
      }
      const steps = events.flatMap(([name, event]) =>
        name === cells[0]?.name && event.kind === "step" ? [event] : [],
      );
      expect(steps.length).toBeGreaterThan(0);
      expect(events.filter(([, { kind }]) => kind === "finished")).toHaveLength(3);
      expect([...warnings, ...worker.warnings]).toEqual([]);
      expect(worker.ends).toEqual(["finished", "finished", "finished"]);
      expect(await left()).toEqual([]);
    });

    test("bring their weights and last checkpoint where these are asked for", async () => {
      const cell = tinyCell(3);
      const { request } = requestFor([cell], path.join(root, "weights"));
      const worker = startWorker("worker-weights", { idleSeconds: 2 });
      await engine({ weights: true }).run(request);
      await worker.done;
      const folder = request.folderOf(cell);
      expect(() => readTestedWeights(openRun(folder))).not.toThrow();
      expect(readNewestCheckpoint(folder)).not.toBeNull();
    });

    test("fail with the worker's error and machine, and are tried anew by the next command", async () => {
      const cell = tinyCell(4, ["train.rate=1e30", "train.clip=0", "train.schedule=constant"]);
      const worker = startWorker("worker-failures");
      for (const store of ["failed", "failed-again"]) {
        const { request, outcomes } = requestFor([cell, tinyCell(5)], path.join(root, store));
        await engine().run(request);
        expect(outcomes.get(cell.name)).toMatchObject({
          kind: "failed",
          failure: {
            kind: "training",
            message: expect.stringContaining("the loss is not finite") as string,
            host: os.hostname(),
          },
        });
        expect([...outcomes.values()].map(({ kind }) => kind).toSorted()).toEqual(["failed", "finished"]);
      }
      worker.stop.abort();
      await worker.done;
      expect(worker.ends).toEqual(["failed", "finished", "failed", "finished"]);
      expect(await left()).toEqual([]);
    });

    test("go on without their coordinator, and the next one collects them", async () => {
      const cells = [tinyCell(6, SOME_SECONDS), tinyCell(7, SOME_SECONDS)];
      const store = path.join(root, "left-alone");
      const first = requestFor(cells, store);
      const running = engine().run(first.request);
      const worker = startWorker("worker-alone", { processes: 2 });
      await until(() => first.events.some(([, { kind }]) => kind === "started"));
      first.stop.abort();
      await running;
      await until(() => worker.ends.length === 2);
      worker.stop.abort();
      await worker.done;
      const missing = cells.filter((cell) => !existsSync(first.request.folderOf(cell)));
      expect(missing.length).toBeGreaterThan(0);
      const second = requestFor(missing, store);
      await engine().run(second.request);
      expect([...second.outcomes.values()].map(({ kind }) => kind)).toEqual(missing.map(() => "finished"));
      expect(await left()).toEqual([]);
    });

    test("leave the queue when the command is stopped before a worker took them", async () => {
      const { request, stop, outcomes } = requestFor([tinyCell(8), tinyCell(9)], path.join(root, "stopped"));
      const running = engine().run(request);
      await until(async () => (await left()).length === 2);
      stop.abort();
      await running;
      expect(outcomes.size).toBe(0);
      expect(await left()).toEqual([]);
    });

    test("go back to the queue with a checkpoint when their worker is stopped, and are gone on with there", async () => {
      const cell = tinyCell(10, SOME_SECONDS);
      const { request, outcomes, events } = requestFor([cell], path.join(root, "resumed"));
      const running = engine().run(request);
      const first = startWorker("worker-stopped");
      await until(() => events.some(([, { kind }]) => kind === "started"));
      first.stop.abort();
      await first.done;
      expect(first.ends).toEqual(["returned"]);
      const own = path.join(root, "worker-stopped", "worker-1", cell.name);
      expect(readNewestCheckpoint(own)).not.toBeNull();
      const second = startWorker("worker-stopped", { idleSeconds: 1 });
      await running;
      await second.done;
      expect(outcomes.get(cell.name)?.kind).toBe("finished");
      expect(events.some(([, event]) => event.kind === "started" && event.step > 0)).toBe(true);
    });

    test("of a worker that was killed are taken by another after the lease", async () => {
      const cell = tinyCell(11, SOME_SECONDS);
      const { request, outcomes, events } = requestFor([cell], path.join(root, "killed"));
      const running = engine().run(request);
      const killed = kvt.start("worker", "--queue", redis.url, "--processes", "1", "--lease", "2", "--out", "killed");
      await until(() => events.some(([, { kind }]) => kind === "started"));
      killed.kill("SIGKILL");
      const other = startWorker("worker-other", { leaseSeconds: 2 });
      await running;
      other.stop.abort();
      await other.done;
      expect(outcomes.get(cell.name)?.kind).toBe("finished");
      expect(other.ends).toContain("finished");
      expect(existsSync(path.join(kvt.work, "killed", "worker-1", cell.name, "result.json"))).toBe(false);
    });

    test("outlive a Redis that is killed and started again, with one warning on each side", async () => {
      const cells = [tinyCell(12, SOME_SECONDS), tinyCell(13)];
      const { request, outcomes, events } = requestFor(cells, path.join(root, "outage"));
      const worker = startWorker("worker-outage", { leaseSeconds: 1 });
      const { run, warnings } = engine();
      const running = run(request);
      await until(() => events.some(([, { kind }]) => kind === "started"));
      await redis.kill();
      // Longer than the lease, and than the rest of the first cell takes.
      await wait(3_000);
      await redis.start();
      await running;
      worker.stop.abort();
      await worker.done;
      expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(["finished", "finished"]);
      expect(worker.ends.filter((kind) => kind === "finished")).toHaveLength(2);
      for (const told of [warnings, worker.warnings]) {
        expect(told).toEqual([
          expect.stringMatching(
            /^lost the connection to the queue redis:\/\/127\.0\.0\.1:\d+.*: trying again until it is back$/,
          ),
          expect.stringMatching(/^connected to the queue redis:\/\/127\.0\.0\.1:\d+ again$/),
        ]);
      }
    });

    test("go back to the queue from a worker whose disk is full, which takes no more", async ({ skip }) => {
      const disk = path.join(root, "disk");
      mkdirSync(disk);
      if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).status !== 0) {
        return skip("this user may not mount a file system");
      }
      const cell = tinyCell(14);
      const { request, outcomes } = requestFor([cell], path.join(root, "disk-store"));
      const running = engine().run(request);
      try {
        const full = startWorker("disk");
        await expect(full.done).rejects.toMatchObject({
          kind: "disk",
          message: expect.stringContaining("full") as string,
        });
        expect(full.ends).toEqual(["disk"]);
      } finally {
        spawnSync("umount", [disk]);
      }
      const other = startWorker("worker-with-room", { idleSeconds: 2 });
      await running;
      await other.done;
      expect(outcomes.get(cell.name)?.kind).toBe("finished");
    });

    test("wait for a worker of their version, and both sides say so", async () => {
      const { request, stop } = requestFor([tinyCell(15)], path.join(root, "versions"));
      const { run, warnings } = engine({ version: "9.9.9" });
      const worker = startWorker("worker-version");
      const running = run(request);
      await until(() => warnings.length > 0 && worker.warnings.length > 0, 20_000);
      stop.abort();
      worker.stop.abort();
      await Promise.all([running, worker.done]);
      const host = os.hostname();
      expect(warnings).toEqual([
        `no worker of kvt 9.9.9 is there, only 1 of kvt ${version} (on ${host}): expected the version of this command`,
      ]);
      expect(worker.warnings).toEqual([
        `there are cells for other versions of kvt, 1 of kvt 9.9.9 (on ${host}): this worker takes those of ${version}`,
      ]);
      expect(worker.ends).toEqual([]);
    });

    test("say that no worker is there", async () => {
      const { request, stop } = requestFor([tinyCell(16)], path.join(root, "nobody"));
      const { run, warnings } = engine();
      const running = run(request);
      await until(() => warnings.length > 0, 20_000);
      stop.abort();
      await running;
      expect(warnings).toEqual(['no worker is there yet: start some with "kvt worker --queue …"']);
    });

    test("are trained by the command line, which leaves an empty queue or on Ctrl-C", async () => {
      const { request, outcomes } = requestFor([tinyCell(17)], path.join(root, "verb"));
      const worker = kvt.run("worker", "--queue", redis.url, "--out", "verb", "--idle", "3", "--json");
      await engine().run(request);
      expect([...outcomes.values()]).toMatchObject([{ kind: "finished", already: false }]);
      const { code, out, err } = await worker;
      expect(code, err).toBe(0);
      expect(JSON.parse(out)).toEqual({ finished: 1, failed: 0, returned: 0 });
      expect(err).toMatch(/^copy-kv-seed17-[0-9a-f]{12}: token accuracy [\d.]+ in [\d.]+ s$/m);
      const waiting = kvt.start("worker", "--queue", redis.url, "--out", "verb");
      const end = ended(waiting);
      await new Promise((resolve) => waiting.stderr?.once("data", resolve));
      await wait(1_500);
      waiting.kill("SIGINT");
      expect(await end).toMatchObject({
        code: 130,
        err: expect.stringContaining("interrupted: 0 cells finished") as string,
      });
    });
  },
  60_000,
);
