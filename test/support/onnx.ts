import type { NDArray, Tensor } from "../../src/graph/index.ts";
import { openNode } from "../../src/runtime/node.ts";
import { runGraph } from "./run-graph.ts";

/** The outputs of a graph from ONNX Runtime on the CPU, for the given inputs and parameters by name. */
export const runOnCpu = async (
  outputs: readonly Tensor[],
  values: Readonly<Record<string, NDArray>>,
): Promise<NDArray[]> => runGraph(await openNode("cpu", 1), outputs, values);
