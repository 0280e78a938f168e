import { constant, evaluate, gradient, input, mul, sum, type NDArray, type Tensor } from "../../../src/graph/index.ts";
import { allOps, type Op, type Sample } from "../../../src/graph/op.ts";
import { makeTensor } from "../../../src/graph/tensor.ts";
import { random, type Backend } from "../../../src/index.ts";
import { runGraph } from "../../support/run-graph.ts";
import { placementsOf } from "./placements.ts";

export interface Conformity {
  readonly op: string;
  /** largest |device − oracle| ÷ (1 + |oracle|) over results and gradients of all samples; NaN if one is not a number */
  readonly error: number;
  /** nodes that are not on WebGPU, where that was asked for */
  readonly fallen: readonly string[];
}

/** Results and gradients of an op on all its samples, in one graph. */
function build(op: Op, samples: readonly Sample<Record<string, unknown>>[]) {
  const outputs: Tensor[] = [];
  const values: Record<string, NDArray> = {};
  samples.forEach((sample, s) => {
    const inputs = sample.inputs.map((x, i) => {
      values[`x${s}.${i}`] = x;
      return input(`x${s}.${i}`, x.shape, x.dtype ?? "float32");
    });
    const { shape, dtype } = op.shape(inputs, sample.attributes);
    const y = makeTensor(op, inputs, sample.attributes, shape, dtype);
    outputs.push(y);
    if (op.gradient === undefined) return;
    const stream = random(3, op.name, s);
    const size = (shape as number[]).reduce((a, b) => a * b, 1);
    const weights = constant(
      Float64Array.from({ length: size }, () => stream.normal()),
      shape as number[],
    );
    outputs.push(
      ...gradient(
        sum(mul(y, weights)),
        inputs.filter((x) => x.dtype === "float32"),
      ),
    );
  });
  return { outputs, values };
}

/** Compares every op on a device with the float64 oracle. */
export async function conformanceOf(backend: Backend): Promise<Conformity[]> {
  const all: Conformity[] = [];
  for (const op of allOps()) {
    const samples = op.samples(random(1, op.name)) as readonly Sample<Record<string, unknown>>[];
    if (samples.length === 0) continue;
    const { outputs, values } = build(op, samples);
    const named = Object.fromEntries(outputs.map((output, i) => [`y${i}`, output]));
    const fallen = backend.device === "webgpu" ? (await placementsOf(backend, named)).fallen : [];
    const expected = evaluate(outputs, values);
    const actual = await runGraph(backend, outputs, values);
    const errors = expected.flatMap((x, i) => differences(x, actual[i] as NDArray));
    all.push({ op: op.name, error: errors.reduce((a, b) => Math.max(a, b), 0), fallen });
  }
  return all;
}

function differences(expected: NDArray, actual: NDArray): number[] {
  if (expected.shape.join() !== actual.shape.join()) return [NaN];
  return Array.from(expected.data, (x, i) => Math.abs((actual.data[i] as number) - x) / (1 + Math.abs(x)));
}
