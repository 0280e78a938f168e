import { flatten } from "../../record.ts";
import type { Setting } from "../cell.ts";
import type { FinishedCell } from "../finished-cell.ts";
import { mean, populationDeviation } from "../statistics.ts";
import type { Study } from "../study.ts";
import type { Publication, PublishedFigure } from "./publication.ts";

/** What a study found for a published figure, computed as the author computes his. */
export interface OurFigure {
  readonly value: number;
  /** over the same as the published one; null for one setting or run alone */
  readonly deviation: number | null;
  readonly settings: number;
  readonly runs: number;
}

/** What is needed of a finished cell. */
export type Finished = Pick<FinishedCell, "cell" | "result">;

/**
 * Ours for a published figure: the mean over runs of every setting that it is about, then mean and population deviation
 * over settings; or mean and population deviation over all their runs. Null where no run is finished.
 */
export function ourFigure(
  figure: PublishedFigure,
  settings: readonly Setting[],
  finished: readonly Finished[],
): OurFigure | null {
  const tests = settings
    .map(({ key }) =>
      finished
        .filter(({ cell }) => cell.setting.key === key && cell.configuration.attention === figure.attention)
        .map(({ result }) => result.test),
    )
    .filter((runs) => runs.length > 0);
  const runs = tests.flat();
  if (runs.length === 0) return null;
  const values = figure.over === "settings" ? tests.map(mean) : runs;
  const deviation = values.length < 2 ? null : populationDeviation(values);
  return { value: mean(values), deviation, settings: tests.length, runs: runs.length };
}

/**
 * A study's settings that a published figure is about; none where the two cannot be compared. A figure of all the
 * author's settings is about all of ours, whichever they are; but where the table has figures of single settings too, it
 * is about those, and needs every one of them.
 */
export function settingsOf(figure: PublishedFigure, { figures }: Publication, study: Study): readonly Setting[] {
  if (!study.attention.includes(figure.attention)) return [];
  if (Object.keys(figure.at).length > 0) return settingsAt(figure, study);
  const parts = figures.filter(
    ({ task, attention, at }) => task === figure.task && attention === figure.attention && Object.keys(at).length > 0,
  );
  if (parts.length === 0) return settingsAt(figure, study);
  const found = parts.map((part) => settingsAt(part, study));
  return found.every((settings) => settings.length > 0) ? found.flat() : [];
}

function settingsAt({ task, at }: PublishedFigure, { settings }: Study): Setting[] {
  return settings.filter((setting) => {
    if (setting.task !== task) return false;
    const values = flatten(setting.options);
    return Object.entries(at).every(([option, value]) => values[option] === value);
  });
}
