import * as format from "../../report/format.ts";
import { loadTable } from "../../report/table.ts";
import type { Cell } from "../../study/cell.ts";
import { describe } from "../../study/plan-cells.ts";
import type { QueuedState, QueueView } from "../../study/queue/ask-queue.ts";
import { versionsOf } from "../../study/queue/presence.ts";
import type { CellState } from "../../study/study-store.ts";
import { exitCodes, type ExitCode } from "../exit.ts";
import { coloursFor, print, printJson, type Io } from "../io.ts";
import type { OpenedStudy } from "./open.ts";

const kindsHere = ["finished", "running", "unfinished", "waiting", "failed", "damaged"] as const;
/** With a queue, cells may also wait in it for a worker, or for the command that collects them. */
const kindsThere = ["finished", "uncollected", "running", "queued", ...kindsHere.slice(2)] as const;

type State = CellState | QueuedState;

/** How a study's cells stand, whichever command or machine runs them; `queue` knows of those on workers elsewhere. */
export async function showStatus(
  { plan, store }: OpenedStudy,
  { json, queue }: { json: boolean; queue: QueueView | undefined },
  io: Io,
): Promise<ExitCode> {
  const { study, cells } = plan;
  const kinds = queue === undefined ? kindsHere : kindsThere;
  const states = new Map(
    cells.map((cell): [Cell, State] => {
      const here = store.stateOf(cell);
      const known = here.kind === "finished" || here.kind === "running" || here.kind === "damaged";
      return [cell, (known ? undefined : queue?.states.get(cell.id)) ?? here];
    }),
  );
  const counts = (of: readonly State[]): Readonly<Record<string, number>> =>
    Object.fromEntries(kinds.map((kind) => [kind, of.filter((state) => state.kind === kind).length]));
  const failures = [...states].flatMap(([cell, state]) =>
    state.kind === "failed" || state.kind === "damaged" ? [{ cell, state }] : [],
  );
  if (json) {
    printJson(io, {
      name: study.name,
      planned: cells.length,
      ...counts([...states.values()]),
      ...(queue === undefined ? {} : { workers: queue.workers, otherWorkers: queue.otherWorkers }),
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
  const shown = kinds.filter((kind) => all[kind] !== 0);
  const tasks = [...new Set(study.settings.map(({ task }) => task))];
  const rows = tasks.flatMap((task) =>
    study.attention.map((attention) => {
      const own = [...states].filter(([{ configuration: c }]) => c.task === task && c.attention === attention);
      const row = counts(own.map(([, state]) => state));
      return [task, attention, ...shown.map((kind) => (row[kind] === 0 ? "" : format.count(row[kind] ?? 0)))];
    }),
  );
  const total = ["", "all", ...shown.map((kind) => format.count(all[kind] ?? 0))];
  const columns = [
    ...["task", "attention"].map((title) => ({ title })),
    ...shown.map((title) => ({ title, align: "right" as const })),
  ];
  print(io.out, render(columns, [...rows, total]));
  if (queue !== undefined) print(io.out, `\n${describeWorkers(queue)}`);
  for (const { cell, state } of failures) {
    const { attention, seed } = cell.configuration;
    const name = [cell.setting.task, ...describe(cell.setting), attention, `seed ${seed}`].join(" ");
    print(io.out, `\n${red(`${state.kind}:`)} ${name}\n  ${state.failure.message}`);
    if (state.failure.hint !== undefined) print(io.out, dim(`  hint: ${state.failure.hint}`));
  }
  return exitCodes.success;
}

/** Who is connected to the queue: `3 workers: 2 on atlas, 1 on hera`, and those of other versions. */
function describeWorkers({ workers, otherWorkers }: QueueView): string {
  const others = versionsOf(otherWorkers);
  const without = others === null ? "" : `\nof other versions, which take none of these cells: ${others}`;
  const hosts = [...new Set(workers.map(({ host }) => host))].map(
    (host) => `${workers.filter((worker) => worker.host === host).length} on ${host}`,
  );
  const own =
    workers.length === 0 ? "no worker is there" : `${format.plural(workers.length, "worker")}: ${hosts.join(", ")}`;
  return own + without;
}
