import { stripVTControlCharacters } from "node:util";
import * as format from "../../report/format.ts";
import type { Column, TableRenderer } from "../../report/table.ts";
import type { Colours } from "../io.ts";
import { totalTimeLeft, type RunLine } from "./state.ts";

const barWidth = 20;

/** Done and left to do, as heavy and light line. */
function bar(share: number, colours: Colours): string {
  const done = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
  return colours.cyan("━".repeat(done)) + colours.dim("─".repeat(barWidth - done));
}

interface Screen {
  readonly renderTable: TableRenderer;
  readonly colours: Colours;
  /** lines that fit */
  readonly rows: number;
  /** characters that fit into a line */
  readonly columns: number;
  /** the metric's name */
  readonly metric: string;
  /** runs at the same time */
  readonly parallel: number;
}

/** Columns that a narrow terminal goes without, the first ones first: the bar, the loss, the metric. */
const DISPENSABLE = [2, 4, 5];

/**
 * All runs as a table, for a terminal that shows it again and again. Where not all fit, runs that wait and then the
 * oldest finished ones are counted instead of shown; a narrow terminal has fewer columns.
 */
export function progressTable(lines: readonly RunLine[], now: number, screen: Screen): string {
  const { renderTable, colours, metric, parallel } = screen;
  const shown = fitting(lines, Math.max(1, screen.rows - 4));
  const columns: Column[] = [
    { title: colours.dim("attention") },
    { title: colours.dim("seed"), align: "right" },
    { title: "" },
    { title: colours.dim("step"), align: "right" },
    { title: colours.dim("loss"), align: "right" },
    { title: colours.dim(metric), align: "right" },
    { title: colours.dim("time left"), align: "right" },
  ];
  const rows = shown.map((line) => cells(line, metric, colours));
  const tableWithout = (left: readonly number[]): string => {
    const kept = <T>(values: readonly T[]): T[] => values.filter((_, i) => !left.includes(i));
    return renderTable(kept(columns), rows.map(kept));
  };
  const fits = (table: string): boolean => width(table) <= screen.columns;
  let table = tableWithout([]);
  for (let n = 1; n <= DISPENSABLE.length && !fits(table); n++) table = tableWithout(DISPENSABLE.slice(0, n));
  const having = (wanted: RunLine["state"]): number => lines.filter(({ state }) => state === wanted).length;
  const [finished, failed] = [having("finished"), having("failed")];
  const stopped = lines.some(({ state }) => state === "interrupted");
  const left = stopped ? null : totalTimeLeft(lines, now, parallel);
  const hidden = lines.length - shown.length;
  const summary = [
    `${finished} of ${format.plural(lines.length, "run")} finished`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(hidden > 0 ? [`${hidden} not shown`] : []),
    ...(left !== null && finished < lines.length ? [`about ${format.wait(left)} left`] : []),
  ];
  return `${table}\n${colours.dim(summary.join(", "))}`;
}

const width = (text: string): number =>
  Math.max(...text.split("\n").map((line) => stripVTControlCharacters(line).length));

function fitting(lines: readonly RunLine[], most: number): readonly RunLine[] {
  if (lines.length <= most) return lines;
  const dispensable = [
    ...lines.filter(({ state }) => state === "waiting").toReversed(),
    ...lines.filter(({ state }) => state === "finished"),
    ...lines.toReversed(),
  ];
  const dropped = new Set<RunLine>();
  for (const line of dispensable) {
    if (lines.length - dropped.size <= most) break;
    dropped.add(line);
  }
  return lines.filter((line) => !dropped.has(line));
}

function cells(line: RunLine, column: string, colours: Colours): string[] {
  const { attention, seed, reused, state, step, totalSteps, loss, metric, judgedBy, secondsLeft, seconds } = line;
  const moving = state !== "waiting" && state !== "preparing" && !(state === "failed" && totalSteps === 0);
  const end =
    state === "finished"
      ? colours.green(reused ? "finished before" : seconds === null ? "done" : `done, ${format.duration(seconds)}`)
      : state === "training"
        ? secondsLeft === null
          ? ""
          : format.wait(secondsLeft)
        : state === "interrupted"
          ? colours.yellow("interrupted")
          : state === "failed"
            ? colours.red("failed")
            : colours.dim(state);
  return [
    attention,
    String(seed),
    moving ? bar(totalSteps === 0 ? 0 : step / totalSteps, colours) : "",
    moving ? `${format.count(step)}/${format.count(totalSteps)}` : "",
    loss === null ? "" : format.loss(loss),
    metric === null ? "" : `${(judgedBy ?? column) === column ? "" : `${judgedBy} `}${format.metric(metric)}`,
    end,
  ];
}

/** One run as a line of plain text, for a file or a pipe. */
export function progressLine(line: RunLine, metric: string): string {
  const { attention, seed, reused, state, step, totalSteps, loss, secondsLeft, seconds } = line;
  const name = `${attention} seed ${seed}:`;
  const value = line.metric === null ? [] : [`${line.judgedBy ?? metric} ${format.metric(line.metric)}`];
  const lossText = loss === null ? [] : [`loss ${format.loss(loss)}`];
  if (state === "finished") {
    const time = seconds === null || reused ? [] : [format.duration(seconds)];
    return `${name} finished${reused ? " before" : ""}, test ${[...value, ...lossText, ...time].join(", ")}`;
  }
  if (state === "interrupted") return `${name} interrupted after step ${format.count(step)}`;
  if (state === "waiting" || state === "preparing" || state === "failed") return `${name} ${state}`;
  const time = secondsLeft === null || state === "testing" ? [] : [`${format.wait(secondsLeft)} left`];
  const position = `step ${format.count(step)} of ${format.count(totalSteps)}`;
  return `${name} ${[position, ...lossText, ...value.map((text) => `validation ${text}`), ...time].join(", ")}`;
}
