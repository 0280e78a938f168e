import { KvtError } from "../errors.ts";
import { paddedLengths, shapeOf, similarLengthOrder, type PairLength } from "../text/similar-length.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { BEGIN, END, PADDING } from "../text/vocabulary.ts";
import { exampleIndex } from "./example-index.ts";
import type { ExampleDescription, Split, TaskData } from "./task.ts";
import type { Corpus } from "./translate-corpus.ts";

/** Different pairs of padded lengths in training: a training step is built for each. */
const SHAPES = 8;

/** Ids of sentences one after the other; sentence i is ids[starts[i]] … ids[starts[i+1] − 1]. */
interface Encoded {
  readonly ids: Int32Array;
  readonly starts: Int32Array;
}

/** Sentences as ids, each cut after `longest` tokens. */
function encodeAll(sentences: readonly string[], { encode }: Tokenizer, longest: number): Encoded {
  const all = sentences.map((sentence) => encode(sentence).ids.slice(0, longest));
  const starts = new Int32Array(all.length + 1);
  all.forEach((ids, i) => (starts[i + 1] = (starts[i] as number) + ids.length));
  const ids = new Int32Array(starts[all.length] as number);
  all.forEach((some, i) => ids.set(some, starts[i]));
  return { ids, starts };
}

const row = ({ ids, starts }: Encoded, index: number): Int32Array => ids.subarray(starts[index], starts[index + 1]);

export interface Sentences {
  readonly source: string;
  readonly target: string;
}

export interface TranslationData extends TaskData {
  /** an example as it was written */
  sentences(split: Split, index: number): Sentences;
}

export interface Tokenizers {
  readonly source: Tokenizer;
  readonly target: Tokenizer;
}

/** What encoder and decoder read of a pair of ids, and what is to be written, as people read it. */
export function pairDescription(
  { source, target }: Tokenizers,
  from: Iterable<number>,
  to: Iterable<number>,
): ExampleDescription {
  const text = ({ tokens }: Tokenizer, ids: readonly number[]): string[] => ids.map((id) => tokens[id] ?? "");
  return {
    kind: "tokens",
    tokens: text(source, [BEGIN, ...from, END]),
    decoded: text(target, [BEGIN, ...to]),
    target: text(target, [...to, END]),
  };
}

/**
 * Pairs of sentences for an encoder-decoder. Feeds, int32: `source` (B,S) holds begin, sentence, end; `decoded` (B,T)
 * begin, translation; `targets` (B,T) translation, end; all padded, in training to the least of a few (S,T) that holds
 * the batch.
 * Training pairs with a side of more than `length` tokens are left out; validation and test sentences are cut there.
 * Dimensions: `sourceVocabulary`, `targetVocabulary`. Throws a `data` error when no training pair is left.
 */
export function translationData(
  corpus: Corpus,
  tokenizers: Tokenizers,
  { length, seed }: { readonly length: number; readonly seed: number },
): TranslationData {
  const encodeSplit = (split: Split) => {
    // One token more than is allowed tells the sentences that are too long.
    const room = split === "train" ? length + 1 : length;
    const { source, target } = corpus[split];
    return {
      source: encodeAll(source, tokenizers.source, room),
      target: encodeAll(target, tokenizers.target, room),
    };
  };
  const encoded = { train: encodeSplit("train"), validation: encodeSplit("validation"), test: encodeSplit("test") };
  /** with begin and end in `source`, and one of them in `target` */
  const lengthOf = (split: Split, line: number): PairLength => ({
    source: row(encoded[split].source, line).length + 2,
    target: row(encoded[split].target, line).length + 1,
  });
  const kept = Int32Array.from(corpus.train.source.keys()).filter((line) => {
    const { source, target } = lengthOf("train", line);
    return source <= length + 2 && target <= length + 1;
  });
  if (kept.length === 0) {
    throw new KvtError("data", `training pairs: expected one of at most ${length} tokens a side, got none`, {
      hint: "Set data.length higher.",
    });
  }
  const lengths = Array.from(kept, (line) => lengthOf("train", line));
  const shapes = [...paddedLengths(lengths, SHAPES), { source: length + 2, target: length + 1 }];
  const shapeIndices = Int32Array.from(lengths, (pair) => shapeOf(shapes, pair));
  const sizes = {
    train: kept.length,
    validation: corpus.validation.source.length,
    test: corpus.test.source.length,
  };
  const lineOf = (split: Split, index: number): number => {
    exampleIndex(split, index, sizes[split]);
    return split === "train" ? (kept[index] as number) : index;
  };
  /** A training step is built for each shape; an evaluation runs at any. */
  const trainingShape = (lines: readonly number[]): PairLength => {
    const longest = Math.max(...lines.map((line) => shapeOf(shapes, lengthOf("train", line))));
    return shapes[longest] as PairLength;
  };
  const longestOf = (lines: readonly number[], split: Split): PairLength => {
    const pairs = lines.map((line) => lengthOf(split, line));
    return {
      source: Math.max(...pairs.map(({ source }) => source)),
      target: Math.max(...pairs.map(({ target }) => target)),
    };
  };

  return {
    sizes,
    dimensions: {
      sourceVocabulary: tokenizers.source.tokens.length,
      targetVocabulary: tokenizers.target.tokens.length,
    },
    assets: { source: tokenizers.source.toJSON(), target: tokenizers.target.toJSON() },
    order: (epoch, batch) => similarLengthOrder(shapeIndices, { seed, epoch, batch }),
    batch(split, indices) {
      const lines = Array.from(indices, (index) => lineOf(split, index));
      const { source: S, target: T } = split === "train" ? trainingShape(lines) : longestOf(lines, split);
      const [source, decoded, targets] = [S, T, T].map((n) => new Int32Array(lines.length * n).fill(PADDING)) as [
        Int32Array,
        Int32Array,
        Int32Array,
      ];
      lines.forEach((line, b) => {
        const from = row(encoded[split].source, line);
        const to = row(encoded[split].target, line);
        source.set([BEGIN, ...from, END], b * S);
        decoded.set([BEGIN, ...to], b * T);
        targets.set([...to, END], b * T);
      });
      return {
        source: { data: source, shape: [lines.length, S] },
        decoded: { data: decoded, shape: [lines.length, T] },
        targets: { data: targets, shape: [lines.length, T] },
      };
    },
    describe(split, index) {
      const line = lineOf(split, index);
      return pairDescription(tokenizers, row(encoded[split].source, line), row(encoded[split].target, line));
    },
    sentences(split, index) {
      const line = lineOf(split, index);
      const { source, target } = corpus[split];
      return { source: source[line] as string, target: target[line] as string };
    },
  };
}
