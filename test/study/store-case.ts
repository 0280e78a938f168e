import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { writeRun } from "../../bench/store.js";
import { withStore } from "../../src/study/store/open-store.ts";
import { query } from "../../src/study/store/query.ts";
import { temporaryFolder } from "../train/folder.ts";

interface Answer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly problems: readonly string[];
  readonly warning: string | null;
}

/** What a statement gives over the runs in `root`. */
export const ask = (root: string, sql: string): Promise<Answer> =>
  withStore(root, async (store) => {
    const { columns, rows } = await query(store, root, sql);
    const names = columns.map(({ name }) => name);
    const objects = [...rows()].flat().map((row) => Object.fromEntries(row.map((value, i) => [names[i] ?? "", value])));
    return { rows: objects, problems: store.problems, warning: store.warning };
  });

export const COUNTS = "select (select count(*) from runs) as runs, (select count(*) from metrics) as lines";
export const counts = async (root: string): Promise<unknown> => (await ask(root, COUNTS)).rows[0];

/** `count` finished runs of 5 lines. */
export function finishedRuns(count: number, root = temporaryFolder()): string {
  for (let n = 0; n < count; n++) writeRun(root, n, 5);
  return root;
}

export const folders = (root: string): string[] =>
  readdirSync(path.join(root, "cells")).map((name) => path.join(root, "cells", name));
export const parts = (root: string): string[] => readdirSync(path.join(root, ".store"));
export const nth = (values: readonly string[], n: number): string => values[n] ?? "";

export function edit(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, "utf8")));
}
