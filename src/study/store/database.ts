import type { DuckDBConnection, DuckDBInstance, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { StoreColumn, StoreValue } from "./columns.ts";

/** DuckDB in memory. Files are only read, or written anew under a name of their own, so no lock is ever held. */
export interface Database {
  readonly connection: DuckDBConnection;
  close(): void;
}

export async function openDatabase(): Promise<Database> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance: DuckDBInstance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  // Nothing is put down in the working folder; errors come with the place in the statement.
  await connection.run("set temp_directory = ''; set errors_as_json = true; set autoinstall_known_extensions = false");
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text as SQL takes it. */
export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A list of files for `read_parquet`, which takes a name for a pattern only where there is no such file. */
export const fileList = (files: readonly string[]): string => `[${files.map(quote).join(", ")}]`;

export async function createTable({ connection }: Database, name: string, columns: readonly StoreColumn[]) {
  const list = columns.map((column) => `${column.name} ${column.type}`).join(", ");
  await connection.run(`create or replace table ${name} (${list})`);
}

/** Rows of one call of the library, which takes them column by column. */
const CHUNK_ROWS = 2048;

/** Appends rows to a table; a value that a row lacks is NULL. */
export async function appendRows(
  { connection }: Database,
  table: string,
  columns: readonly StoreColumn[],
  rows: readonly Readonly<Record<string, StoreValue>>[],
): Promise<void> {
  const duckdb = await import("@duckdb/node-api");
  const { VARCHAR, BIGINT, DOUBLE, BOOLEAN, TIMESTAMP, DuckDBTimestampValue } = duckdb;
  const types: Record<StoreColumn["type"], DuckDBType> = { VARCHAR, JSON: VARCHAR, BIGINT, DOUBLE, BOOLEAN, TIMESTAMP };
  const convert: Record<StoreColumn["type"], (value: StoreValue | undefined) => DuckDBValue> = {
    VARCHAR: (value) => value ?? null,
    JSON: (value) => value ?? null,
    DOUBLE: (value) => value ?? null,
    BOOLEAN: (value) => value ?? null,
    BIGINT: (value) => (Number.isSafeInteger(value) ? BigInt(Number(value)) : null),
    TIMESTAMP: (value) =>
      typeof value === "number" ? new DuckDBTimestampValue(BigInt(Math.round(value)) * 1000n) : null,
  };
  const appender = await connection.createAppender(table);
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const part = rows.slice(start, start + CHUNK_ROWS);
    const chunk = duckdb.DuckDBDataChunk.create(columns.map(({ type }) => types[type]));
    chunk.setColumns(columns.map(({ name, type }) => part.map((row) => convert[type](row[name]))));
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}
