import { nothingToCompare, ONE_SEED } from "./conclusion.ts";
import { describeFinding, isPerfect } from "./finding.ts";
import { guessingLimit, reachedIn } from "./guessing.ts";
import type { TaskDocument } from "./study-document.ts";

/**
 * What a task's numbers support and what they do not, in one sentence: of the differences to the first formulation. A
 * difference is shown when its 95 % interval excludes 0 and its p-value, corrected as one of the study's `tests` over
 * settings, is below 0.05. `seeds` are those planned.
 */
export function answerOf(
  task: Omit<TaskDocument, "answer">,
  {
    attention,
    seeds,
    tests,
  }: { readonly attention: readonly string[]; readonly seeds: number; readonly tests: number },
): string {
  const { settings, formulations } = task;
  const comparisons = task.comparisons.filter(({ baseline }) => baseline === attention[0]);
  if (attention.length < 2) return nothingToCompare(attention[0] ?? "nothing");
  if (formulations.length === 0) return "No run has finished, so there is no answer.";
  const compared = comparisons.filter(({ pairs }) => pairs > 0);
  const most = Math.max(0, ...comparisons.map(({ pairs }) => pairs));
  if (most === 0) {
    return `No seed has finished with both ${attention[0] ?? ""} and another formulation, so there is nothing to compare.`;
  }
  if (settings.length === 1 && most === 1 && seeds === 1) return ONE_SEED;
  const findings = comparisons.map((comparison) => findingOf(task, comparison, tests));
  const missing = compared.reduce((sum, { pairs }) => sum + settings.length * seeds - pairs, 0);
  const tested = compared.filter(
    ({ pHolm, low, ties, pairs }) => pHolm !== null && low !== null && ties < pairs,
  ).length;
  return `${[
    ...opening(settings.length, seeds, findings),
    ...(tested === 0 || tests === 1 ? [] : [`${tested === 1 ? "" : "each "}p is corrected as one of ${tests} tests`]),
    ...guessingLimit(settings.map(reachedIn)),
    ...limits(settings.length, seeds, missing),
  ].join("; ")}.`;
}

function findingOf(
  { metric, higherIsBetter, settings, formulations }: Omit<TaskDocument, "answer">,
  { attention, baseline, pairs, mean, low, high, p, pHolm, ties }: TaskDocument["comparisons"][number],
  tests: number,
): string {
  if (mean === null) return `${attention} has no seed in common with ${baseline}`;
  const meanOf = (name: string): number | undefined => formulations.find((row) => row.attention === name)?.mean;
  return describeFinding({
    attention,
    baseline,
    metric,
    higherIsBetter,
    mean,
    low,
    high,
    unit: settings.length === 1 ? "seed" : "pair",
    allEqual: ties === pairs,
    solved: isPerfect(metric, meanOf(attention)) && isPerfect(metric, meanOf(baseline)),
    ...(p === null || pHolm === null ? {} : { test: { p, pHolm, tests } }),
  });
}

function opening(settings: number, seeds: number, [first = "", ...rest]: readonly string[]): string[] {
  const each = seeds === 1 ? "one seed" : `${seeds} seeds`;
  const from = settings === 1 ? `With ${each}` : `Over ${settings} settings with ${each} each`;
  return [`${from}, ${first}`, ...rest];
}

function limits(settings: number, seeds: number, missing: number): string[] {
  return [
    ...(missing === 0 ? [] : [`${missing} ${missing === 1 ? "pair is" : "pairs are"} missing`]),
    ...(settings > 1 && seeds === 1 ? ["one seed does not tell what sizes do from what chance does"] : []),
    settings === 1
      ? "this holds for these sizes and settings alone"
      : "this is about settings like these taken together, and a single one may differ",
  ];
}
