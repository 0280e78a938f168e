import type { RunEvent } from "../../train/events.ts";

/** One run as progress shows it. */
export interface RunLine {
  readonly attention: string;
  readonly seed: number;
  /** finished before this command, so its result is only used again */
  readonly reused: boolean;
  readonly state: "waiting" | "preparing" | "training" | "testing" | "finished" | "failed" | "interrupted";
  readonly step: number;
  readonly totalSteps: number;
  /** of the latest steps, smoothed */
  readonly loss: number | null;
  /** metric of the newest evaluation on validation, or of the test once it is finished */
  readonly metric: number | null;
  /** name of the metric that a finished run is judged by */
  readonly judgedBy: string | null;
  /** when the first step of this process began, in seconds of the clock that `advance` is given */
  readonly begun: { readonly time: number; readonly step: number } | null;
  readonly secondsLeft: number | null;
  /** that training took, once it is finished */
  readonly seconds: number | null;
}

export function waitingLine(attention: string, seed: number, reused = false): RunLine {
  const nothing = { loss: null, metric: null, judgedBy: null, begun: null, secondsLeft: null, seconds: null };
  return { attention, seed, reused, state: "waiting", step: 0, totalSteps: 0, ...nothing };
}

/** The line of a run that ended with an error. */
export const failedLine = (line: RunLine): RunLine => ({ ...line, state: "failed", secondsLeft: null });

/** Seconds between events that were told at once. */
const TOGETHER = 0.05;

/** Weight of the newest loss in the running mean. */
const smoothing = 0.1;

/** The line after an event at `now`, in seconds of any clock that only goes forward. */
export function advance(line: RunLine, event: RunEvent, now: number): RunLine {
  switch (event.kind) {
    case "created":
      return { ...line, state: "preparing" };
    case "started": {
      const { step, totalSteps } = event;
      return { ...line, state: "training", step, totalSteps, begun: { time: now, step } };
    }
    case "step": {
      // What comes together with the start was trained before it was heard of: a queue brings news once a second.
      const begun =
        line.begun !== null && now - line.begun.time < TOGETHER ? { ...line.begun, step: event.step } : line.begun;
      const loss = line.loss === null ? event.loss : line.loss + smoothing * (event.loss - line.loss);
      const next = { ...line, step: event.step, loss, begun };
      return {
        ...next,
        state: event.step >= line.totalSteps ? "testing" : "training",
        secondsLeft: timeLeft(next, now),
      };
    }
    case "evaluated":
      return { ...line, metric: event.metric };
    case "interrupted":
      return { ...line, state: "interrupted", step: event.step, secondsLeft: null };
    case "finished": {
      const { steps, loss, metric, test, seconds } = event.result;
      return {
        ...line,
        state: "finished",
        step: steps,
        totalSteps: steps,
        loss,
        metric: test,
        judgedBy: metric,
        seconds,
        secondsLeft: null,
      };
    }
    case "checkpointed":
    case "sample":
    case "warning":
      return line;
  }
}

/** Steps that are left at the pace of this process so far, with its evaluations. */
function timeLeft({ begun, step, totalSteps }: RunLine, now: number): number | null {
  if (begun === null || step <= begun.step) return null;
  return ((now - begun.time) / (step - begun.step)) * (totalSteps - step);
}

/** How many runs are under way. */
export const underWay = (lines: readonly RunLine[]): number =>
  lines.filter(({ state }) => state === "preparing" || state === "training" || state === "testing").length;

/** Seconds until all runs are finished, `parallel` at a time, or null while no run has a pace. */
export function totalTimeLeft(lines: readonly RunLine[], now: number, parallel: number): number | null {
  const paced = lines.filter(({ begun, step }) => begun !== null && step > begun.step);
  if (paced.length === 0) return null;
  const pace = paced.map(({ begun, seconds, step }) => {
    if (seconds !== null) return seconds / Math.max(1, step);
    return (now - (begun?.time ?? now)) / (step - (begun?.step ?? 0));
  });
  const perStep = pace.reduce((sum, value) => sum + value, 0) / pace.length;
  const typical = Math.max(...lines.map(({ totalSteps }) => totalSteps));
  const steps = lines.reduce((sum, line) => {
    if (line.state === "finished" || line.state === "failed") return sum;
    return sum + (line.totalSteps === 0 ? typical : line.totalSteps) - line.step;
  }, 0);
  // The last ones have as long as the slowest of them, however many would have room beside it.
  const longest = Math.max(0, ...lines.map(({ secondsLeft }) => secondsLeft ?? 0));
  return Math.max((steps * perStep) / parallel, longest);
}
