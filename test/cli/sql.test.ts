import { readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { writeRun } from "../../bench/store.js";
import { storeTables } from "../../src/study/store/columns.ts";
import { builtKvt, ended } from "../support/built.ts";
import { kvt } from "./io.ts";

const { work, start, run } = builtKvt();
const RUNS = 300;
const runs = path.join(work, "runs");

beforeAll(() => {
  for (let n = 0; n < RUNS; n++) writeRun(runs, n, 10);
});

const SUMMARY = "select task, count(*) as runs, avg(test) as test from runs group by task order by task";

describe("kvt sql", () => {
  test("prints a table, numbers to the right", async () => {
    const { code, out, err } = await run("sql", SUMMARY);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^task {5}runs +test\ncopy {7}60 {2}0\.\d+\nreverse {4}60 /);
  });

  test("prints JSON with options as objects, and CSV with every digit", async () => {
    const statement = "select options, 0.1::double + 0.2 as sum, 'a \"b\", c' as text from runs where seed = 0";
    const json = await run("sql", statement, "--json");
    const rows = JSON.parse(json.out) as object[];
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ options: { "model.width": 32 }, sum: 0.30000000000000004, text: 'a "b", c' });
    const csv = await run("sql", "select 0.1::double + 0.2 as sum, 'a \"b\", c' as text, null as nothing", "--csv");
    expect(csv.out).toBe('sum,text,nothing\n0.30000000000000004,"a ""b"", c",\n');
    expect((await run("sql", "select 1 from runs where false", "--json")).out).toBe("[]\n");
  });

  test("says how many rows a table leaves out", async () => {
    const { out, err } = await run("sql", "from metrics");
    expect(out.trimEnd().split("\n")).toHaveLength(1001);
    expect(err).toBe(`the first 1000 of ${RUNS * 10} rows: --csv and --json print all of them\n`);
  });

  test("names damaged folders on the error output, and answers", async () => {
    const damaged = path.join("runs", "cells", "copy-qkv-seed0-000000000000");
    truncateSync(path.join(work, damaged, "run.json"), 10);
    const { code, out, err } = await run("sql", "select count(*) as unreadable from runs where status = 'unreadable'");
    expect({ code, out }).toEqual({ code: 0, out: "unreadable\n         1\n" });
    expect(err).toMatch(new RegExp(`^unreadable: ${damaged}/run\\.json is broken: [^\\n]*\\n$`));
    rmSync(path.join(work, damaged), { recursive: true });
    writeRun(runs, 0, 10);
  });

  test("compacts anew after kill -9 at any moment, with others at the same time", { timeout: 120_000 }, async () => {
    const expected = (await run("sql", SUMMARY)).out;
    for (let n = 0; n < 4; n++) {
      rmSync(path.join(runs, ".store"), { recursive: true, force: true });
      const [killed, other] = [start("sql", SUMMARY), start("sql", SUMMARY)];
      const ends = [ended(killed), ended(other)];
      await wait(150 + 180 * n);
      killed.kill("SIGKILL");
      const [, { code, out, err } = { code: null, out: "", err: "" }] = await Promise.all(ends);
      expect({ code, out, err }).toEqual({ code: 0, out: expected, err: "" });
      expect((await run("sql", "select count(*) as lines from metrics")).out).toBe(`lines\n ${RUNS * 10}\n`);
    }
    expect(readdirSync(path.join(runs, ".store")).filter((name) => !name.endsWith(".part"))).toHaveLength(1);
  });
});

describe("without runs", () => {
  test("kvt sql lists every table and column", async () => {
    const { code, out } = await kvt("sql");
    expect(code).toBe(0);
    for (const [table, columns] of Object.entries(storeTables)) {
      expect(out).toContain(`${table}\ncolumn `);
      for (const { name, type } of columns) expect(out).toMatch(new RegExp(`^${name} +${type} `, "m"));
    }
    expect(JSON.parse((await kvt("sql --json")).out)).toEqual(storeTables);
  });

  test("a folder that is none, and one run, are named", async () => {
    expect(await kvt("sql from --runs /nowhere")).toEqual({
      code: 1,
      out: "",
      err: "error: /nowhere: expected a folder of runs, got nothing\nhint: kvt train reverse makes a run in runs/.\n",
    });
    const one = path.join(runs, "cells", "copy-qkv-seed0-000000000000");
    expect((await kvt(`sql from --runs ${one}`)).err).toBe(
      `error: ${one} is one run: expected a folder of runs\n` +
        `hint: Name the folder that it lies in: --runs ${path.join(runs, "cells")}\n`,
    );
    expect((await kvt("sql from --json --csv")).err).toBe("error: expected --json or --csv, got both\n");
  });
});

describe("kvt runs export", () => {
  test("writes a file for each table, or one", async () => {
    const { code, out, err } = await run("runs", "export", "--parquet", "tables");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const file = (table: string): string => path.join("tables", `${table}.parquet`);
    expect(out).toBe(`${file("runs")}  300 rows\n${file("metrics")}  3,000 rows\n${file("cells")}  0 rows\n`);
    const one = await run("runs", "export", "runs", "--parquet", "mine.parquet", "--json");
    expect(JSON.parse(one.out)).toEqual([{ table: "runs", file: "mine.parquet", rows: RUNS }]);
    expect((await run("runs", "export", "--parquet")).out).toContain(path.join("exported", "cells.parquet"));
  });

  test("tells where it cannot write, and what it was not told", async () => {
    writeFileSync(path.join(work, "file"), "");
    const { code, err } = await run("runs", "export", "--parquet", path.join("file", "tables"));
    expect(code).toBe(1);
    expect(err).toMatch(/^error: cannot write file\/tables: /);
    expect((await kvt("runs export")).err).toBe(
      "error: kvt runs export: expected --parquet\nhint: kvt runs export runs --parquet exported\n",
    );
    expect((await kvt("runs a b")).err).toContain('error: expected one folder, got "a" and "b"');
    expect((await kvt("runs a --parquet x")).err).toContain("hint: kvt runs export a --parquet\n");
  });
});
