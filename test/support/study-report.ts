import { sampleDeviation, pairedDifference, mean } from "../../src/study/statistics.ts";
import type {
  ComparisonDocument,
  SettingDocument,
  StudyDocument,
  TaskDocument,
} from "../../src/study/study-document.ts";
import { taskCost } from "../../src/tasks/cost.ts";
import { findTask } from "../../src/tasks/index.ts";
import { openRun } from "../../src/train/open-run.ts";

/** A setting's runs, which were trained for real, by formulation. */
export interface SettingFolders {
  readonly task: string;
  readonly varied: Readonly<Record<string, unknown>>;
  readonly folders: Readonly<Record<string, readonly string[]>>;
}

/** A document as `summarise` makes it, in its form; its statistics are plain ones, enough for a report to show. */
export function documentOfRuns(name: string, all: readonly SettingFolders[]): StudyDocument {
  const tasks = [...new Set(all.map(({ task }) => task))];
  const attention = [...new Set(all.flatMap(({ folders }) => Object.keys(folders)))];
  const documents = tasks.map((task) =>
    taskDocument(
      task,
      attention,
      all.filter((setting) => setting.task === task),
    ),
  );
  const runs = documents.flatMap(({ settings }) => settings.flatMap(({ rows }) => rows.flatMap((row) => row.runs)));
  return {
    name,
    attention,
    seeds: [...new Set(runs.map(({ seed }) => seed))].toSorted((a, b) => a - b),
    counts: { planned: runs.length, finished: runs.length, failed: 0 },
    tasks: documents,
    failures: [],
    commands: [`kvt study run studies/${name}.yaml`],
  };
}

function taskDocument(name: string, attention: readonly string[], all: readonly SettingFolders[]): TaskDocument {
  const task = findTask(name);
  const { higherIsBetter, name: metric } = task.finalMetric ?? task.metric;
  const settings = all.map(settingDocument);
  const values = (of: string): number[][] =>
    settings.map(({ rows }) => rows.find((row) => row.attention === of)?.runs.map(({ test }) => test) ?? []);
  const [baseline = ""] = attention;
  const others = attention.slice(1);
  return {
    task: name,
    summary: task.summary,
    preset: "quick",
    metric,
    higherIsBetter,
    answer: `Over ${settings.length} settings, ${others.join(" and ")} were compared with ${baseline}.`,
    settings,
    formulations: attention.map((of) => {
      const means = values(of).map(mean);
      const variances = values(of).map((runs) => (sampleDeviation(runs) ?? 0) ** 2);
      const middle = mean(means);
      return {
        attention: of,
        settings: means.length,
        runs: values(of).flat().length,
        mean: middle,
        deviationOverSettings: sampleDeviation(means),
        deviationOverSeeds: (values(of)[0]?.length ?? 0) > 1 ? Math.sqrt(mean(variances)) : null,
        author: { mean: middle, deviation: Math.sqrt(mean(means.map((value) => (value - middle) ** 2))) },
      };
    }),
    comparisons: others.map((of) => comparison(of, baseline, values(of).flat(), values(baseline).flat())),
  };
}

function settingDocument({ task: name, varied, folders }: SettingFolders): SettingDocument {
  const rows = Object.entries(folders).map(([attention, all]) => {
    const opened = all.map(openRun);
    const task = findTask(name);
    const options = opened[0]?.configuration.options;
    if (options === undefined) throw new Error(`no run of ${attention}`);
    const runs = opened.map(({ folder, configuration, result }) => {
      if (result === null) throw new Error(`${folder} is not finished`);
      const { test, validation, loss, steps, seconds, device } = result;
      return { seed: configuration.seed, folder, test, validation, loss, steps, timing: { seconds, device } };
    });
    const tests = runs.map(({ test }) => test);
    const secondsPerStep = opened[0]?.result?.secondsPerStep ?? 0;
    return {
      attention,
      ...taskCost(task, options, attention, {}),
      mean: mean(tests),
      std: sampleDeviation(tests),
      runs,
      timing: { secondsPerStep, secondsPerExample: secondsPerStep / options.train.batch / 3 },
    };
  });
  const [first, ...others] = rows;
  const tests = (row: typeof first): number[] => row?.runs.map(({ test }) => test) ?? [];
  const comparisons = others.map((row) => comparison(row.attention, first?.attention ?? "", tests(row), tests(first)));
  return { varied, rows, comparisons };
}

function comparison(
  attention: string,
  baseline: string,
  values: readonly number[],
  others: readonly number[],
): ComparisonDocument {
  const pairs = Math.min(values.length, others.length);
  const differences = values.slice(0, pairs).map((value, i) => value - (others[i] ?? 0));
  const interval = pairs === 0 ? null : pairedDifference(values.slice(0, pairs), others.slice(0, pairs));
  return {
    attention,
    baseline,
    pairs,
    mean: interval?.mean ?? null,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    p: pairs < 2 ? null : 0.031,
    pHolm: pairs < 2 ? null : 0.124,
    wins: differences.filter((value) => value > 0).length,
    losses: differences.filter((value) => value < 0).length,
    ties: differences.filter((value) => value === 0).length,
    caution: pairs < 2 ? "one seed has no spread" : null,
  };
}
