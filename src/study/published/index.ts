import { unknownWord } from "../../errors.ts";
import { chars } from "./chars.ts";
import { numbers } from "./numbers.ts";
import type { Publication } from "./publication.ts";
import { synthetic } from "./synthetic.ts";
import { translate } from "./translate.ts";
import { vision } from "./vision.ts";

/** Every table that `kvt reproduce` repeats. */
export const publications: readonly Publication[] = [synthetic, vision, chars, numbers, translate];

/** The table of that name. Throws a `usage` error with the nearest name when there is none. */
export function findPublication(name: string): Publication {
  const found = publications.find((publication) => publication.name === name);
  if (found !== undefined) return found;
  throw unknownWord(
    "usage",
    "table",
    name,
    publications.map((publication) => publication.name),
  );
}
