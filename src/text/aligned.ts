import { KvtError } from "../errors.ts";

/** A text file's name, for errors, and its bytes as they are when unpacked. */
export interface TextFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface AlignedText {
  /** sentence n of `target` translates sentence n of `source` */
  readonly source: readonly string[];
  readonly target: readonly string[];
  /** pairs left out because a side is empty */
  readonly skipped: number;
}

function decode({ name, bytes }: TextFile): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const line = firstBadLine(bytes);
    throw new KvtError("data", `${name}: expected UTF-8 text, got other bytes in line ${line}`, {
      hint: "Convert the file to UTF-8.",
      cause,
    });
  }
}

/** Counted from 1; a line feed is never part of a longer UTF-8 sequence, so lines can be decoded one by one. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let line = 1, start = 0; ; line++) {
    const found = bytes.indexOf(10, start);
    try {
      decoder.decode(bytes.subarray(start, found < 0 ? bytes.length : found));
    } catch {
      return line;
    }
    if (found < 0) return line;
    start = found + 1;
  }
}

const IRREGULAR = /[^\S ]| {2}|^ | $/u;

/** A line in composed characters (NFC); tabs, no-break spaces and runs of blanks become one blank, ends have none. */
export function normalised(line: string): string {
  const composed = line.normalize("NFC");
  return IRREGULAR.test(composed) ? composed.replace(/\s+/gu, " ").trim() : composed;
}

/** Sentences of a text file, one a line. Throws a `data` error that names file and line where it is not UTF-8. */
export function linesOf(file: TextFile): string[] {
  const lines = decode(file).split(/\r?\n/u);
  if (lines.at(-1) === "") lines.pop();
  return lines.map(normalised);
}

/**
 * Pairs of two texts in which line n translates line n. A line that is empty on either side is an error, or its pair is
 * left out and counted with `skipEmpty`. Throws `data` errors that name file and line.
 */
export function alignedText(
  source: TextFile,
  target: TextFile,
  { skipEmpty }: { readonly skipEmpty: boolean },
): AlignedText {
  const [left, right] = [linesOf(source), linesOf(target)];
  if (left.length !== right.length) {
    const got = `${left.length} in ${source.name} and ${right.length} in ${target.name}`;
    throw new KvtError("data", `aligned files: expected as many lines in both, got ${got}`, {
      hint: "Line n of one file must translate line n of the other.",
    });
  }
  const whole = left.map((line, i) => line !== "" && right[i] !== "");
  const empty = whole.indexOf(false);
  if (empty >= 0 && !skipEmpty) {
    const { name } = left[empty] === "" ? source : target;
    throw new KvtError("data", `${name}: expected a sentence in each line, got an empty line ${empty + 1}`, {
      hint: "data.skipEmpty=true leaves out pairs with an empty side.",
    });
  }
  const kept = (lines: string[]) => (empty < 0 ? lines : lines.filter((_, i) => whole[i]));
  const [sentences, translations] = [kept(left), kept(right)];
  if (sentences.length === 0) {
    throw new KvtError("data", `${source.name}: expected at least one pair of sentences, got none`);
  }
  return { source: sentences, target: translations, skipped: left.length - sentences.length };
}
