import type { Compared, ComparisonDocument, StudyDocument, TaskDocument } from "../../study/study-document.ts";
import { count, plural } from "../format.ts";
import { columnsOf, left, right, type ReportTable } from "./table.ts";
import { ofLoss, ofMetric, probability, settingName, titleOf, type Difference } from "./words.ts";

type Tests = StudyDocument["tests"];

/** Which differences a table has: those over all settings, those in each, or both. */
type Part = "overall" | "settings" | "all";

/** Paired differences of a task's metric between every two formulations: over all settings, then in each. */
export const comparisonTable = (task: TaskDocument, id: string, { metric }: Tests, part: Part = "all"): ReportTable =>
  differenceTable(task, {
    part,
    name: `${id}-differences`,
    of: "comparisons",
    what: task.metric,
    write: ofMetric,
    tests: metric,
  });

/** The same of the loss on the test split; no rows where that is the metric. */
export const lossComparisonTable = (task: TaskDocument, id: string, { loss }: Tests, part: Part = "all"): ReportTable =>
  differenceTable(task, {
    part,
    name: `${id}-loss-differences`,
    of: "lossComparisons",
    what: "test loss",
    write: ofLoss,
    tests: loss,
  });

interface Differences {
  readonly part: Part;
  readonly name: string;
  readonly of: keyof Compared;
  readonly what: string;
  readonly write: Difference;
  readonly tests: Tests["metric"];
}

function differenceTable(task: TaskDocument, { part, name, of, what, write, tests }: Differences): ReportTable {
  const several = task.settings.length > 1;
  const where: { place: string; all: readonly ComparisonDocument[] }[] = [
    ...(part === "settings" ? [] : [{ place: several ? "all settings" : "the one setting", all: task[of] }]),
    ...(several && part !== "overall"
      ? task.settings.map((setting) => ({ place: settingName(setting.varied), all: setting[of] }))
      : []),
  ];
  const compared = where.flatMap(({ place, all }) => all.map((one) => ({ place, ...one })));
  const cautions = new Set(compared.flatMap(({ caution }) => (caution === null ? [] : [caution])));
  const difference = (value: number | null): string => (value === null ? "–" : write(value));
  return {
    name,
    caption: `${titleOf(task)}: differences of ${what} in pairs of the same ${part === "settings" ? "seed, in each setting" : "setting and seed"}`,
    columns: [
      left("setting"),
      left("difference"),
      right("pairs"),
      right("mean"),
      right("95 % interval"),
      right("p"),
      right("p, Holm"),
      right("better / equal / worse"),
    ],
    rows: compared.map((row) => [
      row.place,
      `${row.attention} − ${row.baseline}`,
      count(row.pairs),
      difference(row.mean),
      intervalCell(row, write),
      probability(row.p),
      probability(row.pHolm),
      `${row.wins} / ${row.ties} / ${row.losses}`,
    ]),
    notes: [...correction(tests, several, part), ...cautions],
    records: compared.map((row) => ({
      task: task.task,
      ...columnsOf(task.entry),
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

/** Which tests were corrected together; nothing where there are none. */
function correction({ overall, settings }: Tests["metric"], several: boolean, part: Part): string[] {
  const families = [
    ...(part === "settings" || overall === 0 ? [] : [`the ${plural(overall, "test")} over settings`]),
    ...(several && part !== "overall" && settings > 0 ? [`the ${plural(settings, "test")} in single settings`] : []),
  ];
  if (families.length === 0) return [];
  return [`Holm's correction is for ${families.join(" and, apart, for ")} of all tasks.`];
}

/** Ends of an interval; marked where it is Student's t. */
const intervalCell = ({ low, high, interval }: ComparisonDocument, write: Difference): string =>
  low === null || high === null ? "–" : `${write(low)} to ${write(high)}${interval === "student" ? " (t)" : ""}`;
