import { KvtError } from "../../errors.ts";
import { loadTable } from "../../report/table.ts";
import { storeTables } from "../../study/store/columns.ts";
import { withStore } from "../../study/store/open-store.ts";
import { query, type QueryColumn, type QueryResult } from "../../study/store/query.ts";
import { exitCodes } from "../exit.ts";
import { coloursFor, print, printJson, type Io } from "../io.ts";
import { addJson, runsFolder } from "../options.ts";
import { defineVerb } from "../verb.ts";
import { tellStore } from "../store-notes.ts";

interface SqlOptions {
  readonly runs: string;
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** More rows than anyone reads, and than a table is laid out for in a moment. */
const MOST_TABLE_ROWS = 1000;

export const sqlVerb = defineVerb<SqlOptions>({
  configure(command) {
    command
      .argument(
        "[statement]",
        "a statement that reads, in DuckDB's SQL; without one, the tables and their columns are listed",
      )
      .option("--runs <folder>", "where the runs lie", runsFolder)
      .option("--csv", "print comma-separated values, for other programs");
    addJson(command);
  },
  examples: [
    "kvt sql",
    'kvt sql "select task, attention, avg(test), count(*) from runs group by all order by all"',
    "kvt sql \"select metrics.step, avg(metrics.loss) from metrics join runs using (run) where attention = 'kv' group by 1\" --csv",
  ],
  async run({ words, options }, io) {
    const statement = words[0];
    if (options.json === true && options.csv === true) {
      throw new KvtError("usage", "expected --json or --csv, got both");
    }
    if (statement === undefined) return describeTables(options.json === true, io);
    await withStore(options.runs, async (store) => {
      tellStore(store, io);
      const result = await query(store, options.runs, statement);
      if (options.json === true) printRowsAsJson(result, io);
      else if (options.csv === true) printCsv(result, io);
      else await printTable(result, io);
    });
    return exitCodes.success;
  },
});

async function describeTables(json: boolean, io: Io) {
  if (json) printJson(io, storeTables);
  else {
    const render = await loadTable();
    const { bold } = coloursFor(io.out, io.env);
    for (const [table, columns] of Object.entries(storeTables)) {
      const rows = columns.map(({ name, type, meaning }) => [name, type, meaning]);
      print(
        io.out,
        `${bold(table)}\n${render([{ title: "column" }, { title: "type" }, { title: "what it holds" }], rows)}\n`,
      );
    }
  }
  return exitCodes.success;
}

type Value = ReturnType<QueryResult["rows"]> extends Iterable<readonly (readonly (infer V)[])[]> ? V : never;

async function printTable({ columns, rows }: QueryResult, io: Io): Promise<void> {
  const render = await loadTable();
  const shown: string[][] = [];
  let count = 0;
  for (const some of rows()) {
    count += some.length;
    for (const row of some.slice(0, MOST_TABLE_ROWS - shown.length)) shown.push(row.map(tableCell));
  }
  const titles = columns.map(({ name, isNumber }) => ({ title: name, align: isNumber ? "right" : "left" }) as const);
  print(io.out, render(titles, shown));
  if (count > shown.length) {
    print(io.err, `the first ${shown.length} of ${count} rows: --csv and --json print all of them`);
  }
}

/** Six digits are enough to read; --csv and --json have all of them. */
function tableCell(value: Value): string {
  if (value === null) return "";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  return text(value);
}

const text = (value: Value): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

function printCsv({ columns, rows }: QueryResult, io: Io): void {
  const line = (cells: readonly string[]): string => cells.map((cell) => csvCell(cell)).join(",");
  print(io.out, line(columns.map(({ name }) => name)));
  for (const some of rows()) {
    print(io.out, some.map((row) => line(row.map((value) => (value === null ? "" : text(value))))).join("\n"));
  }
}

/** As RFC 4180 quotes. */
const csvCell = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** One array of objects, written some rows at a time. */
function printRowsAsJson({ columns, rows }: QueryResult, io: Io): void {
  let written = 0;
  io.out.write("[");
  for (const some of rows()) {
    for (const row of some) {
      const object = Object.fromEntries(row.map((value, i) => [columns[i]?.name ?? "", jsonValue(value, columns[i])]));
      io.out.write(`${written++ === 0 ? "" : ","}\n  ${JSON.stringify(object)}`);
    }
  }
  io.out.write(written === 0 ? "]\n" : "\n]\n");
}

/** Options are an object, not a text that holds one. */
function jsonValue(value: Value, column: QueryColumn | undefined): unknown {
  return column?.isJson === true && typeof value === "string" ? (JSON.parse(value) as unknown) : value;
}
