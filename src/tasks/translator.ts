import { beamSearch, checkSearch } from "../generate/beam.ts";
import { openDecoder } from "../generate/decoder.ts";
import { KvtError } from "../errors.ts";
import { logSoftmax, type Tensor } from "../graph/index.ts";
import { decode, encode, keepTokens, type EncoderDecoder } from "../models/encoder-decoder.ts";
import type { Scope } from "../nn/scope.ts";
import { wordLogits } from "../nn/word-output.ts";
import { normalised } from "../text/aligned.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { BEGIN, END, PADDING, UNKNOWN, type Ids } from "../text/vocabulary.ts";
import type { TrainedModel, Translation, Translator } from "./uses.ts";

/** Hypotheses that are decoded together. */
const ROWS = 64;

export interface TranslatorRequest {
  readonly model: Pick<TrainedModel<unknown>, "backend" | "parameters">;
  readonly encoderDecoder: EncoderDecoder;
  readonly source: Tokenizer;
  readonly target: Tokenizer;
  /** tokens of a sentence at most, and of its translation */
  readonly longest: number;
}

/** ln P of the word after each of `ids` int32 (B,T), given `source` int32 (B,M): (B,T,V) */
function wordProbabilities(scope: Scope, ids: Tensor, source: Tensor, options: EncoderDecoder): Tensor {
  const memory = encode(scope, source, options);
  const hidden = decode(scope, { target: ids, memory, keep: keepTokens(source, options.padding) }, options);
  return logSoftmax(wordLogits(scope, hidden, options.targetVocabulary));
}

/** Translates with an encoder-decoder by beam search; each sentence is encoded once. */
export async function openTranslator(request: TranslatorRequest): Promise<Translator> {
  const { model, encoderDecoder, source, target, longest } = request;
  const encode = (sentence: string): Ids => source.encode(normalised(sentence));
  const decoder = await openDecoder({
    ...model,
    logits: (scope, ids, sourceIds) => wordProbabilities(scope, ids, sourceIds, encoderDecoder),
  });
  return {
    refusal: (sentence) => tooLong(encode(sentence)),
    async translate(sentences, options, signal) {
      const { beam, lengthPenalty } = options;
      const search = { beam, lengthPenalty, tokens: longest + 1 };
      checkSearch(search);
      const encoded = sentences.map((sentence, index) => encodeWithin(sentence, index, options.cut));
      const translations: Translation[] = encoded.map(({ unknown }) => ({
        text: "",
        ids: [],
        tokens: [],
        score: 0,
        unknown,
      }));
      for (const indices of batchesOfSimilarLength(encoded, Math.max(1, Math.floor(ROWS / beam)))) {
        const best = await beamSearch(decoder, {
          ...search,
          source: padded(indices.map((index) => encoded[index]?.ids ?? [])),
          begin: BEGIN,
          end: END,
          forbidden: [PADDING, BEGIN, ...(options.unknown === true ? [] : [UNKNOWN])],
          signal,
        });
        if (best === null) return null;
        for (const [at, { ids, score }] of best.entries()) {
          const index = indices[at] as number;
          const tokens = ids.map((id) => target.tokens[id] ?? "");
          translations[index] = {
            ...(translations[index] as Translation),
            text: target.decode(ids),
            ids,
            tokens,
            score,
          };
        }
      }
      return translations;
    },
    release: () => decoder.release(),
  };

  function encodeWithin(sentence: string, index: number, cut = false): Ids {
    const encoded = encode(sentence);
    if (cut) return { ...encoded, ids: encoded.ids.slice(0, longest) };
    const refusal = tooLong(encoded);
    if (refusal === undefined) return encoded;
    throw new KvtError("usage", `sentence ${index + 1}: ${refusal}`, { hint: "Cut it into shorter sentences." });
  }

  function tooLong({ ids }: Ids): string | undefined {
    return ids.length <= longest ? undefined : `expected at most ${longest} tokens, got ${ids.length}`;
  }
}

/** Indices of what is not empty, the shortest first, at most `size` together. */
function batchesOfSimilarLength(encoded: readonly Ids[], size: number): number[][] {
  const lengthOf = (index: number) => encoded[index]?.ids.length ?? 0;
  const order = [...encoded.keys()].filter((index) => lengthOf(index) > 0).sort((a, b) => lengthOf(a) - lengthOf(b));
  return Array.from({ length: Math.ceil(order.length / size) }, (_, batch) =>
    order.slice(batch * size, (batch + 1) * size),
  );
}

/** Rows of begin, sentence, end and padding: int32 (B,M) */
function padded(sentences: readonly (readonly number[])[]) {
  const columns = Math.max(...sentences.map(({ length }) => length)) + 2;
  const data = new Int32Array(sentences.length * columns).fill(PADDING);
  sentences.forEach((ids, row) => data.set([BEGIN, ...ids, END], row * columns));
  return { data, shape: [sentences.length, columns] };
}
