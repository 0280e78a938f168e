import fs from "node:fs";
import path from "node:path";
import { KvtError } from "../../errors.ts";
import { readCells, type KnownRun } from "./cells.ts";
import { cellColumns, metricColumns, storeTables } from "./columns.ts";
import { compact, type Compacted, fromPart } from "./compact.ts";
import { appendRows, createTable, type Database, openDatabase, quote } from "./database.ts";
import { removePart, STORE_FOLDER } from "./parts.ts";

/** The tables `runs`, `metrics` and `cells` over the runs of a folder, as they are at this moment. */
export interface Store {
  readonly database: Database;
  /** damaged files, a line each */
  readonly problems: readonly string[];
  /** why the next query takes as long, or null */
  readonly warning: string | null;
}

/** A part that another process merged, or that is damaged, is made again, and the work done again. */
const MOST_ATTEMPTS = 5;

/**
 * Does `work` with the store over `root`, a folder of runs; what it returns may not need the store any more. Throws a
 * `run` error when there is no such folder.
 */
export async function withStore<T>(root: string, work: (store: Store) => Promise<T>): Promise<T> {
  checkRoot(root);
  const doubtful = new Set<string>();
  for (let attempt = 1; ; attempt++) {
    const database = await openDatabase();
    try {
      return await work(await fill(database, root, doubtful));
    } catch (error) {
      const part = partIn(error);
      if (part === undefined || attempt === MOST_ATTEMPTS) throw error;
      doubtful.add(part);
      removePart(root, part);
    } finally {
      database.close();
    }
  }
}

/** The part that an error of DuckDB is about, as the path in its text says. */
function partIn(error: unknown): string | undefined {
  if (error instanceof KvtError || !(error instanceof Error)) return undefined;
  return /\.store[\\/]+(v\d+-[0-9a-f]{20})[\\/]/.exec(error.message)?.[1];
}

function checkRoot(root: string): void {
  if (fs.existsSync(path.join(root, "run.json"))) {
    throw new KvtError("run", `${root} is one run: expected a folder of runs`, {
      hint: `Name the folder that it lies in: --runs ${path.dirname(path.resolve(root))}`,
    });
  }
  if (fs.statSync(root, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new KvtError("run", `${root}: expected a folder of runs, got ${fs.existsSync(root) ? "a file" : "nothing"}`, {
    hint: "kvt train reverse makes a run in runs/.",
  });
}

async function fill(database: Database, root: string, doubtful: ReadonlySet<string>): Promise<Store> {
  const { connection } = database;
  const compacted = await compact(database, root, doubtful);
  const prefix = quote(`${root.replace(/[\\/]+$/, "")}/`);
  const columns = storeTables.runs
    .map(({ name }) => (name === "folder" ? `${prefix} || run as folder` : name))
    .join(", ");
  const runs = sources(root, "runs", compacted);
  await connection.run(`create table runs as select ${columns} from (${runs}) order by run`);
  const metrics = metricColumns.map(({ name }) => name).join(", ");
  await connection.run(`create view metrics as select ${metrics} from (${sources(root, "metrics", compacted)})`);
  const known = new Map<string, KnownRun>();
  const reader = await connection.runAndReadAll("select run, status, test, problem from runs");
  for (const [run, status, test, problem] of reader.getRows()) {
    known.set(String(run), {
      status: String(status),
      test: typeof test === "number" ? test : null,
      problem: typeof problem === "string" ? problem : null,
    });
  }
  const cells = readCells(root, known);
  await createTable(database, "cells", cellColumns);
  await appendRows(database, "cells", cellColumns, cells.rows);
  const broken = [...known.values()].flatMap(({ problem }) => problem ?? []);
  return { database, problems: [...broken, ...cells.problems], warning: compacted.warning };
}

/** All rows of a table: of the parts, whole ones first, and of what is read anew each time. */
function sources(root: string, table: "runs" | "metrics", { parts }: Compacted): string {
  const each = [...parts].map(([part, { runs, whole }]) => fromPart(root, part, table, whole ? null : runs));
  return [`from live_${table}`, ...each].join(" union all by name ");
}

/**
 * From here on a statement reaches no file but the compacted copy, and no network. Which statements may be run is for
 * the caller to say: one that writes could still write there.
 */
export async function confine({ connection }: Database, root: string): Promise<void> {
  const copy = path.join(path.resolve(root), STORE_FOLDER);
  await connection.run(`set allowed_directories = [${quote(copy)}]`);
  await connection.run("set enable_external_access = false; set lock_configuration = true");
}
