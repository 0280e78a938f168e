import type { Task } from "../tasks/task.ts";
import { median } from "../train/metrics.ts";
import { answerOf } from "./answer.ts";
import type { Cell, Setting } from "./cell.ts";
import type { FinishedCell } from "./finished-cell.ts";
import type { Findings } from "./finished-cells.ts";
import { holm } from "./holm.ts";
import { comparePairs, type RawComparison, type SettingPairs } from "./pairs.ts";
import { mean, populationDeviation, sampleDeviation } from "./statistics.ts";
import type { Study } from "./study.ts";
import type {
  FailureDocument,
  FormulationDocument,
  PublishedDocument,
  SettingRow,
  StudyDocument,
  StudyRun,
  TaskDocument,
} from "./study-document.ts";

export interface SummaryInput extends Findings {
  readonly study: Pick<Study, "name" | "attention" | "seeds" | "settings">;
  /** cells of the study */
  readonly planned: number;
  findTask(name: string): Pick<Task, "summary" | "metric" | "finalMetric">;
  /** command lines that make it again */
  readonly commands: readonly string[];
  readonly published?: PublishedDocument | undefined;
}

/** A setting's rows and the pairs of its comparisons, in the order of the study. */
interface SettingSummary {
  readonly setting: Setting;
  readonly rows: readonly SettingRow[];
  readonly pairs: ReadonlyMap<string, SettingPairs>;
  readonly comparisons: readonly RawComparison[];
}

type RawTask = Omit<TaskDocument, "answer" | "settings" | "comparisons"> & {
  readonly settings: readonly SettingSummary[];
  readonly comparisons: readonly RawComparison[];
};

/** Finished cells by setting, formulation and seed. */
type Cells = ReadonlyMap<string, FinishedCell>;
const keyOf = (setting: Setting, attention: string, seed: number): string => `${setting.key}/${attention}/${seed}`;

/**
 * The statistics of a study. A pure function of what has finished and failed: the order in which cells finished, the
 * machine and the hour do not matter.
 */
export function summariseStudy(input: SummaryInput): StudyDocument {
  const { study, planned, finished, failed, commands, published } = input;
  const cells: Cells = new Map(finished.map((found) => [keyOfCell(found.cell), found]));
  const tasks = group(study.settings, ({ task, preset }) => `${task}/${preset}`).map((settings) =>
    summariseTask(settings, cells, input),
  );
  // A task of one setting has the same comparisons in the setting and over all: one test each.
  const tested = [...new Set(tasks.flatMap((task) => [...task.settings, task].flatMap((part) => part.comparisons)))];
  const tests = tested.flatMap((comparison) => (comparison.p === null ? [] : [{ comparison, p: comparison.p }]));
  const corrected = holm(tests.map(({ p }) => p));
  const pHolm = new Map(tests.map(({ comparison }, i) => [comparison, corrected[i] ?? null]));
  const withHolm = (comparison: RawComparison) => ({ ...comparison, pHolm: pHolm.get(comparison) ?? null });
  const failures = new Map(failed.map((found) => [keyOfCell(found.cell), failureDocument(found)]));
  return {
    name: study.name,
    attention: study.attention,
    seeds: study.seeds,
    counts: { planned, finished: finished.length, failed: failed.length },
    tasks: tasks.map((raw) => {
      const settings = raw.settings.map(({ setting: { varied }, rows, comparisons }) => {
        return { varied, rows, comparisons: comparisons.map(withHolm) };
      });
      const task = { ...raw, settings, comparisons: raw.comparisons.map(withHolm) };
      const answer = answerOf(task, { attention: study.attention, seeds: study.seeds.length, tests: tests.length });
      return { ...task, answer };
    }),
    failures: inOrder(study).flatMap((key) => failures.get(key) ?? []),
    commands,
    ...(published === undefined ? {} : { published }),
  };
}

/** Settings of one task and preset. */
function summariseTask(all: readonly Setting[], cells: Cells, { study, findTask }: SummaryInput): RawTask {
  const [{ task, preset } = { task: "", preset: "quick" as const }] = all;
  const found = findTask(task);
  const { name: metric, higherIsBetter } = found.finalMetric ?? found.metric;
  const [baseline = "", ...others] = study.attention;
  const settings = all.map((setting): SettingSummary => {
    const rows = study.attention.flatMap((attention) => {
      const own = study.seeds.flatMap((seed) => cells.get(keyOf(setting, attention, seed)) ?? []);
      return own.length === 0 ? [] : [settingRow(attention, own)];
    });
    const pairs = new Map(others.map((name) => [name, pairsOf(rows, name, baseline, study.seeds.length)]));
    const comparisons = others.map((attention) =>
      comparePairs({ attention, baseline, higherIsBetter }, [pairs.get(attention) ?? NO_PAIRS]),
    );
    return { setting, rows, pairs, comparisons };
  });
  const [only] = settings;
  return {
    task,
    summary: found.summary,
    preset,
    metric,
    higherIsBetter,
    settings,
    formulations: study.attention.flatMap((attention) => formulation(attention, settings)),
    comparisons:
      settings.length === 1 && only !== undefined
        ? only.comparisons
        : others.map((attention) =>
            comparePairs(
              { attention, baseline, higherIsBetter },
              settings.map(({ pairs }) => pairs.get(attention) ?? NO_PAIRS),
            ),
          ),
  };
}

const NO_PAIRS: SettingPairs = { differences: [], planned: 0 };

function keyOfCell({ setting, configuration: { attention, seed } }: Cell): string {
  return keyOf(setting, attention, seed);
}

/** Keys of all cells, as the study lists settings, seeds and formulations. */
function inOrder({ settings, seeds, attention }: SummaryInput["study"]): string[] {
  return settings.flatMap((setting) => seeds.flatMap((seed) => attention.map((name) => keyOf(setting, name, seed))));
}

function failureDocument({ cell, failure: { message, hint } }: Findings["failed"][number]): FailureDocument {
  const { task, attention, seed } = cell.configuration;
  return { task, attention, seed, varied: cell.setting.varied, message, ...(hint === undefined ? {} : { hint }) };
}

function settingRow(attention: string, cells: readonly FinishedCell[]): SettingRow {
  const runs = cells.map(({ cell, folder, result }): StudyRun => {
    const { test, validation, loss, steps, seconds, device } = result;
    return { seed: cell.configuration.seed, folder, test, validation, loss, steps, timing: { seconds, device } };
  });
  const tests = runs.map(({ test }) => test);
  const [{ parameters, macs, cacheBytesPerToken } = { parameters: 0, macs: 0, cacheBytesPerToken: 0 }] = cells.map(
    ({ cost }) => cost,
  );
  const perExample = cells.flatMap(({ secondsPerExample }) => (secondsPerExample === null ? [] : [secondsPerExample]));
  return {
    attention,
    parameters,
    macs,
    cacheBytesPerToken,
    mean: mean(tests),
    std: sampleDeviation(tests),
    runs,
    timing: {
      secondsPerStep: median(cells.map(({ result }) => result.secondsPerStep)),
      secondsPerExample: perExample.length === 0 ? null : median(perExample),
    },
  };
}

/** Differences of the seeds that both have, in the order of seeds. */
function pairsOf(rows: readonly SettingRow[], attention: string, baseline: string, planned: number): SettingPairs {
  const runsOf = (name: string): readonly StudyRun[] => rows.find((row) => row.attention === name)?.runs ?? [];
  const others = new Map(runsOf(baseline).map(({ seed, test }) => [seed, test]));
  const differences = runsOf(attention).flatMap(({ seed, test }) => {
    const other = others.get(seed);
    return other === undefined ? [] : [test - other];
  });
  return { differences, planned };
}

/** A formulation over the settings in which it finished a run; nothing where it finished none. */
function formulation(attention: string, settings: readonly SettingSummary[]): FormulationDocument[] {
  const rows = settings.flatMap((setting) => setting.rows.filter((row) => row.attention === attention));
  if (rows.length === 0) return [];
  const means = rows.map((row) => row.mean);
  const variances = rows.flatMap(({ std }) => (std === null ? [] : [std ** 2]));
  const middle = mean(means);
  return [
    {
      attention,
      settings: rows.length,
      runs: rows.reduce((sum, { runs }) => sum + runs.length, 0),
      mean: middle,
      deviationOverSettings: sampleDeviation(means),
      deviationOverSeeds: variances.length === 0 ? null : Math.sqrt(mean(variances)),
      author: { mean: middle, deviation: populationDeviation(means) },
    },
  ];
}

function group<T>(values: readonly T[], key: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const own = groups.get(key(value));
    if (own === undefined) groups.set(key(value), [value]);
    else own.push(value);
  }
  return [...groups.values()];
}
