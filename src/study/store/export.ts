import fs from "node:fs";
import path from "node:path";
import { onDisk } from "../../disk.ts";
import { makeFolder } from "../../folder.ts";
import { discard } from "../../train/durable.ts";
import { storeTables, type StoreTable } from "./columns.ts";
import { quote } from "./database.ts";
import type { Store } from "./open-store.ts";

export interface ExportedTable {
  readonly table: StoreTable;
  readonly file: string;
  readonly rows: number;
}

/**
 * Writes tables as Parquet files (compressed with Zstandard): into the folder `target` one for each table, or, where
 * `target` ends in .parquet, the table `runs` alone. A file that is there is replaced in one step. Throws `disk` errors.
 */
export async function exportParquet({ database }: Store, target: string): Promise<ExportedTable[]> {
  const isFile = target.endsWith(".parquet");
  const tables = isFile ? (["runs"] as const) : (Object.keys(storeTables) as StoreTable[]);
  makeFolder(isFile ? path.dirname(target) : target);
  const written: ExportedTable[] = [];
  for (const table of tables) {
    const file = isFile ? target : path.join(target, `${table}.parquet`);
    const temporary = `${file}.${process.pid}.part`;
    try {
      // The library tells a full disk in its own words; creating the file first tells the usual mistakes in ours.
      onDisk("write", file, () => fs.writeFileSync(temporary, ""));
      await database.connection.run(`copy ${table} to ${quote(temporary)} (format parquet, compression zstd)`);
      onDisk("write", file, () => fs.renameSync(temporary, file));
    } finally {
      discard(temporary);
    }
    const reader = await database.connection.runAndReadAll(`select count(*) from ${table}`);
    written.push({ table, file, rows: Number(reader.getRows()[0]?.[0] ?? 0) });
  }
  return written;
}
