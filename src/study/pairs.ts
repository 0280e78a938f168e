import { LEAST_FOR_BOOTSTRAP } from "./bootstrap.ts";
import { pairedTest } from "./paired-test.ts";
import { hasNoSpread, mean, meanInterval } from "./statistics.ts";
import type { ComparisonDocument } from "./study-document.ts";

/** Pairs of one setting: the same seeds with two formulations. */
export interface SettingPairs {
  /** formulation minus baseline of each seed that finished with both */
  readonly differences: readonly number[];
  /** seeds of the study */
  readonly planned: number;
}

/** A comparison before its p-value is corrected together with others. */
export type RawComparison = Omit<ComparisonDocument, "pHolm">;

/** Two formulations whose difference is asked for: `attention` minus `baseline`. */
export type Sides = Pick<ComparisonDocument, "attention" | "baseline">;

/** Every two formulations, the later minus the earlier; those with the first come first. */
export const everyTwo = (names: readonly string[]): Sides[] =>
  names.flatMap((baseline, i) => names.slice(i + 1).map((attention) => ({ attention, baseline })));

/**
 * Compares two formulations. Within one setting the seeds are the units. Over several the settings are, each by the mean
 * of its pairs: seeds of a setting share all that the setting does to a difference, so they tell little of other settings
 * however many they are (Davison and Hinkley 1997, section 3.8: resample groups, keep what is inside).
 */
export function comparePairs(
  { attention, baseline }: Sides,
  settings: readonly SettingPairs[],
  higherIsBetter: boolean,
): RawComparison {
  const better = higherIsBetter ? 1 : -1;
  const pairs = settings.flatMap(({ differences }) => differences);
  const groups = settings.filter(({ differences }) => differences.length > 0);
  const units = settings.length === 1 ? pairs : groups.map(({ differences }) => mean(differences));
  const found = units.length === 0 ? { mean: null, low: null, high: null } : meanInterval(units);
  const interval = units.length >= LEAST_FOR_BOOTSTRAP ? ("bootstrap" as const) : ("student" as const);
  return {
    attention,
    baseline,
    pairs: pairs.length,
    ...found,
    ...(found.low === null ? {} : { interval }),
    p: pairedTest(units),
    wins: pairs.filter((value) => value * better > 0).length,
    losses: pairs.filter((value) => value * better < 0).length,
    ties: pairs.filter((value) => value === 0).length,
    caution: cautions(settings, units).join(" ") || null,
  };
}

/** What the pairs cannot say, in sentences. */
function cautions(settings: readonly SettingPairs[], units: readonly number[]): string[] {
  const planned = settings.reduce((sum, setting) => sum + setting.planned, 0);
  const pairs = settings.reduce((sum, { differences }) => sum + differences.length, 0);
  const [one, many] = settings.length === 1 ? ["seed", "seeds"] : ["setting", "settings"];
  const told: string[] = [];
  if (units.length === 0) told.push("No seed has finished with both formulations.");
  else if (units.length === 1) told.push(`One ${one} alone gives no spread to judge by: use 3 ${many} or more.`);
  else if (hasNoSpread(units)) told.push(`All ${units.length} ${many} give the same difference: there is no spread.`);
  else if (units.length === 2) told.push(`Two ${many} show only a difference far above their spread: use 3 or more.`);
  if (units.length > 0 && settings.length > 1 && settings.every(({ differences }) => differences.length < 2)) {
    told.push("One seed a setting does not tell what sizes do from what chance does.");
  }
  if (pairs > 0 && pairs < planned) {
    told.push(
      `${planned - pairs} of ${planned} pairs are missing, for a run failed or has not finished; where bad runs fail, ` +
        "those left look better.",
    );
  }
  return told;
}
