import { expect, test } from "vitest";
import { costTable } from "../../src/report/cost-table.ts";
import { comparisonNote, comparisonTable, comparisonTitle } from "../../src/report/comparison.ts";
import { loadTable } from "../../src/report/table.ts";
import type { CompareDocument, CompareRow } from "../../src/study/document.ts";
import { findTask } from "../../src/tasks/index.ts";
import { resolveOptions } from "../../src/tasks/options.ts";

test("columns align by what a terminal shows, without borders or spaces at the end", async () => {
  const render = await loadTable();
  const text = render(
    [{ title: "name" }, { title: "n", align: "right" }],
    [
      ["\u001b[32mqkv\u001b[39m", "1"],
      ["kv+pos", "12"],
    ],
  );
  expect(text.split("\n")).toEqual(["name     n", "\u001b[32mqkv\u001b[39m      1", "kv+pos  12"]);
});

const run = { folder: "runs/x", validation: 0.9, loss: 0.1, steps: 10, seconds: 1 };

function row(attention: string, tests: readonly number[], rest: Partial<CompareRow>): CompareRow {
  const runs = tests.map((test, i) => ({ ...run, seed: i + 1, test }));
  const numbers = { parameters: 72_586, macs: 1_234_567, secondsPerStep: 0.0123 };
  return { attention, metric: "token accuracy", mean: 0.5, std: 0.01, difference: null, ...numbers, runs, ...rest };
}

function comparison(rows: readonly CompareRow[]): CompareDocument {
  const options = resolveOptions(findTask("reverse"), "quick");
  return { task: "reverse", preset: "quick", device: "cpu", options, rows };
}

test("a comparison says cost, metric with its spread, and the paired difference with its interval", async () => {
  const document = comparison([
    row("qkv", [0.99, 0.98], { mean: 0.985, std: 0.0071 }),
    row("kv", [0.97, 0.98], { mean: 0.975, std: 0.0071, difference: { mean: -0.01, low: -0.137, high: 0.117 } }),
  ]);
  expect(comparisonTitle(document)).toBe("reverse, preset quick, 2 seeds, on cpu");
  const [titles, first, second, ...more] = (await comparisonTable(document)).split("\n");
  expect(more).toEqual([]);
  expect(titles).toContain("difference to qkv, 95 % interval");
  expect(first?.split(/ {2,}/)).toEqual(["qkv", "72,586", "1.23 M", "0.9850 ± 0.0071", "–", "12.3 ms"]);
  expect(second?.split(/ {2,}/)[4]).toBe("−0.0100 [−0.1370, +0.1170]");
});

test("what the intervals and times do not say stands in one line", () => {
  expect(comparisonNote).toMatch(/standard deviation over seeds; intervals are not corrected .*; .* npm run bench\.$/);
});

test("one seed has neither spread nor interval, one formulation no difference", async () => {
  const difference = { mean: 0.01, low: null, high: null };
  const two = await comparisonTable(
    comparison([row("qkv", [1], { std: null }), row("kv", [1], { std: null, difference })]),
  );
  expect(two).toContain("+0.0100 (one seed: no interval)");
  expect(two).not.toContain("±");
  expect(await comparisonTable(comparison([row("qkv", [1], { std: null })]))).not.toContain("difference");
});

test("costs stand beside their share of the first formulation's", async () => {
  const rows = [
    { attention: "qkv", parameters: 200, macs: 4000, cacheBytesPerToken: 1024 },
    { attention: "k", parameters: 150, macs: 2000, cacheBytesPerToken: 512 },
  ];
  const [, , second] = (await costTable(rows, 16)).split("\n");
  expect(second?.split(/ {2,}/)).toEqual(["k", "150", "75.0 %", "2.00 k", "50.0 %", "512 B", "8 KiB", "50.0 %"]);
});
