import path from "node:path";
import * as format from "../../report/format.ts";
import { loadTable } from "../../report/table.ts";
import { listRuns, type RunSummary } from "../../train/list-runs.ts";
import { exitCodes } from "../exit.ts";
import { coloursFor, print, printJson, type Colours } from "../io.ts";
import { addJson, runsFolder } from "../options.ts";
import { runsOf } from "../run-folder.ts";
import { defineVerb } from "../verb.ts";

export const runsVerb = defineVerb<{ readonly json?: boolean }>({
  configure(command) {
    command.argument("[folder]", "where the runs lie, or one run", runsFolder);
    addJson(command);
  },
  examples: ["kvt runs", "kvt runs runs/compare-reverse-1a2b3c4d --json"],
  async run({ words, options }, io) {
    const folder = words[0] ?? runsFolder;
    // Before the first run there is no runs/ yet, which is no failure; a folder that was named is expected to be there.
    const runs = words[0] === undefined ? listRuns(folder) : runsOf(folder);
    if (options.json === true) printJson(io, runs.map(summary));
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
  },
});

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
