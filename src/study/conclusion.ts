import type { CompareRow } from "./document.ts";

/**
 * What the numbers of a comparison support and what they do not, in one sentence. A difference is shown when the
 * 95 % interval of its paired differences excludes 0.
 */
export function conclude(rows: readonly CompareRow[], higherIsBetter = true): string {
  const [baseline, ...others] = rows;
  if (baseline === undefined || others.length === 0) {
    return `Only ${baseline?.attention ?? "nothing"} was trained, so there is nothing to compare it with.`;
  }
  const seeds = baseline.runs.length;
  if (seeds < 2) {
    return (
      "With one seed there is no spread to judge by, so these numbers do not tell a difference between formulations " +
      "from chance; use 3 seeds or more."
    );
  }
  const findings = others.map((row) => finding(row, baseline, higherIsBetter)).join("; ");
  return `With ${seeds} seeds, ${findings}; this holds for these sizes and settings alone.`;
}

function finding(row: CompareRow, baseline: CompareRow, higherIsBetter: boolean): string {
  const { mean = 0, low, high } = row.difference ?? { mean: 0, low: null, high: null };
  const [name, other] = [row.attention, baseline.attention];
  if (low === null || high === null) return `${name} has no interval`;
  if (mean === 0 && low === high) {
    const solved = row.metric.includes("accuracy") && row.mean === 1;
    const meaning = solved ? "both solve the task fully, so it cannot rank them" : "no difference is shown";
    return `${name} equals ${other} on every seed: ${meaning}`;
  }
  const [size, from, to] = inUnits(row.metric, [Math.abs(mean), low, high]);
  const unit = row.metric.includes("accuracy") ? "points " : "";
  const side = mean >= 0 ? "above" : "below";
  const sense = higherIsBetter ? "" : "lower is better, ";
  const shown = low > 0 || high < 0;
  const verdict = shown ? "a difference is shown" : "no difference is shown, which does not prove that there is none";
  return `${name} is ${size} ${unit}${side} ${other} (${sense}95 % interval ${from} to ${to}): ${verdict}`;
}

/** Accuracies in points of a hundred, other metrics as they are; two digits where all are below 1. */
function inUnits(metric: string, values: readonly number[]): string[] {
  const scaled = values.map((value) => value * (metric.includes("accuracy") ? 100 : 1));
  const small = scaled.every((value) => Math.abs(value) < 1);
  const digits = metric.includes("accuracy") ? (small ? 2 : 1) : small ? 3 : 1;
  return scaled.map((value) =>
    value
      .toFixed(digits)
      .replace(/^-(?=0\.?0*$)/, "")
      .replace("-", "−"),
  );
}
