import { random } from "../random.ts";
import type { Decoder } from "./decoder.ts";
import { checkSampling, sampleToken, type SamplingOptions } from "./sampling.ts";

export interface WritingRequest extends SamplingOptions {
  /** tokens to write */
  readonly tokens: number;
  /** what the draws follow from */
  readonly seed: number;
  /** the longest sequence that the model reads */
  readonly context: number;
}

/**
 * Tokens that follow a prompt of at least one, one after another, by a decoder without a source. A prompt that is longer than the
 * context counts by its end. When the context is full, the decoder reads the last half of it again and goes on.
 * Throws a `usage` error for sampling options that mean nothing.
 */
export async function* writeTokens(
  decoder: Decoder,
  prompt: ArrayLike<number>,
  { tokens, seed, context, ...sampling }: WritingRequest,
): AsyncGenerator<number, void, undefined> {
  checkSampling(sampling);
  const draws = random(seed, "generate");
  const read = Array.from(prompt).slice(-context);
  await decoder.start(1);
  let [logits] = tokens > 0 ? await decoder.read([read]) : [];
  for (let written = 0; written < tokens && logits !== undefined; written++) {
    const token = sampleToken(logits, sampling, draws);
    yield token;
    if (written + 1 === tokens) return;
    read.push(token);
    const isFull = (decoder.lengths[0] ?? 0) >= context;
    if (isFull) await decoder.start(1);
    [logits] = await decoder.read([isFull ? read.slice(-Math.ceil(context / 2)) : [token]]);
  }
}

/** Pieces of text up to the first of `stop`, which is left out; what may be its beginning is held back. */
export async function* untilStop(pieces: AsyncIterable<string>, stop: readonly string[]): AsyncGenerator<string> {
  let held = "";
  for await (const piece of pieces) {
    held += piece;
    const ends = stop.flatMap((text) => (text === "" ? [] : [held.indexOf(text)])).filter((at) => at >= 0);
    if (ends.length > 0) {
      held = held.slice(0, Math.min(...ends));
      break;
    }
    const open = longestOpen(held, stop);
    if (held.length > open) yield held.slice(0, held.length - open);
    held = held.slice(held.length - open);
  }
  if (held !== "") yield held;
}

/** Length of the longest end of `text` with which a stop text begins. */
function longestOpen(text: string, stop: readonly string[]): number {
  let longest = 0;
  for (const word of stop)
    for (let length = Math.min(word.length, text.length); length > longest; length--)
      if (text.endsWith(word.slice(0, length))) longest = length;
  return longest;
}
