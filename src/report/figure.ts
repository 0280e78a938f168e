import type { AttentionKind } from "../nn/scope.ts";
import type { Values } from "../runtime/values.ts";
import type { ExampleDescription } from "../tasks/task.ts";

/** What a head computes from: scores before the softmax, scaled and with the position map, or its weights after it. */
export type MapKind = "scores" | "weights";

/** The attention of a trained model for one example. */
export interface AttentionFigure {
  /** the run's name */
  readonly run: string;
  readonly task: string;
  readonly attention: string;
  /** an example's number in its split, or a text of the user's own */
  readonly shown: { readonly split: string; readonly index: number } | { readonly prompt: string };
  readonly example: ExampleDescription;
  readonly parts: readonly AttentionPart[];
}

/** Maps of one module in all layers of a stack. */
export interface AttentionPart {
  /** the module's path without the layers' numbers, such as "decoder.cross" */
  readonly module: string;
  readonly kind: AttentionKind;
  /** one entry a layer, (1,H,T,S); NaN where causal attention does not look */
  readonly scores: readonly Values[];
  readonly weights: readonly Values[];
}

/** What people call a part, such as "Decoder cross-attention". */
export function partTitle({ module, kind }: AttentionPart): string {
  const stack = module.split(".")[0] ?? "";
  const name = { self: "self-attention", causal: "causal self-attention", cross: "cross-attention" }[kind];
  return `${stack.charAt(0).toUpperCase()}${stack.slice(1)} ${name}`;
}
