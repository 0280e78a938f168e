import { gunzip } from "../data/gunzip.ts";
import { KvtError } from "../errors.ts";
import { random } from "../random.ts";
import { characterVocabulary, charactersOf } from "../text/characters.ts";
import { exampleIndex } from "./example-index.ts";
import type { DataEnvironment, Split, TaskData } from "./task.ts";
import { windowBatch } from "./token-windows.ts";

/** The text of a file that the user named, or Tiny Shakespeare. Throws a `data` error when it is no UTF-8. */
export async function readText(file: string, { read, readPath }: DataEnvironment): Promise<string> {
  const bytes = file === "" ? await read("tiny-shakespeare", "input.txt") : await readNamed(file, readPath);
  const name = file === "" ? "tiny-shakespeare/input.txt" : file;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await gunzip(bytes, name));
  } catch (cause) {
    if (cause instanceof KvtError) throw cause;
    throw new KvtError("data", `${name}: expected a text in UTF-8, got other bytes`, {
      hint: "Convert it, for example with iconv -t utf-8.",
      cause,
    });
  }
}

async function readNamed(file: string, readPath: DataEnvironment["readPath"]): Promise<Uint8Array> {
  if (readPath !== undefined) return readPath(file);
  throw new KvtError("data", `${file}: expected a place that has files, got one without, such as a browser`);
}

export interface TextParts {
  readonly characters: readonly string[];
  readonly train: Int32Array;
  readonly heldOut: Int32Array;
}

/**
 * A text as ids, cut into what is learned and its end, which is held out. Throws a `data` error when a part is shorter
 * than a window of `length` characters and the one that follows.
 */
export function splitText(text: string, length: number, share: number, file: string): TextParts {
  const characters = charactersOf(text);
  const ids = characterVocabulary(characters).encode(text);
  const cut = Math.floor(ids.length * (1 - share));
  const parts = { characters, train: ids.subarray(0, cut), heldOut: ids.subarray(cut) };
  const shorter = Math.min(parts.train.length, parts.heldOut.length);
  if (shorter <= length) {
    const name = file === "" ? "tiny-shakespeare/input.txt" : file;
    const got = `${parts.train.length} and ${parts.heldOut.length}`;
    throw new KvtError(
      "data",
      `${name}: expected more than ${length} characters to learn and to hold out, got ${got} of ${ids.length}`,
      { hint: "Take a longer text, or set data.length lower." },
    );
  }
  return parts;
}

/** Windows of an epoch of a short text, which would else be evaluated, kept and sampled every few steps. */
const EPOCH_WINDOWS = 8_000;

/**
 * Windows of T characters, each with the characters that follow theirs. Training windows begin anywhere, drawn anew for
 * (seed, epoch, index); the held-out windows lie side by side and are both validation and test, for nothing is chosen
 * by validation. Feeds: `ids` and `targets` (B,T) int32.
 */
export function characterData({ characters, train, heldOut }: TextParts, length: number, seed: number): TaskData {
  const windows = Math.floor((heldOut.length - 1) / length);
  const sizes = {
    train: Math.max(EPOCH_WINDOWS, Math.floor(train.length / length)),
    validation: windows,
    test: windows,
  };
  const start = (split: Split, index: number, epoch: number): number => {
    exampleIndex(split, index, sizes[split]);
    if (split !== "train") return index * length;
    return random(seed, `chars/window/${epoch}`, index).integer(train.length - length);
  };
  const source = (split: Split): Int32Array => (split === "train" ? train : heldOut);
  const { decode } = characterVocabulary(characters);

  return {
    sizes,
    dimensions: { vocabulary: characters.length },
    assets: { characters },
    batch(split, indices, epoch) {
      const starts = indices.map((index) => start(split, index, epoch));
      return windowBatch(source(split), starts, length);
    },
    describe(split, index) {
      const from = start(split, index, 0);
      const text = (at: number): string[] => Array.from(decode(source(split).subarray(at, at + length)));
      return { kind: "tokens", tokens: text(from), target: text(from + 1) };
    },
  };
}
