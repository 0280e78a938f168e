import fs from "node:fs";
import path from "node:path";
import { flatten, isRecord } from "../../record.ts";
import { readJson } from "../../train/json-file.ts";
import type { StoreValue } from "./columns.ts";

/** What is known of a cell's run. */
export interface KnownRun {
  readonly status: string;
  readonly test: number | null;
  readonly problem: string | null;
}

type Row = Record<string, StoreValue>;

/**
 * The cells of all studies below `root`, as `studies/NAME/study.json` lists them, with how their runs stand. A study
 * whose file cannot be read is named in `problems`.
 */
export function readCells(root: string, runs: ReadonlyMap<string, KnownRun>): { rows: Row[]; problems: string[] } {
  const problems: string[] = [];
  const failed = new Set(names(path.join(root, "failures")));
  const rows = names(path.join(root, "studies")).flatMap((folder) => {
    try {
      const study = readJson(path.join(root, "studies", folder, "study.json"));
      const cells: unknown = study?.["cells"];
      if (!Array.isArray(cells)) return [];
      const name = text(study?.["name"]) ?? folder;
      return cells.filter(isRecord).map((cell) => cellRow(root, name, cell, runs, failed));
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      return [];
    }
  });
  return { rows, problems };
}

function cellRow(
  root: string,
  study: string,
  cell: Readonly<Record<string, unknown>>,
  runs: ReadonlyMap<string, KnownRun>,
  failed: ReadonlySet<string>,
): Row {
  const name = text(cell["name"]) ?? "";
  const run = `cells/${name}`;
  const known = runs.get(run);
  const failure = known?.status !== "finished" && known?.status !== "running" && failed.has(`${name}.json`);
  return {
    study,
    id: text(cell["id"]),
    run,
    task: text(cell["task"]),
    preset: text(cell["preset"]),
    attention: text(cell["attention"]),
    seed: typeof cell["seed"] === "number" ? cell["seed"] : null,
    varied: JSON.stringify(cell["varied"] ?? {}),
    options: JSON.stringify(flatten(cell["options"])),
    test: known?.test ?? null,
    ...(failure && known?.status !== "unreadable"
      ? { status: "failed", problem: reasonOf(path.join(root, "failures", `${name}.json`)) }
      : { status: known?.status ?? "waiting", problem: known?.problem ?? null }),
  };
}

/** Another process may have just removed it, for the cell is run again. */
function reasonOf(file: string): string | null {
  try {
    return text(readJson(file)?.["message"]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

function names(folder: string): string[] {
  return fs.existsSync(folder) ? fs.readdirSync(folder).toSorted() : [];
}
