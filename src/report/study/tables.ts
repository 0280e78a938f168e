import type { ComparisonDocument, SettingDocument, TaskDocument } from "../../study/study-document.ts";
import { bytes, count, large, metric, milliseconds, signed } from "../format.ts";
import { bestOffers, COSTS, latency, problemsOf, type Problem } from "./costs.ts";
import { left, right, type ReportTable, type TableColumn } from "./table.ts";
import { difference, probability, settingName, spread } from "./words.ts";

/** A task's formulations over all its settings. */
export function formulationTable({ task, metric: name, formulations }: TaskDocument, id: string): ReportTable {
  const deviation = (value: number | null): string => (value === null ? "–" : metric(value));
  return {
    name: `${id}-formulations`,
    caption: `${task}: ${name} on the test split, over all settings`,
    columns: [
      left("attention"),
      right("settings"),
      right("runs"),
      right("mean"),
      right("sd over settings"),
      right("sd over seeds"),
      right("author's figure"),
    ],
    rows: formulations.map((row) => [
      row.attention,
      count(row.settings),
      count(row.runs),
      metric(row.mean),
      deviation(row.deviationOverSettings),
      deviation(row.deviationOverSeeds),
      `${metric(row.author.mean)} ± ${metric(row.author.deviation)}`,
    ]),
    records: formulations.map((row) => ({
      task,
      attention: row.attention,
      settings: row.settings,
      runs: row.runs,
      mean: row.mean,
      deviation_over_settings: row.deviationOverSettings,
      deviation_over_seeds: row.deviationOverSeeds,
      author_mean: row.author.mean,
      author_deviation: row.author.deviation,
    })),
  };
}

/** Paired differences of a task: over all settings, then in each. */
export function comparisonTable(task: TaskDocument, id: string): ReportTable {
  const where: { place: string; all: readonly ComparisonDocument[] }[] = [
    { place: "all settings", all: task.comparisons },
    ...(task.settings.length > 1
      ? task.settings.map(({ varied, comparisons }) => ({ place: settingName(varied), all: comparisons }))
      : []),
  ];
  const compared = where.flatMap(({ place, all }) => all.map((one) => ({ place, ...one })));
  const cautions = new Set(compared.flatMap(({ caution }) => (caution === null ? [] : [caution])));
  const baseline = task.comparisons[0]?.baseline ?? "the first";
  return {
    name: `${id}-differences`,
    caption: `${task.task}: differences to ${baseline} in pairs of the same setting and seed`,
    columns: [
      left("setting"),
      left("attention"),
      right("pairs"),
      right("mean difference"),
      right("95 % interval"),
      right("p"),
      right("p, Holm"),
      right("better / equal / worse"),
    ],
    rows: compared.map((row) => [
      row.place,
      row.attention,
      count(row.pairs),
      difference(row.mean),
      intervalCell(row),
      probability(row.p),
      probability(row.pHolm),
      `${row.wins} / ${row.ties} / ${row.losses}`,
    ]),
    notes: [...cautions],
    records: compared.map((row) => ({
      task: task.task,
      setting: row.place,
      attention: row.attention,
      baseline: row.baseline,
      pairs: row.pairs,
      mean: row.mean,
      low: row.low,
      high: row.high,
      interval: row.interval ?? null,
      p: row.p,
      p_holm: row.pHolm,
      wins: row.wins,
      ties: row.ties,
      losses: row.losses,
      caution: row.caution,
    })),
  };
}

/** Ends of an interval; marked where it is Student's t. */
const intervalCell = ({ low, high, interval }: ComparisonDocument): string =>
  low === null || high === null ? "–" : `${signed(low)} to ${signed(high)}${interval === "student" ? " (t)" : ""}`;

/** Every setting and formulation: what was reached and what it costs. */
export function settingTable(task: TaskDocument, id: string): ReportTable {
  const all = rowsOf(task);
  return {
    name: `${id}-settings`,
    caption: `${task.task}: ${task.metric} on the test split, by setting; mean ± sd over n seeds`,
    columns: [
      ...settingTitle(task),
      left("attention"),
      right(task.metric),
      right("n"),
      right("parameters"),
      right("MACs/example"),
      right("cache/token"),
    ],
    rows: all.map(({ setting, row }) => [
      ...settingCell(task, setting),
      row.attention,
      row.runs.length === 0 ? "–" : spread(row.mean, row.std),
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
    caption: `${task.task}: time of a training step and of one example in a batch of the test`,
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
    caption: `${task.task}: the best that a budget buys`,
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
function variedColumns(task: TaskDocument, { varied }: SettingDocument): Record<string, string | number | boolean> {
  const keys = [...new Set(task.settings.flatMap((setting) => Object.keys(setting.varied)))];
  return Object.fromEntries(
    keys.map((key) => {
      const value = varied[key];
      const bare = typeof value === "number" || typeof value === "boolean" || typeof value === "string";
      return [key, bare ? value : (JSON.stringify(value) ?? "")];
    }),
  );
}
