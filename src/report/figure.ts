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
  readonly split: string;
  /** the example's number in its split */
  readonly index: number;
  readonly example: ExampleDescription;
  /** one entry a layer, (1,H,T,S) */
  readonly scores: readonly Values[];
  readonly weights: readonly Values[];
}
