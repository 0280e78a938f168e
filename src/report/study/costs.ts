import type { SettingDocument, SettingRow, TaskDocument } from "../../study/study-document.ts";
import { orZero } from "../../study/statistics.ts";
import { bytes, count, large, milliseconds } from "../format.ts";
import { frontier, type Candidate } from "./frontier.ts";
import { problemOf } from "./words.ts";

/** What a model may cost, and how that is told. */
export interface CostKind {
  readonly name: string;
  /** as a budget of it is called */
  readonly short: string;
  /** the axis's title */
  readonly title: string;
  /** of numbers along the axis, as d3-format has it */
  readonly format: string;
  /** whether it is a time, which no two runs have the same */
  readonly timed: boolean;
  of(row: SettingRow): number | null;
  show(value: number): string;
}

/** Three digits: "17.3 µs", "1.25 ms" */
export const latency = (seconds: number): string =>
  seconds < 1e-4 ? `${(seconds * 1e6).toPrecision(3)} µs` : milliseconds(seconds);

export const COSTS: readonly CostKind[] = [
  {
    name: "parameters",
    short: "parameters",
    title: "parameters",
    format: "~s",
    timed: false,
    of: ({ parameters }) => parameters,
    show: count,
  },
  {
    name: "macs",
    short: "computation",
    title: "multiply-accumulates of one example",
    format: "~s",
    timed: false,
    of: ({ macs }) => macs,
    show: large,
  },
  {
    name: "cache",
    short: "cache",
    title: "cache, bytes a token",
    format: ",d",
    timed: false,
    of: ({ cacheBytesPerToken }) => cacheBytesPerToken,
    show: bytes,
  },
  {
    name: "latency",
    short: "latency",
    title: "milliseconds for one example",
    format: "~f",
    timed: true,
    of: ({ timing }) => timing.secondsPerExample,
    show: latency,
  },
];

export interface Offer extends Candidate {
  readonly setting: SettingDocument;
  readonly row: SettingRow;
}

/** Settings that differ in the model and its training alone: what they reach can be weighed against what they cost. */
export interface Problem {
  readonly varied: Readonly<Record<string, unknown>>;
  readonly settings: readonly SettingDocument[];
}

export function problemsOf({ settings }: TaskDocument): Problem[] {
  const problems = new Map<string, { varied: Problem["varied"]; settings: SettingDocument[] }>();
  for (const setting of settings) {
    const varied = problemOf(setting.varied);
    const key = JSON.stringify(varied);
    const problem = problems.get(key) ?? { varied, settings: [] };
    problems.set(key, problem);
    problem.settings.push(setting);
  }
  return [...problems.values()];
}

/** Everything that was trained for a problem, at its cost. */
export const offers = (problem: Problem, kind: CostKind): Offer[] =>
  problem.settings.flatMap((setting) =>
    setting.rows.flatMap((row) => {
      const cost = kind.of(row);
      return cost === null || row.runs.length === 0 ? [] : [{ cost, reached: orZero(row.mean), setting, row }];
    }),
  );

export const bestOffers = (problem: Problem, kind: CostKind, higherIsBetter: boolean): Offer[] =>
  frontier(offers(problem, kind), higherIsBetter);
