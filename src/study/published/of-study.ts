import type { Study } from "../study.ts";
import { publications } from "./index.ts";
import { SCALES, type Publication } from "./publication.ts";

/**
 * The table that a study repeats: one of the name of its file, such as "synthetic-quick", and of its tasks alone. Whatever
 * else a study of that name changes is told as a difference to the publication.
 */
export function publicationOf({ name, settings }: Pick<Study, "name" | "settings">): Publication | undefined {
  return publications.find((publication) => {
    const tasks = new Set(publication.figures.map(({ task }) => task));
    return (
      SCALES.some((scale) => name === `${publication.name}-${scale}`) && settings.every(({ task }) => tasks.has(task))
    );
  });
}
