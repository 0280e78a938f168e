import type { RunEvent } from "../../train/events.ts";
import { coloursFor, print, type Io } from "../io.ts";
import { advance, failedLine, waitingLine, type RunLine } from "./state.ts";
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
  /** runs at the same time */
  readonly parallel: number;
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

async function liveView(io: Io, options: ProgressOptions): Promise<ProgressView> {
  const [{ createLogUpdate }, { loadTable }] = await Promise.all([
    import("log-update"),
    import("../../report/table.ts"),
  ]);
  const renderTable = await loadTable();
  const colours = coloursFor(io.err, io.env);
  const log = createLogUpdate(io.err as NodeJS.WriteStream);
  const { lines, update, fail, notice } = follow(options);
  let changed = true;
  const draw = (): void => {
    const { metric, parallel } = options;
    const rows = io.err.rows ?? 24;
    if (changed) log(progressTable(lines(), now(), { renderTable, colours, rows, metric, parallel }));
    changed = false;
  };
  const stop = (): void => log.persist(colours.yellow(stopping));
  options.signal.addEventListener("abort", stop, { once: true });
  const timer = setInterval(draw, redrawSeconds * 1000);
  timer.unref();
  draw();
  return {
    update(run, event) {
      update(run, event);
      changed = true;
      const text = notice(event);
      if (text !== null) log.persist(colours.yellow(text));
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
