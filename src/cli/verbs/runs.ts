import path from "node:path";
import { KvtError } from "../../errors.ts";
import * as format from "../../report/format.ts";
import { loadTable } from "../../report/table.ts";
import { listRuns, type RunSummary } from "../../train/list-runs.ts";
import { exitCodes, type ExitCode } from "../exit.ts";
import { coloursFor, print, printJson, type Colours, type Io } from "../io.ts";
import { addJson, runsFolder } from "../options.ts";
import { runsOf } from "../run-folder.ts";
import { tellStore } from "../store-notes.ts";
import { defineVerb } from "../verb.ts";

interface RunsOptions {
  readonly parquet?: string | true;
  readonly json?: boolean;
}

export const runsVerb = defineVerb<RunsOptions>({
  configure(command) {
    command
      .usage("[options] [folder]\n       kvt runs export [folder] --parquet [target]")
      .argument("[folder]", "where the runs lie, or one run", runsFolder)
      .argument("[exported]", 'after the word "export": where the runs to export lie')
      .option(
        "--parquet [target]",
        "export: folder for the tables runs, metrics and cells as Parquet files, or a FILE.parquet for runs alone " +
          `(default: ${exportFolder})`,
      );
    addJson(command);
  },
  examples: [
    "kvt runs",
    "kvt runs runs/compare-reverse-1a2b3c4d --json",
    "kvt runs export --parquet tables",
    "kvt runs export runs --parquet runs.parquet",
  ],
  async run({ words: [first, second], options }, io) {
    if (first === "export") return exportRuns(second ?? runsFolder, options, io);
    if (second !== undefined) {
      throw new KvtError("usage", `expected one folder, got "${first ?? ""}" and "${second}"`, {
        hint: 'Only "kvt runs export" takes a folder after its first word.',
      });
    }
    if (options.parquet !== undefined) {
      throw new KvtError("usage", "--parquet is for exports: expected the word export after kvt runs", {
        hint: `kvt runs export ${first ?? runsFolder} --parquet`,
      });
    }
    return list(first, options.json === true, io);
  },
});

/** Where an export goes that is given no target. */
const exportFolder = "exported";

async function exportRuns(folder: string, { parquet, json }: RunsOptions, io: Io): Promise<ExitCode> {
  if (parquet === undefined) {
    throw new KvtError("usage", "kvt runs export: expected --parquet", {
      hint: `kvt runs export ${folder} --parquet ${exportFolder}`,
    });
  }
  const { withStore } = await import("../../study/store/open-store.ts");
  const { exportParquet } = await import("../../study/store/export.ts");
  const written = await withStore(folder, async (store) => {
    tellStore(store, io);
    return exportParquet(store, parquet === true ? exportFolder : parquet);
  });
  if (json === true) printJson(io, written);
  else for (const { file, rows } of written) print(io.out, `${file}  ${format.plural(rows, "row")}`);
  return exitCodes.success;
}

async function list(named: string | undefined, json: boolean, io: Io): Promise<ExitCode> {
  const folder = named ?? runsFolder;
  // Before the first run there is no runs/ yet, which is no failure; a folder that was named is expected to be there.
  const runs = named === undefined ? listRuns(folder) : runsOf(folder);
  if (json) printJson(io, runs.map(summary));
  else if (runs.length === 0) {
    print(io.err, `no runs in ${path.join(folder, path.sep)}`);
    print(io.err, "hint: kvt train reverse makes one.");
  } else {
    const render = await loadTable();
    const titles = ["folder", "task", "attention", "seed", "preset", "state", "step", "test"];
    const columns = titles.map(
      (title) => ({ title, align: ["seed", "step", "test"].includes(title) ? "right" : "left" }) as const,
    );
    const colours = coloursFor(io.out, io.env);
    print(
      io.out,
      render(
        columns,
        runs.map((run) => cells(run, colours)),
      ),
    );
    for (const { problem } of runs) if (problem !== undefined) print(io.err, problem);
  }
  return exitCodes.success;
}

function summary({ folder, status, run, step, problem }: RunSummary): object {
  const { task, attention, seed, preset } = run?.configuration ?? {};
  return { folder, status, task, attention, seed, preset, step, result: run?.result ?? null, problem };
}

function cells({ folder, status, run, step }: RunSummary, { green, yellow, red }: Colours): string[] {
  const paint = { finished: green, running: yellow, unfinished: yellow, unreadable: red }[status];
  const configuration = run?.configuration;
  return [
    folder,
    configuration?.task ?? "",
    configuration?.attention ?? "",
    configuration === undefined ? "" : String(configuration.seed),
    configuration?.preset ?? "",
    paint(status),
    step === null ? "" : format.count(step),
    run?.result ? format.metric(run.result.test) : "",
  ];
}
