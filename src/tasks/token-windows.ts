import { KvtError } from "../errors.ts";
import type { Feeds } from "../runtime/values.ts";
import type { ClosedVocabulary } from "../text/closed-vocabulary.ts";
import type { GraphInputs, Reading } from "./task.ts";

/** Graph inputs of a causal language model: T tokens and, for each, the one that follows; int32 (B,T). */
export function windowInputs(batch: number | string, length: number): GraphInputs {
  const tokens = { dtype: "int32", shape: [batch, length] } as const;
  return { ids: tokens, targets: tokens };
}

/** The windows of T tokens that begin at `starts`, with the tokens that follow their own; `ids` and `targets` (B,T). */
export function windowBatch(tokens: Int32Array, starts: ArrayLike<number>, length: number): Feeds {
  const ids = new Int32Array(starts.length * length);
  const targets = new Int32Array(starts.length * length);
  Array.from(starts).forEach((start, row) => {
    ids.set(tokens.subarray(start, start + length), row * length);
    targets.set(tokens.subarray(start + 1, start + 1 + length), row * length);
  });
  const shape = [starts.length, length];
  return { ids: { data: ids, shape }, targets: { data: targets, shape } };
}

/** A text as one window. Throws a `usage` error for one without a token, with an unknown one, or of more than `length`. */
export function readWindow(text: string, vocabulary: ClosedVocabulary, length: number): Reading {
  const ids = vocabulary.encode(text);
  if (ids.length === 0 || ids.length > length) {
    throw new KvtError("usage", `the text: expected 1 to ${length} tokens, got ${ids.length}`);
  }
  const tokens = Array.from(ids, (id) => vocabulary.decode([id]));
  const values = { data: ids, shape: [1, ids.length] };
  return { feeds: { ids: values, targets: values }, example: { kind: "tokens", tokens, target: tokens.slice(1) } };
}
