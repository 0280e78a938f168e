import type { RunEvent } from "../../train/events.ts";
import { coloursFor, print, type Io } from "../io.ts";
import { advance, failedLine, underWay, waitingLine, type RunLine } from "./state.ts";
import { progressLine, progressTable } from "./text.ts";

interface RunKey {
  readonly attention: string;
  readonly seed: number;
  /** of a planned run: "finished" when its result is only used again */
  readonly state?: string;
}

/** Shows how runs go on the error output, until it is closed. */
export interface ProgressView {
  update(run: RunKey, event: RunEvent): void;
  /** Shows that a run ended with an error. */
  fail(run: RunKey): void;
  /** Prints a line on an output that may be the same terminal, above what is shown. */
  above(output: Io["out"], text: string): void;
  close(): void;
}

interface ProgressOptions {
  readonly runs: readonly RunKey[];
  /** the metric's name */
  readonly metric: string;
  /** runs at the same time; null: as many as are seen, for others elsewhere decide it */
  readonly parallel: number | null;
  /** aborted by Ctrl-C, which the view answers */
  readonly signal: AbortSignal;
}

const stopping = "stopping, to keep what was done; Ctrl-C again ends at once";

/** A table that is drawn again and again on a terminal; elsewhere, now and then a line. */
export async function openProgress(io: Io, options: ProgressOptions): Promise<ProgressView> {
  const live = io.err.isTTY === true && io.env["TERM"] !== "dumb" && io.env["CI"] === undefined;
  return live ? liveView(io, options) : plainView(io, options);
}

const now = (): number => performance.now() / 1000;

interface Follower {
  readonly lines: () => readonly RunLine[];
  readonly update: (run: RunKey, event: RunEvent) => { readonly before: RunLine; readonly line: RunLine };
  readonly fail: (run: RunKey) => RunLine;
  /** a warning, why another device is used, or what a single run's model writes, the first time it comes up */
  readonly notice: (event: RunEvent) => string | null;
}

/** What every view does with an event: the lines go on, and what was said once is not said again. */
function follow({ runs }: ProgressOptions): Follower {
  const nameOf = ({ attention, seed }: RunKey): string => `${attention}/${seed}`;
  const lines = new Map(
    runs.map((run) => [nameOf(run), waitingLine(run.attention, run.seed, run.state === "finished")]),
  );
  const said = new Set<string>();
  return {
    lines: () => [...lines.values()],
    update(run, event) {
      const before = lines.get(nameOf(run)) ?? waitingLine(run.attention, run.seed);
      const line = advance(before, event, now());
      lines.set(nameOf(run), line);
      return { before, line };
    },
    fail(run) {
      const line = failedLine(lines.get(nameOf(run)) ?? waitingLine(run.attention, run.seed));
      lines.set(nameOf(run), line);
      return line;
    },
    notice(event) {
      const text =
        event.kind === "warning"
          ? `warning: ${event.message}${event.hint === undefined ? "" : `\nhint: ${event.hint}`}`
          : event.kind === "started" && event.device.reason !== undefined
            ? `device ${event.device.name}: ${event.device.reason}`
            : event.kind === "sample" && runs.length === 1
              ? `step ${event.step} writes:\n${event.text}\n`
              : null;
      if (text === null || said.has(text)) return null;
      said.add(text);
      return text;
    },
  };
}

const redrawSeconds = 0.1;
/** How long a run that ended may leave its place empty before it counts no more. */
const LATELY = 15;

/** The most runs that were under way at the same time lately, and at least one. */
export function seenAtOnce(): (lines: readonly RunLine[], now: number) => number {
  let seen: { readonly time: number; readonly count: number }[] = [];
  return (lines, time) => {
    const count = underWay(lines);
    seen = [...seen.filter((one) => time - one.time < LATELY && one.count > count), { time, count }];
    return Math.max(1, ...seen.map((one) => one.count));
  };
}

async function liveView(io: Io, options: ProgressOptions): Promise<ProgressView> {
  const [{ createLogUpdate }, { loadTable }] = await Promise.all([
    import("log-update"),
    import("../../report/table.ts"),
  ]);
  const renderTable = await loadTable();
  const colours = coloursFor(io.err, io.env);
  const log = createLogUpdate(io.err as NodeJS.WriteStream);
  const { lines, update, fail, notice } = follow(options);
  const seen = seenAtOnce();
  let changed = true;
  const draw = (): void => {
    if (!changed) return;
    changed = false;
    const time = now();
    const screen = {
      renderTable,
      colours,
      rows: io.err.rows ?? 24,
      columns: io.err.columns ?? 80,
      metric: options.metric,
      parallel: options.parallel ?? seen(lines(), time),
    };
    log(progressTable(lines(), time, screen));
  };
  /** Says something on the error output for good, with the table below it. */
  const say = (text: string): void => {
    log.persist(colours.yellow(text));
    changed = true;
    draw();
  };
  const stop = (): void => say(stopping);
  options.signal.addEventListener("abort", stop, { once: true });
  const timer = setInterval(draw, redrawSeconds * 1000);
  timer.unref();
  draw();
  return {
    update(run, event) {
      update(run, event);
      changed = true;
      const text = notice(event);
      if (text !== null) say(text);
    },
    fail(run) {
      fail(run);
      changed = true;
    },
    above(output, text) {
      log.clear();
      print(output, text);
      changed = true;
      draw();
    },
    close() {
      clearInterval(timer);
      options.signal.removeEventListener("abort", stop);
      draw();
      log.done();
    },
  };
}

/** Seconds between two lines of the same run. */
const lineSeconds = 10;

function plainView(io: Io, options: ProgressOptions): ProgressView {
  const { update, fail, notice } = follow(options);
  const told = new Map<string, number>();
  const stop = (): void => print(io.err, stopping);
  options.signal.addEventListener("abort", stop, { once: true });
  return {
    update(run, event) {
      const { before, line } = update(run, event);
      const text = notice(event);
      if (text !== null) print(io.err, text);
      const name = `${run.attention}/${run.seed}`;
      const isEnd = line.state !== before.state && (line.state === "finished" || line.state === "interrupted");
      const isDue =
        (event.kind === "step" || event.kind === "evaluated") && now() - (told.get(name) ?? 0) >= lineSeconds;
      if (event.kind === "started") told.set(name, now());
      if (!isEnd && !isDue) return;
      told.set(name, now());
      print(io.err, progressLine(line, options.metric));
    },
    fail: (run) => print(io.err, progressLine(fail(run), options.metric)),
    above: print,
    close: () => options.signal.removeEventListener("abort", stop),
  };
}
