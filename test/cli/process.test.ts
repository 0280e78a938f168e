import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/train/events.ts";
import type { CompareDocument } from "../../src/study/document.ts";
import { builtKvt, ended } from "../support/built.ts";

const { work, start, run } = builtKvt();

const set = (...settings: string[]): string[] => settings.flatMap((setting) => ["--set", setting]);

/** Sizes that train in a moment. */
const tiny = set(
  "model.width=8",
  "model.layers=1",
  "data.length=4",
  "data.trainSize=64",
  "data.validationSize=16",
  "data.testSize=32",
  "train.batch=16",
  "train.epochs=2",
);

test("a reader that leaves early is no failure", async () => {
  const child = start("compare", "reverse", "--help");
  child.stdout?.destroy();
  const { code, err } = await ended(child);
  expect({ code, err }).toEqual({ code: 0, err: "" });
});

test.runIf(existsSync("/dev/full"))("a full disk under the standard output is one line", async () => {
  const full = openSync("/dev/full", "w");
  const script = path.join(work, "..", "bin", "kvt.js");
  const { code, err } = await ended(spawn(process.execPath, [script, "inspect"], { stdio: ["ignore", full, "pipe"] }));
  closeSync(full);
  expect(code).toBe(1);
  expect(err).toMatch(/^error: cannot write the output: ENOSPC: [^\n]+\n$/);
});

describe("one run", () => {
  const folder = "one";

  test("is trained: its folder comes first, then what it found", async () => {
    const { code, out } = await run(
      "train",
      "reverse",
      "--attention",
      "kv",
      "--threads",
      "1",
      "--out",
      folder,
      ...tiny,
    );
    expect(code).toBe(0);
    expect(out.split("\n")[0]).toBe(folder);
    expect(out).toMatch(/^test token accuracy +[01]\.\d{4}$/m);
    expect(out).toMatch(/8 steps on cpu$/m);
  });

  test("is finished when it is resumed, which is no failure", async () => {
    const { code, err } = await run("resume", folder);
    expect(code).toBe(0);
    expect(err).toContain("one was finished before: nothing is left to do");
  });

  test("gives the number that was tested when it is evaluated", async () => {
    const { code, out, err } = await run("evaluate", folder, "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const result = JSON.parse(readFileSync(path.join(work, folder, "result.json"), "utf8")) as RunResult;
    expect(JSON.parse(out)).toMatchObject({ split: "test", value: result.test, loss: result.loss, weights: "last" });
  });

  test("shows attention whose scores are symmetric, for it has no queries", async () => {
    const { code, out } = await run("attention", folder, "--example", "3", "--out", "maps.svg");
    expect(code).toBe(0);
    expect(out).toMatch(/^maps\.svg\n/);
    expect(out).toMatch(/^ +1 +2 +0\.000 +0\.\d*[1-9]\d*$/m);
    expect(readFileSync(path.join(work, "maps.svg"), "utf8")).toContain("example 3 of test");
    const numbers = await run("attention", folder, "--json");
    expect(JSON.parse(numbers.out)).toMatchObject({ attention: "kv", example: 0 });
    expect(existsSync(path.join(work, folder, "attention-test-0.svg"))).toBe(false);
  });

  test("is one row when it is listed by its own folder", async () => {
    const { code, out } = await run("runs", folder);
    expect(code).toBe(0);
    expect(out).toMatch(/^folder .*\none +reverse +kv +1 +quick +finished +8 +[01]\.\d{4}\n$/);
  });

  test("has an example number within its split", async () => {
    const { code, err } = await run("attention", folder, "--example", "32");
    expect(code).toBe(2);
    expect(err).toContain("expected 0 to 31, got 32");
  });
});

test("compare --json is the document that others rely on, and repeating it trains nothing", async () => {
  const words = ["compare", "copy", "--seeds", "2", "--attention", "qkv,kv", "--json", ...tiny];
  const { code, out } = await run(...words);
  expect(code).toBe(0);
  const document = JSON.parse(out) as CompareDocument;
  expect(Object.keys(document)).toEqual(["task", "preset", "device", "options", "rows"]);
  expect(document).toMatchObject({ task: "copy", preset: "quick", device: "cpu", options: { model: { width: 8 } } });
  expect(document.rows.map(({ attention }) => attention)).toEqual(["qkv", "kv"]);
  const [first, second] = document.rows;
  const keys = ["attention", "parameters", "macs", "metric", "mean", "std", "difference", "secondsPerStep", "runs"];
  expect(Object.keys(first ?? {})).toEqual(keys);
  expect(first?.difference).toBeNull();
  expect(second?.difference?.mean).toBeCloseTo((second?.mean ?? 0) - (first?.mean ?? 0), 12);
  expect(Object.keys(second?.runs[0] ?? {})).toEqual([
    "seed",
    "folder",
    "test",
    "validation",
    "loss",
    "steps",
    "seconds",
  ]);
  expect(second?.runs.map(({ seed }) => seed)).toEqual([1, 2]);

  const again = await run(...words);
  expect(again.out).toBe(out);
  const folder = path.dirname(document.rows[0]?.runs[0]?.folder ?? "");
  expect(again.err).toContain(`4 of 4 runs finished before, used again; to train all again, delete ${folder}\n`);
  expect(again.err).toContain("kv seed 1: finished before, test token accuracy");
  for (const verb of ["resume", "evaluate", "attention"]) {
    const { code, err } = await run(verb, folder);
    expect(code).toBe(1);
    expect(err).toContain(`error: ${folder} holds 4 runs: expected the folder of one run\n`);
    expect(err).toContain(`such as ${path.join(folder, "kv-seed1")}; to continue a whole comparison`);
  }
  const listed = await run("runs", "--json");
  const runs = JSON.parse(listed.out) as { folder: string; status: string }[];
  expect(runs.map(({ folder }) => path.basename(folder))).toEqual(["kv-seed1", "kv-seed2", "qkv-seed1", "qkv-seed2"]);
  expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(["finished"]));
});

test("Ctrl-C keeps the run and says how to continue", async () => {
  const child = start("train", "reverse", "--out", "long", ...tiny, ...set("train.epochs=100000"));
  // Its folder is there once it is printed.
  child.stdout?.once("data", () => child.kill("SIGINT"));
  const { code, err } = await ended(child);
  expect(code).toBe(130);
  expect(err).toContain("stopping, to keep what was done");
  expect(err).toMatch(
    /^interrupted: long is kept(, without a step yet| up to step \d+)\ncontinue with: kvt resume long$/m,
  );
  expect(existsSync(path.join(work, "long", "run.json"))).toBe(true);
});

test("data that is not here is told with the way to get it", async () => {
  const { code, out, err } = await run("train", "mnist", "--out", "digits");
  expect({ code, out: out.trim() }).toEqual({ code: 1, out: "digits" });
  expect(err).toContain("mnist/train-images-idx3-ubyte.gz is not here");
  expect(err).toContain('hint: Download it with "kvt data fetch mnist"');
});

test("a hint to check data names the folder that was looked in", async () => {
  mkdirSync(path.join(work, "sets", "mnist"), { recursive: true });
  for (const name of ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"])
    writeFileSync(path.join(work, "sets", "mnist", `${name}-ubyte`), "not in this format");
  const { code, err } = await run("train", "mnist", "--data", "sets");
  expect(code).toBe(1);
  expect(err).toContain('"kvt data verify --data sets"');
});
