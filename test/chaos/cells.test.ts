import { existsSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import description from "../../package.json" with { type: "json" };
import { queueAddress } from "../../src/study/queue/address.ts";
import { askQueue } from "../../src/study/queue/ask-queue.ts";
import { claimCell, releaseCell } from "../../src/study/queue/claim.ts";
import { sayGone, sayPresent } from "../../src/study/queue/presence.ts";
import { readNewestCheckpoint } from "../../src/train/checkpoint-folder.ts";
import { openRun } from "../../src/train/open-run.ts";
import { readTestedWeights } from "../../src/train/weights.ts";
import { withoutRedis } from "../support/redis.ts";
import { markedFor, requestFor, SOME_SECONDS, tinyCell, until } from "./queue-cells.ts";
import { queueUnderTest } from "./queue-under-test.ts";

const { version } = description;
const skipped = withoutRedis === null ? "" : ` [skipped: ${withoutRedis}]`;

describe.skipIf(withoutRedis !== null)(
  `cells through a queue${skipped}`,
  () => {
    const { kvt, redis, root, startWorker, engine, left } = queueUnderTest();

    test("come back as whole run folders, with progress, and leave in Redis only a mark for a day that they were collected", async () => {
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
      for (const cell of cells) {
        const seconds = await markedFor(redis().url, cell);
        expect(seconds).toBeGreaterThan(86_000);
        expect(seconds).toBeLessThanOrEqual(86_400);
      }
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

    test("are seen in the queue by whoever asks how they stand", async () => {
      const cells = [tinyCell(22, SOME_SECONDS), tinyCell(23), tinyCell(24)] as const;
      const { request, stop, events } = requestFor(cells.slice(0, 2), path.join(root, "asked"));
      const running = engine().run(request);
      const ask = () => askQueue({ address: queueAddress(redis().url), warn: () => undefined }, cells);
      const worker = startWorker("worker-asked");
      await until(() => events.some(([, { kind }]) => kind === "started"));
      const { states, workers } = await ask();
      expect(cells.map(({ id }) => states.get(id)?.kind)).toEqual(["running", "queued", undefined]);
      expect(workers).toEqual([{ host: os.hostname(), version }]);
      stop.abort();
      await running;
      await until(() => worker.ends.length === 1);
      expect([...(await ask()).states]).toEqual([[cells[0].id, { kind: "uncollected" }]]);
      worker.stop.abort();
      await worker.done;
      expect((await ask()).workers).toEqual([]);
      await engine().run(requestFor([cells[0]], path.join(root, "asked")).request);
      expect(await left()).toEqual([]);
    });

    test("are seen as running while a worker trains them whose lock another took over", async () => {
      const cells = [tinyCell(27), tinyCell(28)] as const;
      const { request, stop } = requestFor([cells[0]], path.join(root, "claimed"));
      const running = engine().run(request);
      const client = new Redis(redis().url);
      onTestFinished(() => client.disconnect());
      const claim = (leaseMs: number) =>
        claimCell(client, cells[0].id, { worker: "elsewhere", token: "its own", leaseMs });
      expect(await claim(60_000)).toBe("mine");
      await sayPresent(client, "worker", "older", "0.0.1");
      const worker = startWorker("worker-passed");
      await until(() => worker.ends.includes("passed"));
      worker.stop.abort();
      await worker.done;
      const ask = () => askQueue({ address: queueAddress(redis().url), warn: () => undefined }, cells);
      const { states, workers, otherWorkers } = await ask();
      expect([...states]).toEqual([[cells[0].id, { kind: "running" }]]);
      expect({ workers, otherWorkers }).toEqual({
        workers: [],
        otherWorkers: [{ host: os.hostname(), version: "0.0.1" }],
      });
      expect(await claim(1)).toBe("mine");
      await wait(10);
      expect((await ask()).states.get(cells[0].id)).toEqual({ kind: "queued" });
      const file = path.join(kvt.work, "others.yaml");
      writeFileSync(file, "tasks: [copy]\nattention: [kv]\nseeds: 1\npreset: quick\n");
      const { out, err } = await kvt.run("study", "status", file, "--queue", redis().url);
      expect(out, err).toContain(
        `no worker is there\nof other versions, which take none of these cells: 1 of kvt 0.0.1 (on ${os.hostname()})\n`,
      );
      await sayGone(client, "worker", "older");
      await releaseCell(client, cells[0].id, "elsewhere");
      stop.abort();
      await running;
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

    test("outlive a Redis that is killed and started again, with one warning on each side", async () => {
      const cells = [tinyCell(12, SOME_SECONDS), tinyCell(13)];
      const { request, outcomes, events } = requestFor(cells, path.join(root, "outage"));
      const worker = startWorker("worker-outage", { leaseSeconds: 1 });
      const { run, warnings } = engine();
      const running = run(request);
      await until(() => events.some(([, { kind }]) => kind === "started"));
      await redis().kill();
      // Longer than the lease, and than the rest of the first cell takes.
      await wait(3_000);
      await redis().start();
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
  },
  180_000,
);
