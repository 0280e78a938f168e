import { existsSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { random } from "../../src/random.ts";
import { builtKvt } from "../support/built.ts";
import { startRedis, withoutRedis } from "../support/redis.ts";
import { restartable } from "./processes.ts";
import { cellsOf, expectSameStudy, quickStudy } from "./quick-study.ts";

const KILLS = Number(process.env["KVT_CHAOS_KILLS"] ?? 50);
const SEED = Number(process.env["KVT_CHAOS_SEED"] ?? 1);
const SEEDS_OF_STUDY = 2;
const WORKERS = ["one", "two"] as const;
const LEASE_SECONDS = 15;

const skipped = withoutRedis === null ? "" : ` [skipped: ${withoutRedis}]`;

describe.skipIf(withoutRedis !== null)(`studies through a queue, under ${KILLS} kills${skipped}`, () => {
  const kvt = builtKvt();
  const folderOf = (name: string): string => path.join(kvt.work, name);

  test("lose no finished run, run none twice, and give the reports of studies left in peace", async () => {
    const redis = await startRedis();
    const env = { ...process.env, KVT_QUEUE: redis.url, KVT_DATA: "", NO_COLOR: "1" };
    const command = (...words: string[]) =>
      restartable(process.execPath, [path.join(kvt.work, "../bin/kvt.js"), ...words], env);
    const workers = WORKERS.map((name) =>
      command("worker", "--processes", "1", "--out", folderOf(name), "--lease", `${LEASE_SECONDS}`),
    );
    const studies: string[] = [];
    /** Runs a study of new cells; the same command goes on with it after each kill. */
    const begin = () => {
      const name = `study-${studies.length + 1}`;
      const seeds = Array.from({ length: SEEDS_OF_STUDY }, (_, i) => studies.length * SEEDS_OF_STUDY + i + 1);
      writeFileSync(folderOf(`${name}.json`), JSON.stringify(quickStudy(seeds)));
      studies.push(name);
      const started = command(
        "study",
        "run",
        folderOf(`${name}.json`),
        "--out",
        folderOf("store"),
        "--weights",
        "--queue",
      );
      started.start();
      return started;
    };
    const { uniform, integer } = random(SEED, "chaos");
    const kills = { redis: 0, coordinator: 0, worker: 0 };
    for (const worker of workers) worker.start();
    let coordinator = begin();
    const expectDone = (): void => expect(coordinator.exitCode(), coordinator.said()).toBe(0);
    try {
      for (let n = 0; n < KILLS; n++) {
        await wait(200 + uniform() * 2_300);
        if (!coordinator.isRunning()) {
          expectDone();
          coordinator = begin();
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
      for (const end = Date.now() + 180_000; coordinator.isRunning(); await wait(100)) {
        if (Date.now() > end) throw new Error(`the study is not done: ${coordinator.said()}`);
      }
      expectDone();
    } finally {
      await coordinator.kill();
      for (const worker of workers) await worker.kill("SIGTERM");
      await redis.close();
    }
    for (const { said } of workers) expect(said()).not.toMatch(/internal|\n +at /);

    for (const name of studies) {
      const { code, err } = await kvt.run("study", "run", folderOf(`${name}.json`), "--out", folderOf("peace"));
      expect(code, err).toBe(0);
      expectSameStudy(name, folderOf("store"), folderOf("peace"));
    }
    const cells = studies.flatMap((name) => cellsOf(folderOf("peace"), name));
    expect(WORKERS.flatMap((name) => finishedIn(folderOf(name))).toSorted()).toEqual(cells.toSorted());
    console.log(
      `${KILLS} kills (seed ${SEED}): ${JSON.stringify(kills)}; ${studies.length} studies, ${cells.length} cells`,
    );
  }, 600_000);
});

/** Names of the finished runs of a worker, over all folders that it had. */
function finishedIn(out: string): string[] {
  return readdirSync(out).flatMap((slot) =>
    readdirSync(path.join(out, slot)).filter((name) => existsSync(path.join(out, slot, name, "result.json"))),
  );
}
