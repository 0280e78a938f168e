import { KvtError } from "../errors.ts";
import type { NDArray } from "./ndarray.ts";
import { leafName } from "./ops/leaves.ts";
import { formatShape } from "./shape.ts";
import { reachable, type Shape, type Tensor } from "./tensor.ts";

/**
 * Runs a graph in float64, one op after another: the oracle that tests compare with. `values` holds inputs and
 * parameters by name; symbolic dimensions take their size from them.
 */
export function evaluate(outputs: readonly Tensor[], values: Readonly<Record<string, NDArray>>): NDArray[] {
  const sizes = new Map<string, number>();
  const results = new Map<Tensor, NDArray>();
  for (const tensor of reachable(outputs)) {
    const name = leafName(tensor);
    if (name !== undefined) {
      const value = values[name];
      if (value === undefined) throw new KvtError("shape", `evaluate: expected a value for "${name}", got none`);
      bind(name, tensor.shape, value.shape, sizes);
      results.set(tensor, value);
    }
  }
  for (const tensor of reachable(outputs)) {
    if (results.has(tensor)) continue;
    const shape = tensor.shape.map((dimension) => resolve(dimension, sizes));
    const inputs = tensor.inputs.map((input) => results.get(input) as NDArray);
    const result = tensor.op.evaluate(inputs, tensor.attributes, shape);
    results.set(tensor, { shape, data: result.data });
  }
  return outputs.map((output) => results.get(output) as NDArray);
}

function bind(name: string, shape: Shape, actual: readonly number[], sizes: Map<string, number>): void {
  const fits =
    shape.length === actual.length &&
    shape.every((dimension, i) => {
      const size = actual[i] as number;
      if (typeof dimension === "number") return dimension === size;
      const known = sizes.get(dimension) ?? size;
      sizes.set(dimension, known);
      return known === size;
    });
  if (!fits)
    throw new KvtError("shape", `evaluate: expected ${formatShape(shape)} for "${name}", got ${formatShape(actual)}`);
}

/** The size of a dimension; symbols may be joined by * and +. */
function resolve(dimension: number | string, sizes: ReadonlyMap<string, number>): number {
  if (typeof dimension === "number") return dimension;
  const factor = (part: string) => (/^\d+$/.test(part) ? Number(part) : (sizes.get(part) ?? Number.NaN));
  return dimension
    .split("+")
    .reduce((sum, term) => sum + term.split("*").reduce((all, part) => all * factor(part), 1), 0);
}
