import os from "node:os";
import * as format from "../../report/format.ts";
import { loadTable } from "../../report/table.ts";
import { processesFor } from "../../study/pool.ts";
import { publications } from "../../study/published/index.ts";
import { SCALES } from "../../study/published/publication.ts";
import { publishedStudyFile } from "../../study/published/study-file.ts";
import { countCells } from "../../study/study.ts";
import { readStudyFile } from "../../study/study-file.ts";
import { print, printJson, type Io } from "../io.ts";

export interface ListOptions {
  readonly processes?: number;
  readonly json?: boolean;
}

/** Says which tables there are, and for each scale how many cells it has and about how long they take here. */
export async function listTables({ processes, json = false }: ListOptions, io: Io): Promise<void> {
  const atOnce = processes ?? processesFor(os.availableParallelism(), 1);
  const tables = await Promise.all(
    publications.map(async (publication) => ({
      table: publication.name,
      summary: publication.summary,
      source: publication.source,
      scales: await Promise.all(
        SCALES.map(async (scale) => {
          const study = publishedStudyFile(publication, scale);
          const cells = countCells(await readStudyFile(study));
          return { scale, study, cells, seconds: publication.coreSeconds[scale] / Math.min(atOnce, cells) };
        }),
      ),
    })),
  );
  if (json) {
    printJson(io, tables);
    return;
  }
  const render = await loadTable();
  print(
    io.out,
    render(
      [
        { title: "table" },
        { title: "scale" },
        { title: "cells", align: "right" },
        { title: "about", align: "right" },
        { title: "what it is" },
      ],
      tables.flatMap(({ table, summary, scales }) =>
        scales.map(({ scale, cells, seconds }, i) => [
          i === 0 ? table : "",
          scale,
          format.count(cells),
          roughly(seconds),
          i === 0 ? summary : "",
        ]),
      ),
    ),
  );
  print(io.out, `\nTimes are for ${format.plural(atOnce, "run")} at a time on cores of a small server.`);
  print(io.out, "kvt reproduce synthetic runs one; the same command goes on where it was interrupted.");
}

/** A time that is known to a factor: "20 s", "8 min", "3 h", "12 days". */
export function roughly(seconds: number): string {
  const units = [
    ["day", 86_400],
    ["h", 3_600],
    ["min", 60],
  ] as const;
  const [unit, size] = units.find(([, length]) => seconds >= 1.5 * length) ?? (["s", 1] as const);
  const amount = Math.max(1, Math.round(seconds / size));
  return `${amount} ${unit}${unit === "day" ? "s" : ""}`;
}
