import type { DuckDBConnection, DuckDBMaterializedResult, Json } from "@duckdb/node-api";
import { KvtError, nearest } from "../../errors.ts";
import { storeTables } from "./columns.ts";
import { confine, type Store } from "./open-store.ts";

/** What a statement gave. */
export interface QueryResult {
  readonly columns: readonly QueryColumn[];
  /** rows, some at a time */
  rows(): Iterable<readonly (readonly Json[])[]>;
}

export interface QueryColumn {
  readonly name: string;
  readonly isNumber: boolean;
  /** its values are texts of JSON */
  readonly isJson: boolean;
}

/**
 * Runs one statement that reads. Throws a `usage` error, with the place in the statement, for one that cannot be
 * understood or is no query.
 */
export async function query({ database }: Store, root: string, sql: string): Promise<QueryResult> {
  const { connection } = database;
  await confine(database, root);
  await checkReads(connection, sql);
  const result = await explained(sql, () => connection.run(sql));
  return await read(result);
}

/** EXPLAIN ANALYZE runs what it explains, so it is no query either. */
async function checkReads(connection: DuckDBConnection, sql: string): Promise<void> {
  const { StatementType } = await import("@duckdb/node-api");
  const statements = await explained(sql, () => connection.extractStatements(sql)).catch((error: unknown) => {
    // A text without a statement, such as a comment, has an error of the library without words.
    if (error instanceof KvtError) throw error;
    return null;
  });
  if (statements?.count !== 1) {
    throw new KvtError("usage", `expected one statement, got ${statements?.count ?? "none"}`, { hint: TABLES });
  }
  const prepared = await explained(sql, () => statements.prepare(0));
  const { statementType } = prepared;
  prepared.destroySync();
  if (statementType === StatementType.SELECT) return;
  throw new KvtError("usage", `expected a statement that reads, got ${StatementType[statementType]}`, {
    hint: "SELECT, WITH, FROM, DESCRIBE and SUMMARIZE read. Run folders are changed by kvt alone.",
  });
}

async function read(result: DuckDBMaterializedResult): Promise<QueryResult> {
  const { DuckDBTypeId, JsonDuckDBValueConverter } = await import("@duckdb/node-api");
  const { TINYINT, SMALLINT, INTEGER, BIGINT, UTINYINT, USMALLINT, UINTEGER, UBIGINT, HUGEINT, UHUGEINT } =
    DuckDBTypeId;
  const { FLOAT, DOUBLE, DECIMAL } = DuckDBTypeId;
  const whole = [TINYINT, SMALLINT, INTEGER, BIGINT, UTINYINT, USMALLINT, UINTEGER, UBIGINT, HUGEINT, UHUGEINT];
  const numbers = new Set<number>([...whole, FLOAT, DOUBLE, DECIMAL]);
  const types = result.columnTypes();
  const columns = result.columnNames().map((name, i): QueryColumn => {
    const type = types[i];
    return { name, isNumber: type !== undefined && numbers.has(type.typeId), isJson: type?.alias === "JSON" };
  });
  return {
    columns,
    *rows() {
      for (let i = 0; i < result.chunkCount; i++) {
        const rows = result.getChunk(i).convertRows<Json>(JsonDuckDBValueConverter);
        yield rows.map((row) => row.map((value, k) => (columns[k]?.isNumber === true ? asNumber(value) : value)));
      }
    },
  };
}

/** Numbers of more than 53 bits come as texts, and stay so where a number of JSON would lose digits. */
function asNumber(value: Json): Json {
  if (typeof value !== "string") return value;
  const number = Number(value);
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? value : Number.isNaN(number) ? value : number;
}

const TABLES = `The tables are ${Object.keys(storeTables).join(", ")}; "kvt sql" without a statement lists their columns.`;

async function explained<T>(sql: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explain(sql, error);
  }
}

/** What the user did wrong as an error of ours; anything else as it is, such as a file that is damaged. */
const MISTAKES = new Set(["Parser", "Binder", "Catalog", "Conversion", "Invalid Input", "Out of Range", "Permission"]);

interface DuckDBProblem {
  readonly exception_type?: string;
  readonly exception_message?: string;
  readonly candidates?: string;
  readonly position?: string;
  readonly name?: string;
  readonly error_subtype?: string;
}

function explain(sql: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const problem = parseProblem(error.message);
  const { exception_type: type = "", exception_message: text = "" } = problem;
  if (type === "Out of Memory") {
    return new KvtError("run", `the statement needs more memory than there is: ${firstLine(text)}`, {
      hint: "Read fewer columns or rows, or aggregate before sorting.",
      cause: error,
    });
  }
  if (!MISTAKES.has(type) || /\.store[\\/]/.test(text)) return error;
  const place = placeOf(sql, problem.position);
  return new KvtError("usage", `${place}${firstLine(text)}`, { hint: hintFor(problem), cause: error });
}

function parseProblem(message: string): DuckDBProblem {
  try {
    return JSON.parse(message.slice(message.indexOf("{"))) as DuckDBProblem;
  } catch {
    return {};
  }
}

const firstLine = (text: string): string => (text.split("\n")[0] ?? "").replace(/[!.]$/, "");

/** "line 1, column 8: " of a place that DuckDB counts in bytes from 0. */
function placeOf(sql: string, position: string | undefined): string {
  if (position === undefined) return "";
  const before = Buffer.from(sql).subarray(0, Number(position)).toString();
  const lines = before.split("\n");
  return `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}: `;
}

function hintFor({ error_subtype, name = "", candidates }: DuckDBProblem): string {
  const tables = Object.keys(storeTables);
  const columns = Object.values(storeTables).flatMap((list) => list.map((column) => column.name));
  const words = error_subtype === "COLUMN_NOT_FOUND" ? [...new Set(columns)] : tables;
  const near =
    error_subtype === "COLUMN_NOT_FOUND" || error_subtype === "MISSING_ENTRY" ? nearest(name, words) : undefined;
  const suggestion = near ?? (error_subtype === "COLUMN_NOT_FOUND" ? undefined : candidates?.split(",")[0]);
  return suggestion === undefined || candidates?.includes("->") === true
    ? TABLES
    : `Did you mean "${suggestion}"? ${TABLES}`;
}
