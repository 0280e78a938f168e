import { reachable, type Tensor } from "../tensor.ts";
import type { Emitter } from "./emitter.ts";

/** Emits the nodes that `results` need and returns their names; tensors that `known` names are there already. */
export function emitTensors(
  emit: Emitter,
  results: readonly Tensor[],
  known: ReadonlyMap<Tensor, string> = new Map(),
): string[] {
  const names = new Map(known);
  for (const tensor of reachable(results)) {
    if (names.has(tensor)) continue;
    const inputs = tensor.inputs.map((input) => names.get(input) as string);
    names.set(tensor, tensor.op.onnx(emit, inputs, tensor, tensor.attributes));
  }
  return results.map((result) => names.get(result) as string);
}
