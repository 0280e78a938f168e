import { holm } from "./holm.ts";
import type { RawComparison } from "./pairs.ts";
import type { Compared, StudyDocument, TestFamilies } from "./study-document.ts";

/** Comparisons before their p-values are corrected. */
export type RawCompared = Readonly<Record<keyof Compared, readonly RawComparison[]>>;

export interface Corrected {
  /** of a comparison; null where it has no test */
  pHolm(comparison: RawComparison): number | null;
  readonly tests: StudyDocument["tests"];
}

/**
 * Corrects p-values by Holm in four families: differences over settings of all tasks, for they are what a study asks, and
 * those in single settings, which may be hundreds and must not make its question unanswerable; each for the metric and
 * for the loss. A task of one setting has the same comparisons in both places: they count over settings, once.
 */
export function correct(tasks: readonly (RawCompared & { readonly settings: readonly RawCompared[] })[]): Corrected {
  const known = new Map<RawComparison, number>();
  const family = (comparisons: readonly RawComparison[]): number => {
    const tests = comparisons.flatMap((comparison) => (comparison.p === null ? [] : [{ comparison, p: comparison.p }]));
    const corrected = holm(tests.map(({ p }) => p));
    for (const [i, { comparison }] of tests.entries()) known.set(comparison, corrected[i] ?? 1);
    return tests.length;
  };
  const several = tasks.filter(({ settings }) => settings.length > 1);
  const families = (of: keyof RawCompared): TestFamilies => ({
    overall: family(tasks.flatMap((task) => task[of])),
    settings: family(several.flatMap(({ settings }) => settings.flatMap((setting) => setting[of]))),
  });
  const tests = { metric: families("comparisons"), loss: families("lossComparisons") };
  return { pHolm: (comparison) => known.get(comparison) ?? null, tests };
}
