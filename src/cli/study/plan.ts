import * as format from "../../report/format.ts";
import { loadTable } from "../../report/table.ts";
import type { Cell, Setting } from "../../study/cell.ts";
import { estimateTimes } from "../../study/estimate.ts";
import { processesOf } from "../../study/local-engine.ts";
import { describe } from "../../study/plan-cells.ts";
import type { CellState } from "../../study/study-store.ts";
import { exitCodes, type ExitCode } from "../exit.ts";
import { coloursFor, print, printJson, type Io } from "../io.ts";
import type { OpenedStudy } from "./open.ts";

export interface PlanOptions {
  readonly data: string | undefined;
  readonly processes: number | undefined;
  readonly calibrate: boolean;
  readonly json: boolean;
}

interface Row {
  readonly setting: Setting;
  readonly attention: string;
  readonly states: readonly CellState["kind"][];
  /** of one run */
  readonly seconds: number | null;
}

/** Prints a study's cells, what they cost and what is done, without training any. */
export async function showPlan({ plan, store }: OpenedStudy, options: PlanOptions, io: Io): Promise<ExitCode> {
  const { study, cells } = plan;
  const states = new Map(cells.map((cell) => [cell, store.stateOf(cell).kind]));
  const open = cells.filter((cell) => states.get(cell) !== "finished");
  const estimate =
    options.calibrate && open.length > 0
      ? await estimateTimes(plan, store, { ...options, signal: io.interruptible() })
      : () => null;
  const rows = study.settings.flatMap((setting) =>
    study.attention.map((attention): Row => {
      const own = cells.filter((cell) => cell.setting === setting && cell.configuration.attention === attention);
      const seconds = own[0] === undefined ? null : estimate(own[0]);
      return { setting, attention, states: own.map((cell) => states.get(cell) ?? "waiting"), seconds };
    }),
  );
  const processes = processesOf(cells, options.processes);
  const total = totalSeconds(open, estimate, processes);
  if (options.json) {
    printJson(io, {
      name: study.name,
      cells: cells.map((cell) => {
        const { task, attention, seed } = cell.configuration;
        const { id, name, setting } = cell;
        const cost = plan.costOf(setting, attention);
        const state = states.get(cell);
        return { id, name, task, attention, seed, varied: setting.varied, state, ...cost, seconds: estimate(cell) };
      }),
      processes,
      toRun: open.length,
      seconds: total,
    });
    return exitCodes.success;
  }
  const render = await loadTable();
  const { bold } = coloursFor(io.out, io.env);
  const right = { align: "right" } as const;
  print(
    io.out,
    render(
      [
        { title: "task" },
        { title: "setting" },
        { title: "attention" },
        { title: "parameters", ...right },
        { title: "MACs/example", ...right },
        { title: "time/run", ...right },
        { title: "finished", ...right },
      ],
      rows.map(({ setting, attention, states: own, seconds }) => {
        const { parameters, macs } = plan.costOf(setting, attention);
        const finished = own.filter((state) => state === "finished").length;
        const time = seconds === null ? "" : format.duration(seconds);
        const done = `${finished} of ${own.length}`;
        return [
          setting.task,
          describe(setting).join(" "),
          attention,
          format.count(parameters),
          format.large(macs),
          time,
          done,
        ];
      }),
    ),
  );
  const finished = cells.length - open.length;
  const time = total === null ? "" : `, about ${format.wait(total)}, ${processes} at a time`;
  print(io.out, `\n${bold(format.plural(cells.length, "cell"))}: ${finished} finished, ${open.length} to run${time}`);
  return exitCodes.success;
}

/** How long the cells take when each process takes the next one, or null where a time is not known. */
function totalSeconds(
  cells: readonly Cell[],
  estimate: (cell: Cell) => number | null,
  processes: number,
): number | null {
  const busy = new Array<number>(processes).fill(0);
  for (const cell of cells) {
    const seconds = estimate(cell);
    if (seconds === null) return null;
    const next = busy.indexOf(Math.min(...busy));
    busy[next] = (busy[next] ?? 0) + seconds;
  }
  return Math.max(...busy);
}
