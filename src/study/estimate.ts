import { planSteps } from "../train/plan.ts";
import type { Calibration } from "../train/messages.ts";
import { runInProcess } from "../train/run-in-process.ts";
import type { Cell } from "./cell.ts";
import { canonicalText } from "./identity.ts";
import { processesOf } from "./local-engine.ts";
import type { StudyPlan } from "./plan-cells.ts";
import { runPool } from "./pool.ts";
import { mean } from "./statistics.ts";
import type { StudyStore } from "./study-store.ts";

/** Seconds that a cell's run takes on this machine while as many others run as it has room for. */
export type Estimate = (cell: Cell) => number | null;

export interface EstimateOptions {
  readonly data: string | undefined;
  readonly processes?: number | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

interface Point {
  readonly cell: Cell;
  readonly work: number;
  readonly calibration: Calibration;
}

/** Data of one task that are tried at most. */
const MOST_TRIED = 6;

/**
 * Estimates the time of every cell from a short calibration: of each task, its smallest and its largest model, and one
 * model for each of its data, take some steps in as many processes as a study would use. Between them the time of a step
 * is taken as a + b · (multiply-accumulates of its batch). Cells with a finished run of the same setting and formulation
 * take what that one took.
 */
export async function estimateTimes(
  { study, cells, costOf }: StudyPlan,
  store: StudyStore,
  { data, processes, signal, onProgress }: EstimateOptions,
): Promise<Estimate> {
  const known = new Map<string, number[]>();
  for (const cell of cells) {
    const state = store.stateOf(cell);
    if (state.kind !== "finished") continue;
    known.set(groupOf(cell), [...(known.get(groupOf(cell)) ?? []), state.result.seconds]);
  }
  const workOf = ({ setting, configuration: { attention, options } }: Cell): number =>
    costOf(setting, attention).macs * options.train.batch;
  const open = cells.filter((cell) => cell.configuration.seed === study.seeds[0] && !known.has(groupOf(cell)));
  const tried = [...new Set(open.map(({ setting }) => setting.task))].flatMap((task) => {
    return samples(
      open.filter(({ setting }) => setting.task === task),
      workOf,
    );
  });
  let done = 0;
  const calibrations = await runPool(
    tried,
    processesOf(cells, processes),
    async ({ configuration }, stop) => {
      const outcome = await runInProcess({ kind: "calibrate", configuration, data }, () => undefined, { signal: stop });
      onProgress?.(++done, tried.length);
      return outcome.kind === "calibrated" ? outcome.calibration : null;
    },
    signal,
  );
  const points = tried.flatMap((cell, i): Point[] => {
    const calibration = calibrations[i];
    return calibration === null || calibration === undefined ? [] : [{ cell, work: workOf(cell), calibration }];
  });
  return (cell) => {
    const seconds = known.get(groupOf(cell));
    return seconds === undefined ? secondsOf(cell, workOf(cell), points) : mean(seconds);
  };
}

const groupOf = ({ setting, configuration: { attention } }: Cell): string => `${setting.key}/${attention}`;
const dataOf = ({ configuration: { options } }: Cell): string => canonicalText(options.data);

/** The smallest and the largest model, and the largest for each of the data. */
function samples(cells: readonly Cell[], workOf: (cell: Cell) => number): Cell[] {
  const sorted = cells.toSorted((a, b) => workOf(a) - workOf(b));
  const largest = new Map(sorted.map((cell) => [dataOf(cell), cell]));
  const some = [...largest.values()].slice(-MOST_TRIED);
  return [...new Set([...sorted.slice(0, 1), ...some])];
}

function secondsOf(cell: Cell, work: number, points: readonly Point[]): number | null {
  const own = points.filter((point) => point.cell.setting.task === cell.setting.task);
  const like = own.find((point) => dataOf(point.cell) === dataOf(cell)) ?? own[0];
  if (like === undefined) return null;
  const { train } = cell.configuration.options;
  const { sizes, setupSeconds } = like.calibration;
  const { totalSteps, validatesAt } = planSteps(sizes.train, train);
  let evaluations = 0;
  for (let step = 1; step <= totalSteps; step++) if (validatesAt(step)) evaluations++;
  const examples = evaluations * sizes.validation + sizes.test;
  const modelRatio = work / train.batch / (like.work / like.cell.configuration.options.train.batch);
  const perExample = like.calibration.secondsPerExample * modelRatio;
  return setupSeconds + totalSteps * stepSeconds(work, own) + examples * perExample;
}

/** a + b · work through the points with the least and the most work, never below half of what the smallest takes. */
function stepSeconds(work: number, points: readonly Point[]): number {
  const sorted = points.toSorted((a, b) => a.work - b.work);
  const [low, high] = [sorted[0], sorted.at(-1)];
  if (low === undefined || high === undefined) return 0;
  const [from, to] = [low.calibration.secondsPerStep, high.calibration.secondsPerStep];
  if (high.work === low.work) return from;
  return Math.max(0.5 * from, from + ((to - from) * (work - low.work)) / (high.work - low.work));
}
