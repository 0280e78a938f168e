import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { isDamage, putAside } from "../../src/study/damaged.ts";
import { StudyStore } from "../../src/study/study-store.ts";
import { temporaryFolder } from "../train/folder.ts";
import { tinyCell } from "../chaos/queue-cells.ts";

test("a damaged folder is put aside beside those of before, and nothing of it is lost", () => {
  const root = temporaryFolder();
  const folder = path.join(root, "cells", "one");
  for (const n of [1, 2]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "run.json"), `${n}`);
    const aside = putAside(folder, root);
    expect(aside).toBe(path.join(root, "damaged", `one-${n}`));
    expect(readFileSync(path.join(aside ?? "", "run.json"), "utf8")).toBe(`${n}`);
    expect(existsSync(folder)).toBe(false);
  }
  expect(putAside(folder, root)).toBeNull();
});

test.each([
  ["checkpoint", true],
  ["run", true],
  ["training", false],
] as const)("a retry after a %s error puts the folder aside: %s", (kind, is) => {
  const store = new StudyStore(temporaryFolder());
  const cell = tinyCell(1);
  const folder = store.folderOf(cell);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "run.json"), JSON.stringify({ format: "kvt-run-1", ...cell.configuration }));
  const failure = { kind, message: "it failed", host: "here" };
  store.recordFailure(cell, failure);
  expect(store.stateOf(cell).kind).toBe("failed");
  store.clear(cell);
  expect(isDamage(failure)).toBe(is);
  expect(existsSync(folder)).toBe(!is);
  expect(store.stateOf(cell).kind).toBe(is ? "waiting" : "unfinished");
});
