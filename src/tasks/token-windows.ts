import type { Feeds } from "../runtime/values.ts";
import type { GraphInputs } from "./task.ts";

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
