import { median } from "../train/metrics.ts";
import type { FinishedCell } from "./finished-cell.ts";
import type { SettingPairs, Sides } from "./pairs.ts";
import { mean, orZero, populationDeviation, sampleDeviation } from "./statistics.ts";
import type { FormulationDocument, OverSeeds, OverSettings, SettingRow, StudyRun } from "./study-document.ts";

/** A number of a run that is summarised. */
export type Measure = "test" | "loss" | "validation";

/** A formulation at one setting, from its finished cells. */
export function settingRow(attention: string, cells: readonly FinishedCell[]): SettingRow {
  const runs = cells.map(({ cell, folder, result }): StudyRun => {
    const { test, validation, loss, steps, seconds, device } = result;
    return { seed: cell.configuration.seed, folder, test, validation, loss, steps, timing: { seconds, device } };
  });
  const over = (measure: Measure): OverSeeds => {
    const values = runs.map((run) => run[measure]);
    return { mean: mean(values), std: sampleDeviation(values) };
  };
  const [{ parameters, macs, cacheBytesPerToken } = { parameters: 0, macs: 0, cacheBytesPerToken: 0 }] = cells.map(
    ({ cost }) => cost,
  );
  const perExample = cells.flatMap(({ secondsPerExample }) => (secondsPerExample === null ? [] : [secondsPerExample]));
  return {
    attention,
    parameters,
    macs,
    cacheBytesPerToken,
    ...over("test"),
    loss: over("loss"),
    validation: over("validation"),
    runs,
    timing: {
      secondsPerStep: median(cells.map(({ result }) => result.secondsPerStep)),
      secondsPerExample: perExample.length === 0 ? null : median(perExample),
    },
  };
}

/** Differences of the seeds that both have, in the order of seeds. */
export function pairsOf(
  rows: readonly SettingRow[],
  { attention, baseline }: Sides,
  measure: Measure,
  planned: number,
): SettingPairs {
  const runsOf = (name: string): readonly StudyRun[] => rows.find((row) => row.attention === name)?.runs ?? [];
  const others = new Map(runsOf(baseline).map((run) => [run.seed, run[measure]]));
  const differences = runsOf(attention).flatMap((run) => {
    const other = others.get(run.seed);
    return other === undefined ? [] : [orZero(run[measure] - other)];
  });
  return { differences, planned };
}

/** A formulation over the settings in which it finished a run; nothing where it finished none. */
export function formulationRow(
  attention: string,
  settings: readonly { readonly rows: readonly SettingRow[] }[],
): FormulationDocument[] {
  const rows = settings.flatMap((setting) => setting.rows.filter((row) => row.attention === attention));
  if (rows.length === 0) return [];
  const means = rows.map((row) => row.mean);
  const over = overSettings(rows);
  return [
    {
      attention,
      settings: rows.length,
      runs: rows.reduce((sum, { runs }) => sum + runs.length, 0),
      ...over,
      loss: overSettings(rows.map(({ loss }) => loss)),
      validation: overSettings(rows.map(({ validation }) => validation)),
      author: { mean: over.mean, deviation: populationDeviation(means) },
    },
  ];
}

function overSettings(settings: readonly OverSeeds[]): OverSettings {
  const means = settings.map((setting) => setting.mean);
  const variances = settings.flatMap(({ std }) => (std === null ? [] : [std ** 2]));
  return {
    mean: mean(means),
    deviationOverSettings: sampleDeviation(means),
    deviationOverSeeds: variances.length === 0 ? null : Math.sqrt(mean(variances)),
  };
}
