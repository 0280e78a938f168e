import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { collectReport } from "../../src/report/study/collect.ts";
import { writeReport } from "../../src/report/study/write-report.ts";
import { readCurves, readRun } from "../../src/study/curves.ts";
import type { StudyDocument } from "../../src/study/study-document.ts";
import { trainTinyStudy } from "../support/tiny-study.ts";

const root = mkdtempSync(path.join(os.tmpdir(), "kvt-report-"));
let document: StudyDocument;
beforeAll(async () => void (document = await trainTinyStudy(root)), 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const read = (...names: readonly string[]): string => readFileSync(path.join(root, ...names), "utf8");
const firstRun = (): { macs: number; folder: string; steps: number } => {
  const row = document.tasks[0]?.settings[0]?.rows[0];
  const run = row?.runs[0];
  if (row === undefined || run === undefined) throw new Error("no run");
  return { macs: row.macs, folder: run.folder, steps: run.steps };
};

it("reads a run's curve: every step, its computation and its time", () => {
  const { macs, folder, steps } = firstRun();
  const curve = readRun(folder, macs, steps);
  expect(curve.loss).toHaveLength(steps);
  expect(curve.loss.at(-1)?.macs).toBe(steps * 32 * macs);
  const times = curve.loss.map(({ seconds }) => seconds ?? Number.NaN);
  expect(times.every((time, i) => time > (times[i - 1] ?? 0))).toBe(true);
  expect(curve.validation.at(-1)?.step).toBe(steps);
});

it("joins seeds at equal steps, within their extremes", () => {
  const [curves] = readCurves(document);
  expect(curves?.problems).toEqual([]);
  const kv = curves?.settings[0]?.formulations[1];
  expect(kv?.seeds).toEqual([1, 2]);
  for (const { low, mean, high } of kv?.validation ?? []) {
    expect(mean).toBeCloseTo((low + high) / 2, 12);
  }
});

it("names a damaged run and shows the rest", () => {
  const { folder } = firstRun();
  const file = path.join(folder, "metrics.jsonl");
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, whole.length / 2));
  try {
    const [curves] = readCurves(document);
    expect(curves?.problems).toEqual([
      {
        attention: "qkv",
        seed: 1,
        folder,
        message: expect.stringContaining("metrics.jsonl is damaged: expected") as string,
      },
    ]);
    expect(curves?.settings[0]?.formulations[0]?.seeds).toEqual([2]);
  } finally {
    writeFileSync(file, whole);
  }
});

it("writes the page, the document, figures and tables; the same again from the same runs", async () => {
  const out = path.join(root, "report");
  const again = path.join(root, "again");
  const { file } = await writeReport(out, await collectReport(document));
  await writeReport(again, await collectReport(document));
  expect(file).toBe(path.join(out, "report.html"));
  expect(JSON.parse(read("report", "report.json"))).toEqual(document);
  expect(readdirSync(out).toSorted()).toEqual(["figures", "files.json", "report.html", "report.json", "tables"]);
  expect(read("report", "report.html")).toBe(read("again", "report.html"));
  for (const folder of ["figures", "tables"]) {
    const names = readdirSync(path.join(out, folder));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      expect(readFileSync(path.join(out, folder, name)).equals(readFileSync(path.join(again, folder, name)))).toBe(
        true,
      );
    }
  }
  expect(readdirSync(path.join(out, "figures"))).toContain("copy-attention-kv.png");
  expect(read("report", "tables", "copy-settings.csv").split("\n")[0]).toContain("task,model.width,attention,mean");
  const [head, first] = read("report", "tables", "copy-loss-differences.csv").split("\n");
  expect(head).toMatch(
    /^task,setting,attention,baseline,pairs,mean,low,high,interval,p,p_holm,wins,ties,losses,caution$/,
  );
  expect(first).toMatch(/^copy,all settings,kv,qkv,4,/);
  expect(read("report", "tables", "copy-settings.csv").split("\n")[0]).toContain("loss_mean,loss_std,validation_mean,");
}, 60_000);

it("removes what an earlier report wrote and this one does not have, and nothing else", async () => {
  const out = path.join(root, "smaller");
  await writeReport(out, await collectReport(document));
  writeFileSync(path.join(out, "tables", "mine.csv"), "mine\n");
  writeFileSync(path.join(out, "figures", "reverse-attention-kv.svg"), "<svg>changed by hand</svg>");
  // A list that was changed by hand makes nothing else go.
  const list = JSON.parse(read("smaller", "files.json")) as { files: Record<string, string> };
  const outside = { ...list.files, "../report/report.json": "0".repeat(12), "tables/mine.csv": "0".repeat(12) };
  writeFileSync(path.join(out, "files.json"), JSON.stringify({ files: outside }));
  const smaller = { ...document, tasks: document.tasks.slice(0, 1) };
  await writeReport(out, await collectReport(smaller));
  const names = ["figures", "tables"].flatMap((folder) => readdirSync(path.join(out, folder)));
  expect(names.filter((name) => !name.startsWith("copy-") && !name.startsWith("differences-")).toSorted()).toEqual([
    "mine.csv",
    "reverse-attention-kv.svg",
  ]);
  expect(names).toContain("copy-attention-kv.png");
  const own = JSON.parse(read("smaller", "files.json")) as { files: Record<string, string> };
  expect(Object.keys(own.files).filter((name) => !/^(figures|tables)\/(copy|differences)-/.test(name))).toEqual([]);
  expect(JSON.parse(read("report", "report.json"))).toEqual(document);
}, 60_000);

it("refers to nothing outside the page", async () => {
  const page = read("report", "report.html");
  const references = [...page.matchAll(/(?:src|href|action|data)="([^"]*)"/g)].map(([, target]) => target ?? "");
  expect(references.filter((target) => !target.startsWith("#") && target !== "data:,")).toEqual([]);
  expect(page).not.toMatch(/url\((?!#)|@import|<script|https?:/);
  const ids = [...page.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const target of references.filter((one) => one.startsWith("#"))) expect(ids).toContain(target.slice(1));
});

it("tells in its place what cannot be opened, and escapes what a study says", async () => {
  const hostile = "<script>alert(1)</script>";
  const [copy] = document.tasks;
  if (copy === undefined) throw new Error("no task");
  const elsewhere = copy.settings.map((setting) => ({
    ...setting,
    rows: setting.rows.map((row) => ({
      ...row,
      runs: row.runs.map((run) => ({ ...run, folder: path.join(root, "moved", `seed${run.seed}`) })),
    })),
  }));
  const changed: StudyDocument = {
    ...document,
    name: hostile,
    tasks: [{ ...copy, answer: hostile, settings: elsewhere }],
    failures: [{ task: "copy", attention: "kv", seed: 3, varied: { "model.width": hostile }, message: hostile }],
    commands: [hostile],
  };
  await writeReport(path.join(root, "moved-report"), await collectReport(changed));
  const page = read("moved-report", "report.html");
  expect(page).not.toContain("<script");
  expect(page).toContain("Not drawn: qkv, seed 1. no run in");
  expect(page).toContain("No model could be opened.");
  expect(page.split("&lt;script&gt;").length).toBeGreaterThan(5);
  expect(read("moved-report", "tables", "failures.csv")).toContain(hostile);
}, 60_000);
