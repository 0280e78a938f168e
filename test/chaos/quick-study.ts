import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { isRecord } from "../../src/record.ts";

/** Two tasks and two formulations, each cell trained in a second or two. */
export const quickStudy = (seeds: readonly number[]) => ({
  tasks: ["copy", "reverse"],
  attention: ["qkv", "kv"],
  seeds,
  preset: "quick",
  set: {
    "data.length": 6,
    "data.trainSize": 600,
    "data.validationSize": 60,
    "data.testSize": 60,
    "train.epochs": 10,
  },
});

/** Names of the cells of a study in a store. */
export function cellsOf(store: string, study: string): string[] {
  const { cells } = read(path.join(store, "studies", study, "study.json")) as { cells: { name: string }[] };
  return cells.map(({ name }) => name);
}

/** Expects the same findings of a study in two stores: its report and its runs, all but times and places. */
export function expectSameStudy(study: string, store: string, other: string): void {
  const [folder, otherFolder] = [store, other].map((root) => path.join(root, "studies", study)) as [string, string];
  const report = timeless(read(path.join(folder, "report.json")));
  expect(report, study).toEqual(timeless(read(path.join(otherFolder, "report.json"))));
  const files = timelessFiles(folder);
  expect(files, study).toEqual(timelessFiles(otherFolder));
  for (const kind of ["settings.csv", "differences.csv", "curve-1-loss-steps.svg", "attention-kv.png"])
    expect(files.some((name) => name.endsWith(`copy-${kind}`))).toBe(true);
  for (const name of files) expectSameBytes(name, folder, otherFolder);
  expect(existsSync(path.join(folder, "report.html"))).toBe(true);

  for (const name of cellsOf(other, study)) {
    const [here, there] = [store, other].map((root) => path.join(root, "cells", name)) as [string, string];
    expect(numbersOf(here), name).toEqual(numbersOf(there));
    for (const file of ["metrics.jsonl", "weights.safetensors"]) expectSameBytes(file, here, there);
  }
}

/** Figures and tables that show no time. */
const timelessFiles = (report: string): string[] =>
  ["figures", "tables"].flatMap((kind) =>
    readdirSync(path.join(report, kind))
      .filter((name) => !/timing|seconds|latency/.test(name))
      .map((name) => path.join(kind, name))
      .toSorted(),
  );

/** A document without what it says of times, and of where its runs lie. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !["timing", "folder", "commands"].includes(key));
  return Object.fromEntries(kept.map(([key, part]) => [key, timeless(part)]));
}

function numbersOf(folder: string) {
  const { test, loss, validation, steps } = read(path.join(folder, "result.json")) as Record<string, unknown>;
  return { test, loss, validation, steps };
}

function expectSameBytes(name: string, folder: string, other: string): void {
  const [ours, theirs] = [folder, other].map((root) => readFileSync(path.join(root, name))) as [Buffer, Buffer];
  expect(ours.equals(theirs), `${path.join(folder, name)} has the bytes of ${path.join(other, name)}`).toBe(true);
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
