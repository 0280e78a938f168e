import { cast, ndarray, type NDArray, type Tensor } from "../../src/graph/index.ts";
import { leafName } from "../../src/graph/ops/leaves.ts";
import { reachable } from "../../src/graph/tensor.ts";
import type { Backend } from "../../src/runtime/backend.ts";
import { openSession, toTensor } from "../../src/runtime/session.ts";

/** The outputs of a graph on a backend, for the given inputs and parameters by name. */
export async function runGraph(
  backend: Backend,
  outputs: readonly Tensor[],
  values: Readonly<Record<string, NDArray>>,
): Promise<NDArray[]> {
  const named = Object.fromEntries(
    outputs.map((output, i) => [`y${i}`, output.dtype === "bool" ? cast(output, "float32") : output]),
  );
  const session = await openSession(backend, named);
  const feeds = Object.fromEntries(
    reachable(Object.values(named)).flatMap((tensor) => {
      const name = leafName(tensor);
      if (name === undefined) return [];
      const { data, shape } = values[name] as NDArray;
      if (tensor.dtype === "bool") return [[name, new backend.ort.Tensor("bool", Array.from(data, Boolean), shape)]];
      const numbers = tensor.dtype === "int32" ? Int32Array.from(data) : Float32Array.from(data);
      return [[name, toTensor(backend, { data: numbers, shape })]];
    }),
  );
  const results = await session.run(feeds);
  await session.release();
  return outputs.map((_, i) => {
    const result = results[`y${i}`];
    if (result === undefined) throw new Error(`no output y${i}`);
    return ndarray(result.dims, result.data as Float32Array);
  });
}
