import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Job } from "bullmq";
import { Redis } from "ioredis";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Cell } from "../../src/study/cell.ts";
import { runId } from "../../src/study/identity.ts";
import { jobId, keys, ownVersion, queueKey } from "../../src/study/queue/jobs.ts";
import { storeResult } from "../../src/study/queue/result.ts";
import { openRun } from "../../src/train/open-run.ts";
import { readTestedWeights } from "../../src/train/weights.ts";
import { withoutRedis } from "../support/redis.ts";
import { requestFor, SOME_SECONDS, tinyCell, until } from "./queue-cells.ts";
import { queueUnderTest } from "./queue-under-test.ts";

const skipped = withoutRedis === null ? "" : ` [skipped: ${withoutRedis}]`;

describe.skipIf(withoutRedis !== null)(
  `what a worker alone has${skipped}`,
  () => {
    const { redis, root, startWorker, engine, left } = queueUnderTest();
    afterEach(() => void vi.restoreAllMocks());

    const connect = (): Redis => {
      const client = new Redis(redis().url);
      onTestFinished(() => client.disconnect());
      return client;
    };
    /** Runs a command on a cell without --weights and stops it once the cell is trained. */
    const beginWithout = async (cell: Cell, store: string): Promise<void> => {
      const { request, stop, events } = requestFor([cell], path.join(root, store));
      const running = engine().run(request);
      await until(() => events.some(([, { kind }]) => kind === "started"));
      stop.abort();
      await running;
    };

    test("comes back where a second command asks for weights while the cell is trained", async () => {
      const cell = tinyCell(30, SOME_SECONDS);
      const worker = startWorker("worker-asked", { clean: true });
      await beginWithout(cell, "asked");
      expect(worker.ends).toEqual([]);
      const { request, outcomes } = requestFor([cell], path.join(root, "asked"));
      const { run, warnings } = engine({ weights: true });
      await run(request);
      worker.stop.abort();
      await worker.done;
      expect(outcomes.get(cell.name)?.kind).toBe("finished");
      expect(() => readTestedWeights(openRun(request.folderOf(cell)))).not.toThrow();
      expect(existsSync(path.join(root, "worker-asked", "worker-1", cell.name))).toBe(false);
      expect(warnings).toEqual([]);
    });

    test("stays there where its result was packed before weights were asked for, and the command says so", async () => {
      const cell = tinyCell(31, SOME_SECONDS);
      const first = startWorker("worker-late", { clean: true });
      await beginWithout(cell, "late");
      await until(() => first.ends.length === 1);
      first.stop.abort();
      await first.done;
      const { request, outcomes } = requestFor([cell], path.join(root, "late"));
      const second = startWorker("worker-late", { clean: true, idleSeconds: 1 });
      const { run, warnings } = engine({ weights: true });
      await run(request);
      await second.done;
      expect(outcomes.get(cell.name)?.kind).toBe("finished");
      const own = path.join(root, "worker-late", "worker-1", cell.name);
      expect(() => readTestedWeights(openRun(own))).not.toThrow();
      expect(warnings).toEqual([
        `the weights of ${cell.name} stay on ${os.hostname()}:${own}: its result was packed before they were asked for`,
      ]);
      expect(await connect().exists(keys.collected(cell.id))).toBe(0);
      expect(await left()).toEqual([]);
    });

    test("is not removed while the worker begins the cell for another command", async () => {
      const cell = tinyCell(32);
      let taken = 0;
      let sayTakenAgain: () => void = () => undefined;
      const takenAgain = new Promise<void>((resolve) => (sayTakenAgain = resolve));
      const already: boolean[] = [];
      const worker = startWorker("worker-again", {
        clean: true,
        onTaken: () => void (++taken === 2 && sayTakenAgain()),
        onEnd: (_, end) => void (end.kind === "finished" && already.push(end.outcome.already)),
      });
      await engine().run(requestFor([cell], path.join(root, "first")).request);
      const second = requestFor([cell], path.join(root, "second"));
      // Whether the run was collected is answered, and before the worker reads it the cell comes again.
      const asked = connect();
      let running: Promise<void> | undefined;
      vi.spyOn(Redis.prototype, "exists").mockImplementation(async (...args: unknown[]) => {
        const answer = await asked.call("EXISTS", String(args[0]));
        if (String(args[0]) === keys.collected(cell.id)) {
          running ??= engine().run(second.request);
          await takenAgain;
        }
        return Number(answer);
      });
      await until(() => second.outcomes.size === 1);
      await running;
      vi.restoreAllMocks();
      worker.stop.abort();
      await worker.done;
      expect(already).toEqual([false, true]);
    });

    test("is still marked as collected when its result is sent a second time", async () => {
      const client = connect();
      const archive = Buffer.from("an archive");
      const marked = (): Promise<number> => client.exists(keys.collected("one"));
      await client.set(keys.collected("one"), "1");
      await storeResult(client, "one", archive, "atlas:/run");
      // The mark was of a result before this one.
      expect(await marked()).toBe(0);
      await client.set(keys.collected("one"), "1");
      await storeResult(client, "one", archive, "hera:/run");
      expect(await marked()).toBe(1);
      expect(JSON.parse((await client.hget(keys.result("one"), "about")) ?? "")).toMatchObject({ from: "atlas:/run" });
      expect(await client.ttl(keys.result("one"))).toBe(-1);
      expect(await client.keys("kvt:upload:*")).toEqual([]);
    });

    test.skipIf(os.availableParallelism() < 2)(
      "does not end with a cell that it has no room for and whose lock it lost",
      async () => {
        const wide = { ...tinyCell(34).configuration, threads: os.availableParallelism() };
        const id = runId(wide);
        const cells = [
          tinyCell(33, SOME_SECONDS),
          { ...tinyCell(34), configuration: wide, id, name: `copy-kv-seed34-${id}` },
        ] as const;
        const client = connect();
        const lock = `${queueKey(ownVersion(), jobId(id))}:lock`;
        const { moveToWait } = Job.prototype;
        let lost = 0;
        vi.spyOn(Job.prototype, "moveToWait").mockImplementation(async function (this: Job, token) {
          if (this.id === jobId(id) && lost === 0) lost += await client.del(lock);
          return moveToWait.call(this, token);
        });
        const worker = startWorker("worker-narrow", { processes: undefined, leaseSeconds: 2, idleSeconds: 5 });
        const first = requestFor([cells[0]], path.join(root, "narrow"));
        const running = [engine().run(first.request)];
        await until(() => first.events.some(([, { kind }]) => kind === "started"));
        const second = requestFor([cells[1]], path.join(root, "narrow"));
        running.push(engine().run(second.request));
        await Promise.race([Promise.all(running), worker.done]);
        await Promise.all(running);
        await worker.done;
        expect(lost).toBe(1);
        expect([first, second].map(({ outcomes }) => [...outcomes.values()].map(({ kind }) => kind))).toEqual([
          ["finished"],
          ["finished"],
        ]);
      },
    );
  },
  180_000,
);
