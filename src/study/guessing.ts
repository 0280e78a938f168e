import type { SettingDocument } from "./study-document.ts";

/** Means of the formulations at one setting, and the accuracy that guessing reaches there, where it is known. */
interface Reached {
  readonly means: readonly number[];
  readonly guessing: number | null;
}

export const reachedIn = ({ rows, guessing }: Pick<SettingDocument, "rows" | "guessing">): Reached => ({
  means: rows.map(({ mean }) => mean),
  guessing,
});

/** A mean that is less of the way from guessing to 1 tells little of how well a formulation learns. */
const LEARNED = 0.05;

/** Whether all of these accuracies are about what guessing reaches. */
export const onlyGuesses = ({ means, guessing }: Reached): boolean =>
  guessing !== null && means.length > 0 && means.every((mean) => mean - guessing < LEARNED * (1 - guessing));

/** What settings in which nothing was learned take from an answer, as a part of its sentence; none where all learned. */
export function guessingLimit(settings: readonly Reached[]): string[] {
  const finished = settings.filter(({ means }) => means.length > 0);
  const guessed = finished.filter(onlyGuesses);
  if (guessed.length === 0) return [];
  const levels = [...new Set(guessed.map(({ guessing }) => (guessing ?? 0).toPrecision(2)))].join(" or ");
  const everywhere = guessed.length === finished.length;
  const where = everywhere ? "" : `in ${guessed.length} of ${finished.length} settings `;
  const what = everywhere ? "this tells" : guessed.length === 1 ? "that one tells" : "those tell";
  return [
    `${where}no formulation gets far beyond guessing (${levels}), so ${what} little of how well formulations learn`,
  ];
}
