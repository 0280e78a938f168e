import * as format from "../../report/format.ts";
import type { Cell } from "../../study/cell.ts";
import type { CellEngine, CellFailure } from "../../study/cell-engine.ts";
import { describe } from "../../study/plan-cells.ts";
import { runStudy, type StudyEvent } from "../../study/run-study.ts";
import type { Shard } from "../../study/shard.ts";
import type { StudyDocument } from "../../study/study-document.ts";
import { exitCodes, type ExitCode } from "../exit.ts";
import { coloursFor, print, printJson, type Io } from "../io.ts";
import { runsFolder } from "../options.ts";
import { reportInterruption } from "../outcome.ts";
import { openProgress, type ProgressView } from "../progress/view.ts";
import { openTensorBoard } from "../../train/tensorboard/tensorboard.ts";
import type { OpenedStudy } from "./open.ts";
import { answersOf, makeReport, type ReportOptions } from "./report.ts";

export interface RunOptions {
  /** what runs the cells; it is given where to tell what is no failure */
  readonly engine: (warn: (message: string) => void) => Promise<CellEngine>;
  /** runs at the same time, for the time that is left; null: as many as are seen to run */
  readonly parallel: number | null;
  readonly data: string | undefined;
  readonly shard: Shard | undefined;
  readonly retry: boolean;
  /** event files in the runs' folders */
  readonly tensorboard?: boolean;
  readonly json: boolean;
  /** takes what the command did, and the document of its report, instead of the standard output */
  readonly onDone?: (done: StudySummary, document: StudyDocument | undefined) => void;
  /** for the report */
  readonly again?: ReportOptions["again"];
  /** the command line, to be told how to go on */
  readonly line: string;
}

/** What a command did with a study, as its JSON says it. */
export interface StudySummary {
  readonly planned: number;
  readonly ran: number;
  readonly skipped: number;
  readonly failed: number;
  readonly left: number;
  /** null where nothing could be reported */
  readonly report: string | null;
}

/** How progress names a cell: task and setting stand before the formulation. */
const keyOf = ({ setting, configuration: { attention, seed } }: Cell) => ({
  attention: [setting.task, ...describe(setting), attention].join(" "),
  seed,
});

/** Runs what a study lacks, then writes its report. */
export async function runStudyHere({ plan, store }: OpenedStudy, options: RunOptions, io: Io): Promise<ExitCode> {
  const { parallel, data, shard, retry, json, again, line } = options;
  const signal = io.interruptible();
  let view: ProgressView | undefined;
  const { yellow } = coloursFor(io.err, io.env);
  const tell = (text: string): void => (view === undefined ? print(io.err, text) : view.above(io.err, text));
  const engine = await options.engine((message) => tell(`${yellow("warning:")} ${message}`));
  const board = options.tensorboard === true ? openTensorBoard() : undefined;
  const waiting: StudyEvent[] = [];
  const show = (event: StudyEvent): void => {
    if (view === undefined) waiting.push(event);
    else if (event.kind === "run") view.update(keyOf(event.cell), event.event);
    else if (event.kind === "outcome" && event.outcome.kind === "failed") {
      view.fail(keyOf(event.cell));
      tell(failureLine(event.cell, event.outcome.failure, io));
    }
  };
  const open = async (toRun: readonly Cell[]): Promise<void> => {
    view = await openProgress(io, { runs: toRun.map(keyOf), metric: "metric", parallel, signal });
    for (const event of waiting.splice(0)) show(event);
  };
  let opening: Promise<void> | undefined;
  const outcome = await runStudy({ plan, store, engine, data, shard, retry, signal }, (event) => {
    if (event.kind === "planned") {
      tellPlan(event, io);
      if (event.toRun.length > 0) opening = open(event.toRun);
      return;
    }
    show(event);
    const warning = event.kind === "run" ? board?.record(store.folderOf(event.cell), event.event) : undefined;
    if (event.kind === "run" && warning !== undefined) show({ ...event, event: warning });
  }).finally(async () => {
    board?.close();
    await opening;
    view?.close();
    view = undefined;
  });
  const { planned, ran, skipped, failed, left, stopped } = outcome;
  // Whoever pressed Ctrl-C wants the terminal back; "kvt study report" makes the report of what there is.
  const everything =
    stopped === "interrupted"
      ? null
      : await makeReport({ plan, store }, { data, partial: shard === undefined, again }, io);
  const report = everything?.file ?? null;
  const summary: StudySummary = { planned, ran, skipped, failed: failed.length, left, report };
  if (options.onDone !== undefined) options.onDone(summary, everything?.document);
  else if (json) printJson(io, summary);
  else {
    const parts = [
      `${ran} run`,
      `${skipped} finished before`,
      `${failed.length} failed`,
      ...(left > 0 ? [`${left} left`] : []),
    ];
    print(io.out, `${format.plural(planned, "cell")}: ${parts.join(", ")}`);
    for (const answer of everything === null ? [] : answersOf(everything.document, io)) print(io.out, `\n${answer}`);
    if (report !== null) print(io.out, `\nreport: ${report}`);
  }
  if (failed.length > 0) {
    print(
      io.err,
      `${format.plural(failed.length, "cell")} failed: kvt study status ${plan.study.file}${store.root === runsFolder ? "" : ` --out ${store.root}`} says why`,
    );
    print(io.err, `run them again with: ${line.includes("--retry") ? line : `${line} --retry`}`);
  }
  if (stopped !== null) {
    const why = stopped === "time" ? "the budget of time is used up; " : "";
    return reportInterruption(
      io,
      `${why}${planned - left} of ${planned} cells are done, all that was trained is kept in ${store.root}`,
      line,
    );
  }
  if (left > 0) {
    print(
      io.err,
      `${format.plural(left, "cell")} left to another command that runs them now, or that was killed just now`,
    );
    print(io.err, `once it has ended, go on with: ${line}`);
  }
  return failed.length > 0 || left > 0 ? exitCodes.failed : exitCodes.success;
}

function tellPlan({ cells, toRun }: Extract<StudyEvent, { kind: "planned" }>, io: Io): void {
  const having = (kind: string): number => cells.filter(([, state]) => state.kind === kind).length;
  const parts = [
    `${format.plural(cells.length, "cell")}`,
    `${having("finished")} finished before`,
    ...(having("failed") + having("damaged") > 0 ? [`${having("failed") + having("damaged")} failed before`] : []),
    `${toRun.length} to run`,
  ];
  print(io.err, parts.join(", "));
}

function failureLine(cell: Cell, { message, hint }: CellFailure, io: Io): string {
  const { red, dim } = coloursFor(io.err, io.env);
  const { attention, seed } = keyOf(cell);
  return `${red("failed:")} ${attention} seed ${seed}: ${message}${hint === undefined ? "" : `\n${dim(`hint: ${hint}`)}`}`;
}
