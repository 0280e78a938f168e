import type { CompareRow } from "./document.ts";
import { describeFinding, isPerfect } from "./finding.ts";
import { guessingLimit } from "./guessing.ts";

export const nothingToCompare = (attention: string): string =>
  `Only ${attention} was trained, so there is nothing to compare it with.`;

export const ONE_SEED =
  "With one seed there is no spread to judge by, so these numbers do not tell a difference between formulations from " +
  "chance; use 3 seeds or more.";

/**
 * What the numbers of a comparison support and what they do not, in one sentence. A difference is shown when the
 * 95 % interval of its paired differences excludes 0. `guessing` is what guessing reaches, where that is known.
 */
export function conclude(rows: readonly CompareRow[], higherIsBetter = true, guessing: number | null = null): string {
  const [baseline, ...others] = rows;
  if (baseline === undefined || others.length === 0) return nothingToCompare(baseline?.attention ?? "nothing");
  const seeds = baseline.runs.length;
  if (seeds < 2) return ONE_SEED;
  const parts = [
    ...others.map((row) => finding(row, baseline, higherIsBetter)),
    ...guessingLimit([{ means: rows.map(({ mean }) => mean), guessing }]),
    "this holds for these sizes and settings alone",
  ];
  return `With ${seeds} seeds, ${parts.join("; ")}.`;
}

function finding(row: CompareRow, baseline: CompareRow, higherIsBetter: boolean): string {
  const { attention, metric, runs } = row;
  const { mean = 0, low = null, high = null } = row.difference ?? {};
  return describeFinding({
    attention,
    baseline: baseline.attention,
    metric,
    higherIsBetter,
    mean,
    low,
    high,
    unit: "seed",
    allEqual: runs.every(({ test }, i) => test === baseline.runs[i]?.test),
    solved: isPerfect(metric, row.mean) && isPerfect(metric, baseline.mean),
  });
}
