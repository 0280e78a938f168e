import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { builtKvt, ended } from "../support/built.ts";
import { freePort, type RedisServer, startRedis, withoutRedis } from "../support/redis.ts";
import { keptIn, until } from "./queue-cells.ts";
import { expectSameStudy, quickStudy } from "./quick-study.ts";

const skipped = withoutRedis === null ? "" : ` [skipped: ${withoutRedis}]`;
const PASSWORD = "open-sesame";

describe.skipIf(withoutRedis !== null)(`kvt study run --queue${skipped}`, () => {
  const { work, run, start } = builtKvt();
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis("--requirepass", PASSWORD);
    writeFileSync(path.join(work, "study.json"), JSON.stringify(quickStudy([1])));
  });
  afterAll(() => redis.close());

  const addressWith = (password: string): string => redis.url.replace("//", `//:${password}@`);
  const study = (out: string, ...words: string[]) =>
    run("study", "run", "study.json", "--out", out, "--json", ...words);

  test("finds through workers what is found here, once, and tells nobody the password", async () => {
    const words = ["--weights", "--queue", addressWith(PASSWORD)];
    const coordinator = study("store", ...words);
    await until(async () => (await keptIn(addressWith(PASSWORD))).length === 4);
    vi.stubEnv("KVT_QUEUE", addressWith(PASSWORD));
    const worker = run("worker", "--idle", "2", "--json");
    vi.unstubAllEnvs();
    const [first, there] = await Promise.all([coordinator, worker]);
    expect(first.code, first.err).toBe(0);
    const report = path.join("store", "studies", "study", "report.html");
    expect(JSON.parse(first.out)).toEqual({ planned: 4, ran: 4, skipped: 0, failed: 0, left: 0, report });
    expect(existsSync(path.join(work, report))).toBe(true);
    expect(there.code, there.err).toBe(0);
    expect(JSON.parse(there.out)).toEqual({ finished: 4, failed: 0, returned: 0 });

    const again = await study("store", ...words);
    expect(again.code, again.err).toBe(0);
    expect(JSON.parse(again.out)).toEqual({ planned: 4, ran: 0, skipped: 4, failed: 0, left: 0, report });

    const here = await study("peace");
    expect(here.code, here.err).toBe(0);
    expectSameStudy("study", path.join(work, "store"), path.join(work, "peace"));

    for (const { out, err } of [first, there, again]) expect(out + err).not.toContain(PASSWORD);
    const kept = ["store", "runs-worker"].flatMap((name) => filesIn(path.join(work, name)));
    expect(kept.length).toBeGreaterThan(50);
    expect(kept.filter((file) => readFileSync(file).includes(PASSWORD))).toEqual([]);
  }, 120_000);

  test("makes its report where it was killed while it wrote it", async () => {
    rmSync(path.join(work, "store", "studies"), { recursive: true });
    for (const pause of [0, 400, 1_200]) {
      const killed = start("study", "run", "study.json", "--out", "store", "--queue", addressWith(PASSWORD));
      const end = ended(killed);
      let said = "";
      killed.stderr?.on("data", (text: string) => (said += text));
      await until(() => said.includes("writing the report") || killed.exitCode !== null);
      await wait(pause);
      killed.kill("SIGKILL");
      await end;
    }
    const { code, err } = await study("store", "--queue", addressWith(PASSWORD));
    expect(code, err).toBe(0);
    expectSameStudy("study", path.join(work, "store"), path.join(work, "peace"));
  }, 120_000);

  test.each([
    ["study", "run", "study.json", "--out", "refused"],
    ["worker", "--out", "refused"],
  ])("is told of a wrong password, not which: %s", async (...words) => {
    const { code, out, err } = await run(...words, "--queue", addressWith("open-barley"));
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(
      `error: the queue ${redis.url} asks for a password: expected the right one, got one that it refuses\n` +
        "hint: Put it into the address (redis://user:password@host) or into KVT_QUEUE_PASSWORD.\n",
    );
    expect(err).not.toContain("barley");
    expect(existsSync(path.join(work, "refused", "cells"))).toBe(false);
  });

  test.each([
    ["study", "run", "study.json", "--out", "alone"],
    ["worker", "--out", "alone"],
  ])("is told that nothing is there, and how to start a queue: %s", async (...words) => {
    const port = await freePort();
    const { code, out, err } = await run(...words, "--queue", `redis://someone:${PASSWORD}@127.0.0.1:${port}`);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(
      new RegExp(
        `^error: cannot reach the queue redis://127\\.0\\.0\\.1:${port}: expected Redis or Valkey there \\(.+\\)\n` +
          "hint: docs/scaling-out\\.md says how to start one\\.\n$",
        "m",
      ),
    );
    expect(err).not.toContain(PASSWORD);
    expect(existsSync(path.join(work, "alone", "cells"))).toBe(false);
  });
});

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
