import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Cell } from "../../src/study/cell.ts";
import { runId } from "../../src/study/identity.ts";
import { checkpointSteps, readNewestCheckpoint } from "../../src/train/checkpoint-folder.ts";
import { ended } from "../support/built.ts";
import { openRun } from "../../src/train/open-run.ts";
import { withoutRedis } from "../support/redis.ts";
import { requestFor, SOME_SECONDS, tinyCell, until } from "./queue-cells.ts";
import { queueUnderTest } from "./queue-under-test.ts";

const skipped = withoutRedis === null ? "" : ` [skipped: ${withoutRedis}]`;

describe.skipIf(withoutRedis !== null)(
  `cells on a worker${skipped}`,
  () => {
    const { kvt, redis, root, startWorker, engine } = queueUnderTest();

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

    test("are trained anew on a worker whose folders were damaged, which puts these aside and says so", async () => {
      const some = ["data.trainSize=12800", "train.epochs=5"];
      const cells = [tinyCell(18, some), tinyCell(19, some)];
      const { request, outcomes, events } = requestFor(cells, path.join(root, "mended"));
      const running = engine().run(request);
      const first = startWorker("worker-damaged", { processes: 2 });
      const hasBegun = (cell: Cell): boolean =>
        events.some(([name, { kind }]) => name === cell.name && kind === "step");
      await until(() => cells.every(hasBegun));
      first.stop.abort();
      await first.done;
      const own = path.join(root, "worker-damaged", "worker-1");
      const [broken, cut] = cells.map(({ name }) => path.join(own, name)) as [string, string];
      writeFileSync(path.join(broken, "run.json"), "{");
      const steps = checkpointSteps(cut);
      expect(steps.length).toBeGreaterThan(0);
      for (const name of readdirSync(path.join(cut, "checkpoints"))) {
        truncateSync(path.join(cut, "checkpoints", name, "tensors.safetensors"), 100);
      }
      const second = startWorker("worker-damaged", { processes: 2 });
      await running;
      second.stop.abort();
      await second.done;
      expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(["finished", "finished"]);
      const aside = (folder: string): string => path.join(own, "damaged", `${path.basename(folder)}-1`);
      expect(second.warnings).toHaveLength(2);
      expect(second.warnings).toContain(
        `${broken}/run.json is broken: expected a JSON object, got 1 characters of something else: the folder was put aside to ${aside(broken)}, and the cell is trained anew`,
      );
      expect(second.warnings.join("\n")).toMatch(
        /tensors\.safetensors is cut off: expected \d+ bytes, got 100: the folder/,
      );
      expect(readFileSync(path.join(aside(broken), "run.json"), "utf8")).toBe("{");
      expect(checkpointSteps(aside(cut))).toEqual(steps);
    });

    test("leave nothing there once they are collected where the worker is to clean, and only then", async () => {
      const cells = [tinyCell(25), tinyCell(26, SOME_SECONDS)] as const;
      const own = path.join(root, "worker-clean", "worker-1");
      const has = (cell: Cell): boolean => existsSync(path.join(own, cell.name));
      const { request } = requestFor([cells[0]], path.join(root, "clean"));
      const worker = startWorker("worker-clean", { clean: true });
      await engine().run(request);
      const { request: left, stop, events } = requestFor([cells[1]], path.join(root, "clean"));
      const running = engine().run(left);
      await until(() => events.some(([, { kind }]) => kind === "started"));
      stop.abort();
      await running;
      await until(() => worker.ends.length === 2);
      worker.stop.abort();
      await worker.done;
      // The command was stopped before it could collect the second one.
      expect(cells.map(has)).toEqual([false, true]);
      const again = startWorker("worker-clean", { clean: true, idleSeconds: 1 });
      await engine().run(requestFor([cells[1]], path.join(root, "clean")).request);
      await again.done;
      expect(has(cells[1])).toBe(false);
      expect(cells.map((cell) => openRun(request.folderOf(cell)).result !== null)).toEqual([true, true]);
    });

    test("that take all cores are trained one at a time", async () => {
      const cells = [20, 21].map((seed) => {
        const cell = tinyCell(seed);
        const configuration = { ...cell.configuration, threads: os.availableParallelism() };
        const id = runId(configuration);
        return { ...cell, configuration, id, name: `copy-kv-seed${seed}-${id}` };
      });
      const { request, outcomes } = requestFor(cells, path.join(root, "wide"));
      const said: string[] = [];
      const worker = startWorker("worker-wide", {
        processes: undefined,
        idleSeconds: 2,
        onTaken: (name) => said.push(`${name} begun`),
        onEnd: (name, end) => said.push(`${name} ${end.kind}`),
      });
      await engine().run(request);
      await worker.done;
      expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(["finished", "finished"]);
      expect(said).toEqual(cells.flatMap(({ name }) => [`${name} begun`, `${name} finished`]));
    });

    test("of a worker that was killed are taken by another after the lease", async () => {
      const cell = tinyCell(11, SOME_SECONDS);
      const { request, outcomes, events } = requestFor([cell], path.join(root, "killed"));
      const running = engine().run(request);
      const killed = kvt.start("worker", "--queue", redis().url, "--processes", "1", "--lease", "2", "--out", "killed");
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

    test("are trained by the command line, which leaves an empty queue or on Ctrl-C", async () => {
      const { request, outcomes } = requestFor([tinyCell(17)], path.join(root, "verb"));
      const worker = kvt.run("worker", "--queue", redis().url, "--out", "verb", "--idle", "3", "--json");
      await engine().run(request);
      expect([...outcomes.values()]).toMatchObject([{ kind: "finished", already: false }]);
      const { code, out, err } = await worker;
      expect(code, err).toBe(0);
      expect(JSON.parse(out)).toEqual({ finished: 1, failed: 0, returned: 0 });
      expect(err).toMatch(/^copy-kv-seed17-[0-9a-f]{12}: token accuracy [\d.]+ in [\d.]+ s$/m);
      const waiting = kvt.start("worker", "--queue", redis().url, "--out", "verb");
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
  180_000,
);
