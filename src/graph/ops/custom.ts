import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";

type Pullback = (dy: Tensor, wants: (i: number) => boolean) => readonly (Tensor | undefined)[];

/** y itself; its gradient goes to the given inputs by `pullback`, not through the ops that made y. */
const withPullbackOp = defineOp<{ readonly pullback: Pullback }>("withPullback", {
  shape: ([y]) => ({ shape: (y as Tensor).shape, dtype: "float32" }),
  gradient: ({ dy, attributes: { pullback }, wants }) => [undefined, ...pullback(dy, (i) => wants(i + 1))],
  evaluate: ([y]) => y as { shape: readonly number[]; data: Float64Array },
  onnx: (_emit, [y]) => y as string,
  samples: () => [],
});

/**
 * A composite with a gradient of its own, where a hand-written one is cheaper than that of its parts.
 * `pullback` takes dy and returns the gradients of `inputs`, in order.
 */
export const withPullback = (y: Tensor, inputs: readonly Tensor[], pullback: Pullback): Tensor =>
  withPullbackOp([y, ...inputs], { pullback });
