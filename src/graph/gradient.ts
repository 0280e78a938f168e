import { KvtError } from "../errors.ts";
import { add } from "./ops/elementwise.ts";
import { constant, scalar } from "./ops/leaves.ts";
import { inModule } from "./path.ts";
import { elements } from "./shape.ts";
import { reachable, staticShape, type Tensor } from "./tensor.ts";

/**
 * Reverse-mode differentiation: tensors of the gradients of a float32 scalar with respect to `wanted`, each of the
 * shape of its tensor (zeros where the scalar does not depend on it). Nodes carry the path of the node whose gradient they compute.
 */
export function gradient(loss: Tensor, wanted: readonly Tensor[]): Tensor[] {
  if (loss.shape.length !== 0 || loss.dtype !== "float32") {
    throw new KvtError("shape", `gradient: expected a float32 scalar, got ${loss.dtype} (${loss.shape.join()})`, {
      hint: "Reduce the loss with sum() or mean().",
    });
  }
  const order = reachable([loss]);
  const depends = new Set<Tensor>(wanted);
  for (const tensor of order) if (tensor.inputs.some((x) => depends.has(x))) depends.add(tensor);

  const gradients = new Map<Tensor, Tensor>([[loss, scalar(1)]]);
  for (const y of order.toReversed()) {
    const dy = gradients.get(y);
    if (dy === undefined || !y.inputs.some((x) => depends.has(x))) continue;
    if (y.op.gradient === undefined) {
      throw new KvtError("shape", `gradient: op "${y.op.name}" at "${y.path}" is not differentiable`);
    }
    const { op, inputs, attributes } = y;
    const wants = (i: number) => depends.has(inputs[i] as Tensor);
    const parts = inModule(y.path, () => op.gradient?.({ inputs, attributes, y, dy, wants }) ?? []);
    parts.forEach((part, i) => {
      const x = inputs[i] as Tensor;
      if (part === undefined || !wants(i)) return;
      const sofar = gradients.get(x);
      gradients.set(x, sofar === undefined ? part : inModule(x.path, () => add(sofar, part)));
    });
  }
  return wanted.map((x) => {
    const shape = staticShape(x, "gradient");
    return gradients.get(x) ?? constant(new Float64Array(elements(shape)), shape);
  });
}
