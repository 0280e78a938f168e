import type { Task } from "../tasks/task.ts";
import { answerOf } from "./answer.ts";
import type { Cell, Setting } from "./cell.ts";
import { correct, type RawCompared } from "./families.ts";
import type { FinishedCell } from "./finished-cell.ts";
import type { Findings } from "./finished-cells.ts";
import { canonicalText } from "./identity.ts";
import { comparePairs, everyTwo, type RawComparison } from "./pairs.ts";
import { formulationRow, pairsOf, settingRow } from "./rows.ts";
import type { Study } from "./study.ts";
import type {
  Compared,
  FailureDocument,
  PublishedDocument,
  SettingRow,
  StudyDocument,
  TaskDocument,
} from "./study-document.ts";

export interface SummaryInput extends Findings {
  readonly study: Pick<Study, "name" | "attention" | "seeds" | "settings">;
  /** cells of the study */
  readonly planned: number;
  findTask(name: string): Pick<Task, "summary" | "metric" | "finalMetric" | "guessing">;
  /** command lines that make it again */
  readonly commands: readonly string[];
  readonly published?: PublishedDocument | undefined;
}

/** A setting's rows and comparisons, in the order of the study. */
interface SettingSummary extends RawCompared {
  readonly setting: Setting;
  readonly rows: readonly SettingRow[];
  readonly guessing: number | null;
}

interface RawTask extends Omit<TaskDocument, "answer" | "settings" | keyof Compared>, RawCompared {
  readonly settings: readonly SettingSummary[];
}

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
  const tasks = group(study.settings, ({ task, preset, entry }) => canonicalText({ task, preset, entry })).map(
    (settings) => summariseTask(settings, cells, input),
  );
  const { pHolm, tests } = correct(tasks);
  const withHolm = (comparison: RawComparison) => ({ ...comparison, pHolm: pHolm(comparison) });
  const compared = ({ comparisons, lossComparisons }: RawCompared): Compared => ({
    comparisons: comparisons.map(withHolm),
    lossComparisons: lossComparisons.map(withHolm),
  });
  const failures = new Map(failed.map((found) => [keyOfCell(found.cell), failureDocument(found)]));
  return {
    name: study.name,
    attention: study.attention,
    seeds: study.seeds,
    counts: { planned, finished: finished.length, failed: failed.length },
    tests,
    tasks: tasks.map((raw) => {
      const settings = raw.settings.map((setting) => {
        const { rows, guessing } = setting;
        return { varied: setting.setting.varied, guessing, rows, ...compared(setting) };
      });
      const task = { ...raw, settings, ...compared(raw) };
      const { attention, seeds } = study;
      const answer = answerOf(task, { attention, seeds: seeds.length, tests: tests.metric.overall });
      return { ...task, answer };
    }),
    failures: inOrder(study).flatMap((key) => failures.get(key) ?? []),
    commands,
    ...(published === undefined ? {} : { published }),
  };
}

/** Settings of one task and of entries that ask the same problem. */
function summariseTask(all: readonly Setting[], cells: Cells, { study, findTask }: SummaryInput): RawTask {
  const [{ task, preset, entry = {} } = { task: "", preset: "quick" as const }] = all;
  const definition = findTask(task);
  const { summary, metric: measured, finalMetric } = definition;
  const { name: metric, higherIsBetter } = finalMetric ?? measured;
  const metricIsLoss = finalMetric === undefined && measured.from === "loss";
  const compare = (measure: "test" | "loss", settings: readonly (readonly SettingRow[])[]): RawComparison[] =>
    everyTwo(study.attention).map((sides) => {
      const pairs = settings.map((rows) => pairsOf(rows, sides, measure, study.seeds.length));
      return comparePairs(sides, pairs, measure === "test" && higherIsBetter);
    });
  const compared = (settings: readonly (readonly SettingRow[])[]): RawCompared => ({
    comparisons: compare("test", settings),
    lossComparisons: metricIsLoss ? [] : compare("loss", settings),
  });
  const settings = all.map((setting): SettingSummary => {
    const rows = study.attention.flatMap((attention) => {
      const own = study.seeds.flatMap((seed) => cells.get(keyOf(setting, attention, seed)) ?? []);
      return own.length === 0 ? [] : [settingRow(attention, own)];
    });
    return { setting, rows, guessing: definition.guessing?.(setting.options) ?? null, ...compared([rows]) };
  });
  const { comparisons, lossComparisons } =
    settings.length === 1 && settings[0] !== undefined ? settings[0] : compared(settings.map(({ rows }) => rows));
  return {
    task,
    entry,
    summary,
    preset,
    metric,
    higherIsBetter,
    metricIsLoss,
    settings,
    formulations: study.attention.flatMap((attention) => formulationRow(attention, settings)),
    comparisons,
    lossComparisons,
  };
}

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

function group<T>(values: readonly T[], key: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const own = groups.get(key(value));
    if (own === undefined) groups.set(key(value), [value]);
    else own.push(value);
  }
  return [...groups.values()];
}
