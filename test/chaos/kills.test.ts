import { mkdirSync, readdirSync, readFileSync, existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { random } from "../../src/random.ts";
import type { Cell } from "../../src/study/cell.ts";
import { runPool } from "../../src/study/pool.ts";
import { trainCell } from "../../src/study/train-cell.ts";
import { builtKvt } from "../support/built.ts";
import { startRedis, withoutRedis } from "../support/redis.ts";
import { tinyCell } from "./queue-cells.ts";
import { restartable } from "./processes.ts";

const KILLS = Number(process.env["KVT_CHAOS_KILLS"] ?? 50);
const SEED = Number(process.env["KVT_CHAOS_SEED"] ?? 1);
/** Cells of one study; when it is complete before all kills are done, the next begins. */
const CELLS = 12;
const WORKERS = ["one", "two"] as const;
const LEASE_SECONDS = 15;

const skipped = withoutRedis === null ? "" : ` [skipped: ${withoutRedis}]`;

describe.skipIf(withoutRedis !== null)(`a queue under ${KILLS} kills${skipped}`, () => {
  const kvt = builtKvt();

  test("loses no finished run, runs none twice, and gives the results of cells that were left in peace", async () => {
    const dist = path.join(kvt.work, "../dist");
    const redis = await startRedis();
    const env = { ...process.env, KVT_QUEUE: redis.url, KVT_DATA: "", NO_COLOR: "1" };
    const folderOf = (name: string): string => path.join(kvt.work, name);
    const workers = WORKERS.map((name) => {
      const words = ["worker", "--processes", "1", "--out", folderOf(name), "--lease", `${LEASE_SECONDS}`];
      return restartable(process.execPath, [path.join(kvt.work, "../bin/kvt.js"), ...words], env);
    });
    const cellsFile = folderOf("cells.json");
    const script = path.join(import.meta.dirname, "coordinator.js");
    const coordinator = restartable(process.execPath, [script, dist, cellsFile, folderOf("store"), redis.url], env);
    const everything: Cell[] = [];
    const begin = (): void => {
      const cells = Array.from({ length: CELLS }, (_, n) =>
        tinyCell(everything.length + n, ["train.epochs=10"], n % 2 === 0 ? "kv" : "qkv"),
      );
      everything.push(...cells);
      writeFileSync(cellsFile, JSON.stringify(cells));
      coordinator.start();
    };
    const { uniform, integer } = random(SEED, "chaos");
    const kills = { coordinator: 0, worker: 0, redis: 0 };
    try {
      for (const worker of workers) worker.start();
      begin();
      for (let n = 0; n < KILLS; n++) {
        await wait(200 + uniform() * 2_300);
        if (!coordinator.isRunning()) {
          expect(coordinator.exitCode(), coordinator.said()).toBe(0);
          begin();
          await wait(uniform() * 2_000);
        }
        const pause = uniform() * 1_000;
        const victim = integer(4);
        if (victim === 0) {
          await redis.kill();
          await wait(pause);
          await redis.start();
        } else {
          const target = victim === 1 ? coordinator : workers[victim - 2];
          await target?.kill();
          await wait(pause);
          target?.start();
        }
        kills[victim === 0 ? "redis" : victim === 1 ? "coordinator" : "worker"]++;
      }
      for (const end = Date.now() + 120_000; coordinator.isRunning(); await wait(100)) {
        if (Date.now() > end) throw new Error(`the study is not done: ${coordinator.said()}`);
      }
      expect(coordinator.exitCode(), coordinator.said()).toBe(0);
    } finally {
      await coordinator.kill();
      for (const worker of workers) await worker.kill("SIGTERM");
      await redis.close();
    }
    const ran = WORKERS.flatMap((name) => finishedIn(folderOf(name)));
    expect(ran.toSorted()).toEqual(everything.map(({ name }) => name).toSorted());
    await expectUndisturbed(everything, folderOf("store"), dist);
    console.log(`${KILLS} kills (seed ${SEED}): ${JSON.stringify(kills)}; ${everything.length} cells`);
    for (const { said } of workers) expect(said()).not.toMatch(/internal|\n +at /);
  }, 600_000);

  async function expectUndisturbed(cells: readonly Cell[], store: string, dist: string): Promise<void> {
    const peace = path.join(kvt.work, "peace");
    mkdirSync(peace);
    const worker = pathToFileURL(path.join(dist, "train/worker.js"));
    await runPool(cells, 2, ({ name, configuration }) =>
      trainCell(
        { configuration, folder: path.join(peace, name), data: undefined, onEvent: () => undefined },
        { worker },
      ),
    );
    for (const { name } of cells) {
      const [here, there] = [path.join(store, "cells", name), path.join(peace, name)];
      expect(numbersOf(here), name).toEqual(numbersOf(there));
      const metrics = (folder: string) => readFileSync(path.join(folder, "metrics.jsonl"), "utf8");
      expect(metrics(here), name).toBe(metrics(there));
    }
  }
});

function numbersOf(folder: string) {
  const { test, loss, validation, steps } = JSON.parse(
    readFileSync(path.join(folder, "result.json"), "utf8"),
  ) as Record<string, unknown>;
  return { test, loss, validation, steps };
}

/** Names of the finished runs of a worker, over all folders that it had. */
function finishedIn(out: string): string[] {
  return readdirSync(out).flatMap((slot) =>
    readdirSync(path.join(out, slot)).filter((name) => existsSync(path.join(out, slot, name, "result.json"))),
  );
}
