import type { StudyPlan } from "../plan-cells.ts";
import type { PublishedDocument } from "../study-document.ts";
import { settingDifferences } from "./differences.ts";
import { ourFigure, settingsOf, type Finished } from "./ours.ts";
import type { Publication, PublishedFigure } from "./publication.ts";

/** A publication's figures beside ours, for the formulations and settings that the study has, and what still differs. */
export function besidePublished(
  publication: Publication,
  { study, cells }: Pick<StudyPlan, "study" | "cells">,
  finished: readonly Finished[],
): PublishedDocument {
  const rows = publication.figures.flatMap((figure) => {
    const settings = settingsOf(figure, publication, study);
    if (settings.length === 0) return [];
    const ours = ourFigure(figure, settings, finished);
    return [
      {
        task: figure.task,
        attention: figure.attention,
        figure: describe(figure, publication.metric),
        published: figure.value,
        ours: ours?.value ?? null,
        at: figure.at,
        over: figure.over,
        publishedDeviation: figure.deviation,
        ourDeviation: ours?.deviation ?? null,
        settings: ours?.settings ?? 0,
        runs: ours?.runs ?? 0,
      },
    ];
  });
  const missing =
    finished.length < cells.length ? [`not finished: ${cells.length - finished.length} of ${cells.length} cells`] : [];
  return { source: publication.source, rows, differences: [...missing, ...settingDifferences(publication, study)] };
}

function describe({ at, over }: PublishedFigure, metric: string): string {
  const place = Object.entries(at).map(([option, value]) => `${option}=${String(value)}`);
  return [`${metric}, mean over ${over}`, ...(place.length === 0 ? [] : [place.join(" ")])].join(", ");
}
