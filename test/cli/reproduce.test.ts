import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { builtKvt } from "../support/built.ts";
import { kvt } from "./io.ts";

interface Listed {
  readonly table: string;
  readonly scales: readonly {
    readonly scale: string;
    readonly study: string;
    readonly cells: number;
    readonly seconds: number;
  }[];
}

interface Published {
  readonly source: string;
  readonly rows: readonly {
    readonly task: string;
    readonly attention: string;
    readonly ours: number;
    readonly published: number;
  }[];
}

describe("kvt reproduce without a table", () => {
  test("lists every table with its cells and time at each scale, larger scales taking longer", async () => {
    const { code, out } = await kvt("reproduce");
    expect(code).toBe(0);
    for (const name of ["synthetic", "vision", "chars", "numbers", "translate"])
      expect(out).toMatch(new RegExp(`^${name} `, "m"));
    expect(out).toMatch(/^synthetic +quick +120 +\d+ min +reverse, sort, swap, sub and copy/m);
    expect(out).toMatch(/^ +paper +720 +\d+ days/m);
    const tables = JSON.parse((await kvt("reproduce --json --processes 2")).out) as readonly Listed[];
    expect(tables.map(({ table }) => table)).toEqual(["synthetic", "vision", "chars", "numbers", "translate"]);
    for (const { scales } of tables) {
      expect(scales.map(({ scale }) => scale)).toEqual(["quick", "half", "paper"]);
      const seconds = scales.map((scale) => scale.seconds);
      expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
    }
    // What the quick table of the sequences promises on two cores.
    expect(tables[0]?.scales[0]?.seconds).toBeLessThan(15 * 60);
  });

  test("names study files that are there and can be run by kvt study", async () => {
    const [synthetic] = JSON.parse((await kvt("reproduce --json")).out) as readonly Listed[];
    const file = synthetic?.scales[0]?.study ?? "";
    const { code, out } = await kvt(`study plan ${file} --no-calibrate --out ${path.join("unused", "runs")}`);
    expect(code).toBe(0);
    expect(out).toContain("120 cells: 0 finished, 120 to run");
  });
});

describe("kvt reproduce refuses", () => {
  test.each([
    ["reproduce syntetic", 'unknown table "syntetic"', 'Did you mean "synthetic"?'],
    ["reproduce synthetic --scale hlf", 'unknown scale "hlf"', 'Did you mean "half"?'],
    ["reproduce synthetic --attention qkv,kw", 'unknown formulation "kw"', 'Did you mean "kv"?'],
    ["reproduce synthetic --attention ,", "--attention: expected at least one formulation, got none", ""],
  ])("%s", async (line, message, hint) => {
    const { code, err } = await kvt(line);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).toContain(hint);
  });
});

describe("kvt reproduce in processes of its own", () => {
  const { work, run } = builtKvt();

  /** Studies as those that ship with the project, so small that they take seconds. */
  beforeAll(() => {
    const studies = path.join(work, "..", "studies");
    mkdirSync(studies);
    writeFileSync(
      path.join(studies, "synthetic-quick.yaml"),
      `tasks: [{ task: copy, grid: { data.length: [4, 8] } }, { task: sub, set: { data.length: 4 } }]
attention: [qkv, kv]
seeds: 2
preset: paper
set: { train.steps: 4, data.trainSize: 600, data.testSize: 50, data.validationSize: 50, model.width: 16, model.layers: 1 }
`,
    );
    writeFileSync(
      path.join(studies, "numbers-quick.yaml"),
      `tasks: [numbers]
attention: [qkv, kv]
seeds: 1
preset: paper
set: { train.steps: 2, model.width: 16, model.layers: 1, model.heads: 2 }
grid: { data.length: [128], train.rate: [1e-3] }
`,
    );
    writeFileSync(path.join(studies, "vision-quick.yaml"), "{ tasks: [fashion-mnist], attention: [kv], seeds: 1 }\n");
  });

  let published: Published | undefined;

  test("runs a table, shows ours beside the author's and what differs, and runs nothing twice", async () => {
    const first = await run("reproduce", "synthetic", "--out", "kept");
    expect(first.code, first.err).toBe(0);
    expect(first.err).toMatch(/synthetic, quick: 12 cells to run, \d+ at a time, about/);
    const rows = [
      ...first.out.matchAll(
        /^(copy|sub) +(qkv|kv) +1\.0000 ± 0\.0000 +(0\.\d{4})(?: ± 0\.\d{4})? +(−0\.\d{4}) +(\d+) +(\d+)$/gm,
      ),
    ];
    expect(rows.map(([, task, attention, , , ...counts]) => [task, attention, ...counts].join(" ")).toSorted()).toEqual(
      ["copy kv 2 4", "copy qkv 2 4", "sub kv 1 2", "sub qkv 1 2"],
    );
    for (const [, , , ours, difference = ""] of rows) {
      expect(Number(difference.replace("−", "-"))).toBeCloseTo(Number(ours) - 1, 3);
    }
    expect(first.out).toContain("What still differs from the publication:");
    expect(first.out).toContain("- not run: reverse, sort, swap");
    expect(first.out).toContain("- copy: data.length: 4, 8 (published: 64, 128)");
    expect(first.out).toContain("- sub: data.length: 4 (published: 64, 128)");
    expect(first.out).toContain("- runs of each setting: 2 (published: 3)");

    const again = await run("reproduce", "synthetic", "numbers", "--out", "kept", "--json");
    expect(again.code, again.err).toBe(0);
    const [synthetic, numbers] = JSON.parse(again.out) as readonly {
      table: string;
      ran: number;
      skipped: number;
      published: Published;
    }[];
    expect(synthetic).toMatchObject({
      table: "synthetic",
      scale: "quick",
      planned: 12,
      ran: 0,
      skipped: 12,
      failed: 0,
    });
    published = synthetic?.published;
    expect(published?.rows.map(({ ours }) => ours.toFixed(4)).toSorted()).toEqual(
      rows.map(([, , , ours]) => ours).toSorted(),
    );
    const report = readFileSync(path.join(work, "kept", "studies", "synthetic-quick", "report.json"), "utf8");
    expect(published).toEqual((JSON.parse(report) as { published: Published }).published);
    expect(numbers).toMatchObject({ table: "numbers", ran: 2, skipped: 0 });
    expect(numbers?.published.rows.map(({ published }) => published)).toEqual([0.2098, 0.2262]);
  }, 120_000);

  test("takes ours from the runs that lie in the store, as the author averages", () => {
    const study = JSON.parse(
      readFileSync(path.join(work, "kept", "studies", "synthetic-quick", "study.json"), "utf8"),
    ) as { cells: { name: string; task: string; attention: string; varied: { "data.length": number } }[] };
    expect(published?.rows).toHaveLength(4);
    for (const { task, attention, ours } of published?.rows ?? []) {
      const own = study.cells.filter((cell) => cell.task === task && cell.attention === attention);
      expect(own).toHaveLength(task === "copy" ? 4 : 2);
      const tests = own.map(({ name }) => {
        const text = readFileSync(path.join(work, "kept", "cells", name, "result.json"), "utf8");
        return (JSON.parse(text) as { test: number }).test;
      });
      expect(ours).toBeCloseTo(tests.reduce((sum, value) => sum + value, 0) / own.length, 12);
    }
  });

  test("adds formulations to what is there", async () => {
    const { code, out, err } = await run("reproduce", "synthetic", "--out", "kept", "--attention", "kv,k");
    expect(code, err).toBe(0);
    expect(err).toContain("6 cells to run");
    expect(out).toMatch(/^copy +k +1\.0000 +0\.\d{4} ± /m);
    expect(out).not.toMatch(/^copy +qkv/m);
  }, 60_000);

  test("says that a data set is not there before anything is trained", async () => {
    const { code, out, err } = await run("reproduce", "vision", "--out", "none");
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(err).toMatch(/^error: fashion-mnist\/\S+ is not here: looked in /m);
    expect(err).toContain('Download it with "kvt data fetch fashion-mnist"');
  }, 60_000);
});
