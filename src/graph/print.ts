import { leafName } from "./ops/leaves.ts";
import { reachable, type Tensor } from "./tensor.ts";

/** One line a node, in order: `%3 = matmul(%1, %2) {transposeB: true} : float32 (B,T,64)  # block.0.attention` */
export function print(outputs: readonly Tensor[]): string {
  const names = new Map<Tensor, string>();
  const lines = reachable(outputs).map((tensor, index) => {
    names.set(tensor, `%${index}`);
    const inputs = tensor.inputs.map((input) => names.get(input) as string).join(", ");
    const attributes = describeAttributes(tensor);
    const path = tensor.path === "" ? "" : `  # ${tensor.path}`;
    return `%${index} = ${tensor.op.name}(${inputs})${attributes} : ${tensor.dtype} (${tensor.shape.join(",")})${path}`;
  });
  return [...lines, `return ${outputs.map((output) => names.get(output)).join(", ")}`].join("\n");
}

function describeAttributes(tensor: Tensor): string {
  const name = leafName(tensor);
  if (name !== undefined) return ` {name: ${name}}`;
  const entries = Object.entries(tensor.attributes)
    .filter(([key]) => key !== "shape" && key !== "dtype")
    .map(([key, value]) => `${key}: ${describe(value)}`);
  return entries.length === 0 ? "" : ` {${entries.join(", ")}}`;
}

function describe(value: unknown): string {
  if (typeof value === "function") return "function";
  if (typeof value !== "object" || value === null) return String(value);
  const values = Array.from(value as ArrayLike<number>);
  return values.length > 6 ? `[${values.slice(0, 4).join(", ")}, … ${values.length} values]` : `[${values.join(", ")}]`;
}
