import { KvtError } from "../../errors.ts";
import { metricColumns, runColumns, type StoreValue } from "./columns.ts";
import { appendRows, createTable, type Database, quote } from "./database.ts";
import { type PartEntry, partFile, readParts, removeLeftovers, removePart, writePart } from "./parts.ts";
import { readRun, type RunRows } from "./read-run.ts";
import { scanRuns, type ScannedRun } from "./scan.ts";

/** Where the rows of the runs of a folder are: in parts, each run in one of them, and in the tables `live_…`. */
export interface Compacted {
  /** runs to take from each part; a part may hold others, which were changed or removed since */
  readonly parts: ReadonlyMap<string, { readonly runs: readonly PartEntry[]; readonly whole: boolean }>;
  /** why the compacted copy could not be written: the next query reads these folders again */
  readonly warning: string | null;
}

/** A part is closed when it has so many runs, or so many lines of metrics. */
const PART_RUNS = 500;
const PART_LINES = 200_000;
/** Parts of fewer runs than half of that are merged when there are more of them than this. */
const MOST_SMALL_PARTS = 16;

/**
 * Reads the finished runs below `root` that no part holds as they are, writes them as parts, and puts all others, which
 * may change at any moment, into `live_runs` and `live_metrics`. Parts in `doubtful` are taken for absent.
 */
export async function compact(
  database: Database,
  root: string,
  doubtful: ReadonlySet<string> = new Set(),
): Promise<Compacted> {
  // Parts first: what they hold was then scanned before, so that an entry that differs is an old one.
  const parts = await readParts(database, root, doubtful);
  const scanned = scanRuns(root);
  const chosen = choose(parts, scanned);
  const held = new Set([...chosen.values()].flatMap((entries) => entries.map(({ run }) => run)));
  await createTable(database, "live_runs", runColumns);
  await createTable(database, "live_metrics", metricColumns);
  await createTable(database, "batch_runs", batchColumns);
  await createTable(database, "batch_metrics", metricColumns);
  let warning: string | null = null;
  const keep = async (rows: readonly RunRows[]): Promise<void> => {
    await appendRows(
      database,
      "live_runs",
      runColumns,
      rows.map(({ run }) => run),
    );
    await appendRows(
      database,
      "live_metrics",
      metricColumns,
      rows.flatMap(({ metrics }) => metrics),
    );
  };
  for (const batch of batches(scanned.filter(({ run }) => !held.has(run)))) {
    const finished = batch.filter(({ scan, rows }) => scan.fingerprint !== null && rows.run["status"] === "finished");
    const others = batch.filter((entry) => !finished.includes(entry));
    await keep(others.map(({ rows }) => rows));
    if (finished.length === 0) continue;
    try {
      if (warning !== null) throw new Error(warning);
      const entries = finished.map(({ scan: { run, fingerprint } }) => ({ run, fingerprint: fingerprint ?? "" }));
      chosen.set(
        await writeBatch(
          database,
          root,
          entries,
          finished.map(({ rows }) => rows),
        ),
        entries,
      );
    } catch (error) {
      warning ??= `the compacted copy cannot be written: ${reasonOf(error)}`;
      await keep(finished.map(({ rows }) => rows));
    }
  }
  if (warning === null) await merge(database, root, parts, chosen).catch(() => undefined);
  return {
    parts: new Map([...chosen].map(([part, runs]) => [part, { runs, whole: isWhole(part, runs, parts) }])),
    warning,
  };
}

const batchColumns = [...runColumns, { name: "fingerprint", type: "VARCHAR", meaning: "see scan.ts" } as const];

const isWhole = (part: string, runs: readonly PartEntry[], parts: ReadonlyMap<string, readonly PartEntry[]>): boolean =>
  runs.length === (parts.get(part)?.length ?? runs.length);

/** For every run that is as it was the first part that holds it so. */
function choose(parts: ReadonlyMap<string, readonly PartEntry[]>, scanned: readonly ScannedRun[]) {
  const fingerprints = new Map(scanned.map(({ run, fingerprint }) => [run, fingerprint]));
  const taken = new Set<string>();
  const chosen = new Map<string, readonly PartEntry[]>();
  for (const [part, entries] of parts) {
    const own = entries.filter(({ run, fingerprint }) => fingerprints.get(run) === fingerprint && !taken.has(run));
    for (const { run } of own) taken.add(run);
    chosen.set(part, own);
  }
  return chosen;
}

/** Reads folders, so many at a time as make a part: memory is bounded by that, not by the number of runs. */
function* batches(scanned: readonly ScannedRun[]) {
  let [batch, lines]: [{ scan: ScannedRun; rows: RunRows }[], number] = [[], 0];
  for (const scan of scanned) {
    const rows = readRun(scan);
    if (rows === null) continue;
    batch.push({ scan, rows });
    lines += rows.metrics.length;
    if (batch.length < PART_RUNS && lines < PART_LINES) continue;
    yield batch;
    [batch, lines] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

async function writeBatch(
  database: Database,
  root: string,
  entries: readonly PartEntry[],
  rows: readonly RunRows[],
): Promise<string> {
  const withPrints = rows.map(({ run }, i): Record<string, StoreValue> => {
    return { ...run, fingerprint: entries[i]?.fingerprint ?? null };
  });
  await database.connection.run("truncate batch_runs; truncate batch_metrics");
  await appendRows(database, "batch_runs", batchColumns, withPrints);
  await appendRows(
    database,
    "batch_metrics",
    metricColumns,
    rows.flatMap(({ metrics }) => metrics),
  );
  return writePart(database, root, entries, { runs: "from batch_runs", metrics: "from batch_metrics" });
}

/**
 * Keeps the number of parts low: a query while a study runs finds one or two new runs each time. Parts of which nothing
 * is used any more are removed. Another process that reads them at this moment starts over.
 */
async function merge(
  database: Database,
  root: string,
  parts: ReadonlyMap<string, readonly PartEntry[]>,
  chosen: Map<string, readonly PartEntry[]>,
): Promise<void> {
  const unused = [...chosen].filter(([, runs]) => runs.length === 0).map(([part]) => part);
  for (const part of unused) {
    chosen.delete(part);
    removePart(root, part);
  }
  const small = [...chosen].filter(([, runs]) => runs.length < PART_RUNS / 2);
  if (small.length <= MOST_SMALL_PARTS) return;
  removeLeftovers(root);
  let group: [string, readonly PartEntry[]][] = [];
  for (const [i, entry] of small.entries()) {
    group.push(entry);
    const count = group.reduce((sum, [, runs]) => sum + runs.length, 0);
    if (count < PART_RUNS && i < small.length - 1) continue;
    if (group.length > 1) await mergeGroup(database, root, parts, chosen, group);
    group = [];
  }
}

async function mergeGroup(
  database: Database,
  root: string,
  parts: ReadonlyMap<string, readonly PartEntry[]>,
  chosen: Map<string, readonly PartEntry[]>,
  group: readonly (readonly [string, readonly PartEntry[]])[],
): Promise<void> {
  const entries = group.flatMap(([, runs]) => runs);
  const from = (table: "runs" | "metrics"): string => {
    const each = group.map(([part, runs]) => fromPart(root, part, table, isWhole(part, runs, parts) ? null : runs));
    return `from (${each.join(" union all by name ")})`;
  };
  const merged = await writePart(database, root, entries, { runs: from("runs"), metrics: from("metrics") });
  for (const [part] of group) {
    if (part === merged) continue;
    chosen.delete(part);
    removePart(root, part);
  }
  chosen.set(merged, entries);
}

/** The rows of a part, or those of some of its runs. */
export function fromPart(
  root: string,
  part: string,
  table: "runs" | "metrics",
  runs: readonly PartEntry[] | null,
): string {
  const all = `from read_parquet(${quote(partFile(root, part, table))})`;
  return runs === null ? all : `${all} where run in (${runs.map(({ run }) => quote(run)).join(", ")})`;
}

function reasonOf(error: unknown): string {
  if (error instanceof KvtError) return error.message;
  return error instanceof Error
    ? (/"exception_message":"([^"]+)/.exec(error.message)?.[1] ?? error.message)
    : String(error);
}
