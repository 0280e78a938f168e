import * as format from "../../report/format.ts";
import { loadTable } from "../../report/table.ts";
import { describe } from "../../study/plan-cells.ts";
import type { CellState } from "../../study/study-store.ts";
import { exitCodes, type ExitCode } from "../exit.ts";
import { coloursFor, print, printJson, type Io } from "../io.ts";
import type { OpenedStudy } from "./open.ts";

const kinds = ["finished", "running", "unfinished", "waiting", "failed", "damaged"] as const;

/** How a study's cells stand, whichever command or machine runs them. */
export async function showStatus({ plan, store }: OpenedStudy, json: boolean, io: Io): Promise<ExitCode> {
  const { study, cells } = plan;
  const states = new Map(cells.map((cell) => [cell, store.stateOf(cell)]));
  const counts = (of: readonly CellState[]): Record<(typeof kinds)[number], number> => {
    const having = (kind: string): number => of.filter((state) => state.kind === kind).length;
    return Object.fromEntries(kinds.map((kind) => [kind, having(kind)])) as Record<(typeof kinds)[number], number>;
  };
  const failures = [...states].flatMap(([cell, state]) =>
    state.kind === "failed" || state.kind === "damaged" ? [{ cell, state }] : [],
  );
  if (json) {
    printJson(io, {
      name: study.name,
      planned: cells.length,
      ...counts([...states.values()]),
      failures: failures.map(({ cell, state: { kind, failure } }) => {
        const { task, attention, seed } = cell.configuration;
        return { name: cell.name, task, attention, seed, varied: cell.setting.varied, state: kind, ...failure };
      }),
    });
    return exitCodes.success;
  }
  const render = await loadTable();
  const { red, dim } = coloursFor(io.out, io.env);
  const all = counts([...states.values()]);
  const shown = kinds.filter((kind) => all[kind] > 0);
  const tasks = [...new Set(study.settings.map(({ task }) => task))];
  const rows = tasks.flatMap((task) =>
    study.attention.map((attention) => {
      const own = [...states].filter(([{ configuration: c }]) => c.task === task && c.attention === attention);
      const row = counts(own.map(([, state]) => state));
      return [task, attention, ...shown.map((kind) => (row[kind] === 0 ? "" : format.count(row[kind])))];
    }),
  );
  const total = ["", "all", ...shown.map((kind) => format.count(all[kind]))];
  const columns = [
    ...["task", "attention"].map((title) => ({ title })),
    ...shown.map((title) => ({ title, align: "right" as const })),
  ];
  print(io.out, render(columns, [...rows, total]));
  for (const { cell, state } of failures) {
    const { attention, seed } = cell.configuration;
    const name = [cell.setting.task, ...describe(cell.setting), attention, `seed ${seed}`].join(" ");
    print(io.out, `\n${red(`${state.kind}:`)} ${name}\n  ${state.failure.message}`);
    if (state.failure.hint !== undefined) print(io.out, dim(`  hint: ${state.failure.hint}`));
  }
  return exitCodes.success;
}
