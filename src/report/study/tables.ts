import type { OverSettings, SettingDocument, TaskDocument } from "../../study/study-document.ts";
import { bytes, count, large, loss, metric, milliseconds } from "../format.ts";
import { bestOffers, COSTS, latency, problemsOf, type Problem } from "./costs.ts";
import { columnsOf, left, right, type ReportTable, type TableColumn } from "./table.ts";
import { lossSpread, settingName, spread, titleOf } from "./words.ts";

/** A task's formulations over all its settings. */
export function formulationTable(task: TaskDocument, id: string): ReportTable {
  const { metric: name, formulations } = task;
  return {
    name: `${id}-formulations`,
    caption: `${titleOf(task)}: ${name} on the test split, over all settings`,
    columns: [
      left("attention"),
      right("settings"),
      right("runs"),
      right("mean"),
      right("sd over settings"),
      right("sd over seeds"),
      right("the author's way"),
    ],
    rows: formulations.map((row) => [
      row.attention,
      count(row.settings),
      count(row.runs),
      metric(row.mean),
      ...deviations(row, metric),
      `${metric(row.author.mean)} ± ${metric(row.author.deviation)}`,
    ]),
    records: formulations.map((row) => ({
      task: task.task,
      ...columnsOf(task.entry),
      attention: row.attention,
      settings: row.settings,
      runs: row.runs,
      mean: row.mean,
      deviation_over_settings: row.deviationOverSettings,
      deviation_over_seeds: row.deviationOverSeeds,
      author_mean: row.author.mean,
      author_deviation: row.author.deviation,
      validation_mean: row.validation.mean,
      validation_deviation_over_settings: row.validation.deviationOverSettings,
      validation_deviation_over_seeds: row.validation.deviationOverSeeds,
    })),
  };
}

/** The same of the loss on the test split; no rows where that is the metric. */
export function lossTable(task: TaskDocument, id: string): ReportTable {
  const all = task.metricIsLoss ? [] : task.formulations;
  return {
    name: `${id}-loss`,
    caption: `${titleOf(task)}: loss on the test split, nats a prediction, over all settings; lower is better`,
    columns: [left("attention"), right("mean"), right("sd over settings"), right("sd over seeds")],
    rows: all.map((row) => [row.attention, loss(row.loss.mean), ...deviations(row.loss, loss)]),
    records: all.map((row) => ({
      task: task.task,
      ...columnsOf(task.entry),
      attention: row.attention,
      settings: row.settings,
      runs: row.runs,
      mean: row.loss.mean,
      deviation_over_settings: row.loss.deviationOverSettings,
      deviation_over_seeds: row.loss.deviationOverSeeds,
    })),
  };
}

const deviations = (
  { deviationOverSettings, deviationOverSeeds }: OverSettings,
  write: (value: number) => string,
): string[] => [deviationOverSettings, deviationOverSeeds].map((value) => (value === null ? "–" : write(value)));

/** Every setting and formulation: what was reached and what it costs. */
export function settingTable(task: TaskDocument, id: string): ReportTable {
  const all = rowsOf(task);
  return {
    name: `${id}-settings`,
    caption: `${titleOf(task)}: ${task.metric} on the test split, by setting; mean ± sd over n seeds`,
    columns: [
      ...settingTitle(task),
      left("attention"),
      right(task.metric),
      ...(task.metricIsLoss ? [] : [right("test loss")]),
      right("n"),
      right("parameters"),
      right("MACs/example"),
      right("cache/token"),
    ],
    rows: all.map(({ setting, row }) => [
      ...settingCell(task, setting),
      row.attention,
      row.runs.length === 0 ? "–" : spread(row.mean, row.std),
      ...(task.metricIsLoss ? [] : [row.runs.length === 0 ? "–" : lossSpread(row.loss.mean, row.loss.std)]),
      count(row.runs.length),
      count(row.parameters),
      large(row.macs),
      bytes(row.cacheBytesPerToken),
    ]),
    records: all.map(({ setting, row }) => ({
      task: task.task,
      ...variedColumns(task, setting),
      attention: row.attention,
      mean: row.runs.length === 0 ? null : row.mean,
      std: row.std,
      loss_mean: row.runs.length === 0 ? null : row.loss.mean,
      loss_std: row.loss.std,
      validation_mean: row.runs.length === 0 ? null : row.validation.mean,
      validation_std: row.validation.std,
      seeds: row.runs.length,
      parameters: row.parameters,
      macs: row.macs,
      cache_bytes_per_token: row.cacheBytesPerToken,
    })),
  };
}

/** Times of the same, which no two runs have alike. */
export function timingTable(task: TaskDocument, id: string): ReportTable {
  const all = rowsOf(task).filter(({ row }) => row.runs.length > 0);
  const perExample = (seconds: number | null): string => (seconds === null ? "–" : latency(seconds));
  return {
    name: `${id}-timing`,
    caption: `${titleOf(task)}: time of a training step and of one example in a batch of the test`,
    columns: [...settingTitle(task), left("attention"), right("training step"), right("one example"), left("device")],
    rows: all.map(({ setting, row }) => [
      ...settingCell(task, setting),
      row.attention,
      milliseconds(row.timing.secondsPerStep),
      perExample(row.timing.secondsPerExample),
      [...new Set(row.runs.map(({ timing }) => timing.device))].join(", "),
    ]),
    records: all.map(({ setting, row }) => ({
      task: task.task,
      ...variedColumns(task, setting),
      attention: row.attention,
      seconds_per_step: row.timing.secondsPerStep,
      seconds_per_example: row.timing.secondsPerExample,
    })),
  };
}

/** The frontier of every problem and cost: from which budget on which model is the best. `timed`: of latency alone. */
export function budgetTable(
  task: TaskDocument,
  id: string,
  timed: boolean,
  problems: readonly Problem[] = problemsOf(task),
): ReportTable {
  const best = problems.flatMap((problem) =>
    COSTS.filter((kind) => kind.timed === timed).flatMap((kind) =>
      bestOffers(problem, kind, task.higherIsBetter).map((offer) => ({ kind, offer })),
    ),
  );
  return {
    name: `${id}-budget${timed ? "-timing" : ""}`,
    caption: `${titleOf(task)}: the best that a budget buys`,
    columns: [left("budget"), right("from"), left("ship"), ...settingTitle(task), right(task.metric)],
    rows: best.map(({ kind, offer }) => [
      kind.short,
      kind.show(offer.cost),
      offer.row.attention,
      ...settingCell(task, offer.setting),
      spread(offer.row.mean, offer.row.std),
    ]),
    records: best.map(({ kind, offer }) => ({
      task: task.task,
      budget: kind.name,
      from: offer.cost,
      attention: offer.row.attention,
      ...variedColumns(task, offer.setting),
      mean: offer.row.mean,
      std: offer.row.std,
    })),
  };
}

/** The column that tells settings apart, where there are several. */
const settingTitle = ({ settings }: TaskDocument): TableColumn[] => (settings.length > 1 ? [left("setting")] : []);
const settingCell = ({ settings }: TaskDocument, { varied }: SettingDocument): string[] =>
  settings.length > 1 ? [settingName(varied)] : [];

const rowsOf = (task: TaskDocument) =>
  task.settings.flatMap((setting) => setting.rows.map((row) => ({ setting, row })));

/** A column for every option that differs between the task's settings. */
function variedColumns(task: TaskDocument, { varied }: SettingDocument): ReportTable["records"][number] {
  const keys = [...new Set(task.settings.flatMap((setting) => Object.keys(setting.varied)))];
  return columnsOf(Object.fromEntries(keys.map((key) => [key, varied[key]])));
}
