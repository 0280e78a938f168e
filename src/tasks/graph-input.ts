import { KvtError } from "../errors.ts";
import type { Tensor } from "../graph/tensor.ts";

/** The input that `Task.inputs` declares under `name`. */
export function graphInput(inputs: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = inputs[name];
  if (tensor !== undefined) return tensor;
  const got = Object.keys(inputs).join(", ");
  throw new KvtError("shape", `graph inputs: expected one named "${name}", got ${got === "" ? "none" : got}`);
}
