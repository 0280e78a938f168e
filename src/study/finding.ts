/** A difference between two formulations, to be put into words. */
export interface Finding {
  readonly attention: string;
  readonly baseline: string;
  readonly metric: string;
  readonly higherIsBetter: boolean;
  /** formulation minus baseline */
  readonly mean: number;
  /** ends of its 95 % interval */
  readonly low: number | null;
  readonly high: number | null;
  /** what is paired: "seed", or "pair" where there are several settings */
  readonly unit: "seed" | "pair";
  /** in every pair the same number */
  readonly allEqual: boolean;
  /** both reach an accuracy of 1 in every run */
  readonly solved: boolean;
  /** its p-value, and that corrected for `tests` tests; absent where the interval alone judges */
  readonly test?: { readonly p: number; readonly pHolm: number; readonly tests: number };
}

const LEVEL = 0.05;

/** What a difference is and whether the numbers show it, as a part of a sentence that claims no more than they support. */
export function describeFinding(finding: Finding): string {
  const { attention, baseline, metric, mean, low, high, unit, test } = finding;
  if (finding.allEqual) {
    const meaning = finding.solved ? "both solve the task fully, so it cannot rank them" : "no difference is shown";
    return `${attention} equals ${baseline} on every ${unit}: ${meaning}`;
  }
  const sense = finding.higherIsBetter ? [] : ["lower is better"];
  const [size = "", from = "", to = ""] = inUnits(metric, [Math.abs(mean), low ?? 0, high ?? 0]);
  const side = mean >= 0 ? "above" : "below";
  const what = `${attention} is ${size} ${isAccuracy(metric) ? "points " : ""}${side} ${baseline}`;
  if (low === null || high === null) {
    return `${[what, ...sense.map((text) => `(${text})`)].join(" ")}: without an interval, no difference is shown`;
  }
  const p = test === undefined ? [] : [`${test.tests > 1 ? "corrected p" : "p"} ${probability(test.pHolm)}`];
  const numbers = [...sense, `95 % interval ${from} to ${to}`, ...p].join(", ");
  return `${what} (${numbers}): ${verdict(low > 0 || high < 0, test)}`;
}

function verdict(excludesZero: boolean, test: Finding["test"]): string {
  if (!excludesZero) return "no difference is shown, which does not prove that there is none";
  // The bootstrap and the t-test are two ways to judge, and may fall on either side of the same line.
  if (test !== undefined && test.p >= LEVEL) {
    return `no difference is shown, for the interval excludes 0 but the test does not agree (p ${probability(test.p)})`;
  }
  if (test !== undefined && test.pHolm >= LEVEL) return "no difference is shown once the other tests are counted";
  return "a difference is shown";
}

const isAccuracy = (metric: string): boolean => metric.includes("accuracy");

/** Whether a mean of this metric says that every run was perfect. */
export const isPerfect = (metric: string, mean: number | undefined): boolean => isAccuracy(metric) && mean === 1;

const probability = (p: number): string => (p < 0.001 ? "below 0.001" : p.toFixed(p < 0.1 ? 3 : 2));

/** Accuracies in points of a hundred, other metrics as they are; two digits where all are below 1. */
function inUnits(metric: string, values: readonly number[]): string[] {
  const scaled = values.map((value) => value * (isAccuracy(metric) ? 100 : 1));
  const small = scaled.every((value) => Math.abs(value) < 1);
  const digits = isAccuracy(metric) ? (small ? 2 : 1) : small ? 3 : 1;
  return scaled.map((value) =>
    value
      .toFixed(digits)
      .replace(/^-(?=0\.?0*$)/, "")
      .replace("-", "−"),
  );
}
