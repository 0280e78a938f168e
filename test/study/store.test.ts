import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { writeRun } from "../../bench/store.js";
import { exportParquet } from "../../src/study/store/export.ts";
import { withStore } from "../../src/study/store/open-store.ts";
import { ended } from "../support/built.ts";
import { temporaryFolder } from "../train/folder.ts";
import { ask, COUNTS, counts, edit, finishedRuns, folders, nth, parts } from "./store-case.ts";

describe("the tables", () => {
  test("hold what the files of a run say", async () => {
    const root = finishedRuns(1);
    const { rows, problems, warning } = await ask(root, "select * from runs");
    expect({ problems, warning }).toEqual({ problems: [], warning: null });
    expect(rows).toHaveLength(1);
    const run = "cells/copy-qkv-seed0-000000000000";
    expect(rows[0]).toMatchObject({ run, folder: path.join(root, run), status: "finished", problem: null });
    expect(rows[0]).toMatchObject({
      task: "copy",
      attention: "qkv",
      seed: 0,
      preset: "quick",
      device: "cpu",
      threads: 1,
    });
    expect(rows[0]).toMatchObject({ width: 32, layers: 2, heads: 4, length: 32, batch: 64, rate: 0.001 });
    expect(rows[0]).toMatchObject({ metric: "token accuracy", higher_is_better: true, test: 0.5, validation: 0.5 });
    expect(rows[0]).toMatchObject({ steps: 5, step: 5, seconds: 4.2, seconds_per_step: 0.003, weights: "last" });
    expect(rows[0]).toMatchObject({ weights_step: 5, cpu: "a processor", version: "0.1.0" });
    expect(String(rows[0]?.["started"])).toMatch(/^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d/);
    const option = await ask(root, "select options->>'train.warmUp' as warmup from runs");
    expect(option.rows).toEqual([{ warmup: "100" }]);
  });

  test("hold the lines of a run, each with its time", async () => {
    const root = finishedRuns(1);
    const { rows } = await ask(root, "select * exclude (run) from metrics order by step");
    expect(rows).toHaveLength(5);
    const nothing = { split: null, metric: null, best: null, examples: null, text: null };
    const first = {
      kind: "step",
      step: 1,
      epoch: 0,
      loss: 2.302585 / 1.01,
      gradient_norm: 1,
      rate: 0.001,
      seconds: 0.003,
    };
    expect(rows[0]).toEqual({ ...nothing, ...first });
    const evaluation = { kind: "evaluated", split: "test", step: 5, metric: 0.5, best: true, seconds: 0.003 + 4e-5 };
    expect(rows[4]).toMatchObject(evaluation);
  });

  test("hold the cells of studies, with how their runs stand", async () => {
    const root = finishedRuns(1);
    const cell = (name: string) => {
      return {
        id: name,
        name,
        task: "copy",
        preset: "quick",
        attention: "kv",
        seed: 1,
        varied: { "model.width": 8 },
        options: {},
      };
    };
    mkdirSync(path.join(root, "studies", "widths"), { recursive: true });
    mkdirSync(path.join(root, "studies", "broken"));
    mkdirSync(path.join(root, "failures"));
    const cells = [cell("copy-qkv-seed0-000000000000"), cell("failed"), cell("waiting")];
    const document = { format: "kvt-study-1", name: "widths", cells };
    writeFileSync(path.join(root, "studies", "widths", "study.json"), JSON.stringify(document));
    writeFileSync(path.join(root, "studies", "broken", "study.json"), "{");
    writeFileSync(path.join(root, "failures", "failed.json"), JSON.stringify({ message: "the loss is NaN" }));
    const sql = "select study, run, status, test, problem, varied->>'model.width' as width from cells order by status";
    const { rows, problems } = await ask(root, sql);
    const same = { study: "widths", width: "8" };
    expect(rows).toEqual([
      { ...same, run: "cells/failed", status: "failed", test: null, problem: "the loss is NaN" },
      { ...same, run: "cells/copy-qkv-seed0-000000000000", status: "finished", test: 0.5, problem: null },
      { ...same, run: "cells/waiting", status: "waiting", test: null, problem: null },
    ]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("study.json is broken");
  });

  test("are there for a folder whose name holds what patterns are made of", async () => {
    const root = path.join(temporaryFolder(), "a [1] 'b' * ?");
    finishedRuns(2, root);
    expect(await counts(root)).toEqual({ runs: 2, lines: 10 });
    expect(await counts(root)).toEqual({ runs: 2, lines: 10 });
  });
});

describe("the compacted copy", () => {
  test("is made once, and follows runs that are changed, added and removed", async () => {
    const root = finishedRuns(3);
    expect(await counts(root)).toEqual({ runs: 3, lines: 15 });
    const made = parts(root);
    expect(made).toHaveLength(1);
    expect(await counts(root)).toEqual({ runs: 3, lines: 15 });
    expect(parts(root)).toEqual(made);
    // As many bytes as before.
    edit(path.join(nth(folders(root), 0), "result.json"), (text) => text.replace('"test": 0.5', '"test": 0.7'));
    expect((await ask(root, "select max(test) as best from runs")).rows).toEqual([{ best: 0.7 }]);
    appendFileSync(path.join(nth(folders(root), 1), "metrics.jsonl"), '{"kind":"step","step":6,"loss":1}\n');
    expect(await counts(root)).toEqual({ runs: 3, lines: 16 });
    rmSync(nth(folders(root), 2), { recursive: true });
    expect(await counts(root)).toEqual({ runs: 2, lines: 11 });
    writeRun(root, 9, 5);
    expect(await counts(root)).toEqual({ runs: 3, lines: 16 });
  });

  test("is made again when it is deleted or damaged", async () => {
    const root = finishedRuns(3);
    const expected = await ask(root, "from metrics order by all");
    const again = async (): Promise<void> => expect(await ask(root, "from metrics order by all")).toEqual(expected);
    rmSync(path.join(root, ".store"), { recursive: true });
    await again();
    for (const table of ["metrics", "runs"]) {
      const file = path.join(root, ".store", nth(parts(root), 0), `${table}.parquet`);
      truncateSync(file, 100);
      await again();
      writeFileSync(file, "something else");
      await again();
      rmSync(file);
      await again();
    }
    expect(parts(root)).toHaveLength(1);
  });

  test("stays of few parts when runs come one by one", async () => {
    const root = temporaryFolder();
    for (let n = 0; n < 40; n++) {
      writeRun(root, n, 5);
      expect(await counts(root)).toEqual({ runs: n + 1, lines: 5 * (n + 1) });
      expect(parts(root).length).toBeLessThanOrEqual(17);
    }
  });

  test("is done without where it cannot be written, and that is said", async () => {
    const root = finishedRuns(2);
    writeFileSync(path.join(root, ".store"), "");
    const { rows, warning } = await ask(root, COUNTS);
    expect(rows).toEqual([{ runs: 2, lines: 10 }]);
    expect(warning).toMatch(/^the compacted copy cannot be written: cannot write .*\.store/);
  });
});

describe("damage", () => {
  test("is named, with the status unreadable, and everything else is there", async () => {
    const root = finishedRuns(5);
    const [torn = "", cut = "", edited = "", running = ""] = folders(root);
    truncateSync(path.join(torn, "run.json"), 50);
    edit(path.join(edited, "result.json"), (text) => text.replace('"test": 0.', '"test": "a'));
    // Half a last line is damage in a finished run alone: an unfinished one may have been killed while it wrote it.
    truncateSync(path.join(cut, "metrics.jsonl"), 250);
    truncateSync(path.join(running, "metrics.jsonl"), 250);
    rmSync(path.join(running, "result.json"));
    const sql = "select status, count(*) as runs from runs group by status order by status";
    for (const _ of ["first", "from the compacted copy"]) {
      const { rows, problems } = await ask(root, sql);
      expect(rows).toEqual([
        { status: "finished", runs: 2 },
        { status: "unfinished", runs: 1 },
        { status: "unreadable", runs: 2 },
      ]);
      expect(problems).toHaveLength(3);
      expect(problems.join("\n")).toContain(`${torn}/run.json is broken`);
      expect(problems.join("\n")).toContain(`${edited}/result.json is broken`);
      expect(problems.join("\n")).toContain(
        `${cut}/metrics.jsonl: expected lines of JSON, got a line of something else`,
      );
      const lines = await ask(root, "select run, count(*) as lines from metrics group by run having lines < 5");
      expect(lines.rows.map((row) => row["lines"])).toEqual([2, 2]);
    }
  });
});

test("writers in other processes never make a reader fail, nor count half a line", { timeout: 60_000 }, async () => {
  const root = temporaryFolder();
  const script = path.join(import.meta.dirname, "store-writer.js");
  const writers = [0, 40, 80].map((first) => ended(spawn(process.execPath, [script, root, String(first), "40"])));
  let writing = true;
  const done = Promise.all(writers).finally(() => (writing = false));
  let most = 0;
  const read = async (): Promise<void> => {
    while (writing) {
      const sql =
        "select status, count(distinct run) as runs, count(kind) as lines, count(metrics.loss) as losses, " +
        "max(metrics.step) as last, any_value(problem) as problem from runs left join metrics using (run) group by status";
      const { rows, problems, warning } = await ask(root, sql);
      expect({ problems, warning }).toEqual({ problems: [], warning: null });
      for (const { status, runs, lines, losses } of rows) {
        expect(losses).toBe(lines);
        if (status !== "finished") continue;
        expect(lines).toBe(Number(runs) * 10);
        most = Math.max(most, Number(runs));
      }
    }
  };
  await Promise.all([read(), read(), done]);
  for (const { code, err } of await done) expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(most).toBeGreaterThan(0);
  expect(await counts(root)).toEqual({ runs: 120, lines: 1200 });
});

describe("an export", () => {
  const python = (script: string, ...args: string[]) =>
    spawnSync("python3", ["-c", script, ...args], { encoding: "utf8" });
  const hasPyArrow = python("import pyarrow.parquet").status === 0;

  test("has every table, and replaces an earlier one", async () => {
    const root = finishedRuns(3);
    const target = path.join(root, "tables");
    for (const _ of ["new", "again"]) {
      const written = await withStore(root, (store) => exportParquet(store, target));
      expect(written.map(({ table, rows }) => [table, rows])).toEqual([
        ["runs", 3],
        ["metrics", 15],
        ["cells", 0],
      ]);
    }
    expect(readdirSync(target).toSorted()).toEqual(["cells.parquet", "metrics.parquet", "runs.parquet"]);
    const single = path.join(root, "deeper", "mine.parquet");
    expect(await withStore(root, (store) => exportParquet(store, single))).toEqual([
      { table: "runs", file: single, rows: 3 },
    ]);
  });

  test.skipIf(!hasPyArrow)("is read by PyArrow (skipped where python3 cannot import pyarrow)", async () => {
    const root = finishedRuns(3);
    await withStore(root, (store) => exportParquet(store, path.join(root, "tables")));
    const script =
      "import sys, json, pyarrow.parquet as pq\n" +
      "runs, metrics = (pq.read_table(f'{sys.argv[1]}/{t}.parquet') for t in ('runs', 'metrics'))\n" +
      "print(json.dumps([runs.column('test').to_pylist(), metrics.num_rows, str(metrics.schema.field('loss').type)]))";
    const { stdout, stderr } = python(script, path.join(root, "tables"));
    expect(stderr).toBe("");
    const tests = (await ask(root, "select test from runs")).rows.map((row) => row["test"]);
    expect(JSON.parse(stdout)).toEqual([tests, 15, "double"]);
  });
});
