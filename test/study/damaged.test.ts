import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { isDamage, putAside } from "../../src/study/damaged.ts";
import { trainCell } from "../../src/study/train-cell.ts";
import { acquireLock, isLocked } from "../../src/train/lock.ts";
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

test("a folder that another process held is no damage, also when that process has ended since", async () => {
  const store = new StudyStore(temporaryFolder());
  const cell = tinyCell(2);
  const folder = store.folderOf(cell);
  mkdirSync(folder, { recursive: true });
  const { message } = heldError(folder);
  expect(isLocked(folder)).toBe(false);
  const failure = { kind: "run", message, host: "here" } as const;
  expect(isDamage(failure)).toBe(false);
  // As an earlier version kept it.
  store.recordFailure(cell, failure);
  store.clear(cell);
  expect(existsSync(folder)).toBe(true);

  const answer = (of: string): URL => {
    const script = path.join(store.root, "process.mjs");
    const error = JSON.stringify({ kind: "error", error: { kind: "run", message: of } });
    writeFileSync(script, `process.once("message", () => process.send(${error}, () => process.disconnect()));`);
    return pathToFileURL(script);
  };
  const request = { configuration: cell.configuration, folder, data: undefined, onEvent: () => undefined };
  expect(await trainCell(request, { worker: answer(message) })).toEqual({ kind: "left" });
  // What the cell needs beside its folder is held by another: the cell has failed, and its folder is whole all the same.
  const outcome = await trainCell(request, { worker: answer(message.replace(folder, "/elsewhere")) });
  expect(outcome).toMatchObject({ kind: "failed", failure: { kind: "run" } });
  expect(outcome.kind === "failed" && isDamage(outcome.failure)).toBe(false);
});

/** What a process is told that comes while another holds the folder, which is free again when this returns. */
function heldError(folder: string): Error {
  const lock = acquireLock(folder);
  try {
    acquireLock(folder).release();
  } catch (error) {
    if (error instanceof Error) return error;
  } finally {
    lock.release();
  }
  throw new Error("the lock was given twice");
}
