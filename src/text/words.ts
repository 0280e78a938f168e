/**
 * One token of a text: letters and digits with apostrophes, hyphens and "&" between them ("don't", "T-Shirt", "Q&A"), a
 * hyphen at a blank that stands for a part left out ("Haupt- und Nebenstraße"), points, commas and colons between digits
 * ("1,200.50"); a run of dots or hyphens; an emoji with what belongs to it; else one sign.
 */
export const WORD = [
  String.raw`(?:(?<![^\s“”"»])-(?=[\p{L}\p{N}]))?` +
    String.raw`[\p{L}\p{M}\p{N}]+(?:(?:['’\-‐‑&]|(?<=\p{N})[.,:](?=\p{N}))[\p{L}\p{M}\p{N}]+)*` +
    String.raw`(?:(?<=\p{L})-(?=[\s,.;]|$))?`,
  String.raw`\.{2,}|-{2,}|\p{RI}{2}`,
  String.raw`\p{ExtPict}[\u{FE0F}\p{EMod}]*(?:\u{200D}\p{ExtPict}[\u{FE0F}\p{EMod}]*)*`,
  String.raw`\S`,
].join("|");

const words = new RegExp(WORD, "gu");

/** Scripts that are written without blanks between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;

let segmenter: Intl.Segmenter | undefined;

function segments(run: string): string[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "word" });
  return Array.from(segmenter.segment(run), ({ segment }) => segment);
}

/**
 * Words, numbers and signs of a text in order; blanks are dropped, upper and lower case kept. A regular expression, for
 * `Intl.Segmenter` takes six times as long and tears "T-Shirt" apart; it cuts the words of scripts without blanks.
 */
export function wordsOf(text: string): readonly string[] {
  const found = text.match(words) ?? [];
  return UNSPACED.test(text) ? found.flatMap((run) => (UNSPACED.test(run) ? segments(run) : [run])) : found;
}
