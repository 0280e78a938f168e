import { constant, evaluate, gradient, input, mul, sum, type NDArray, type Tensor } from "../../src/graph/index.ts";
import { Scope } from "../../src/nn/scope.ts";
import { runOnCpu } from "../support/onnx.ts";
import type { VectorCase } from "./format.ts";
import { TOLERANCE, type Quantity, type Tolerance } from "./judge.ts";
import { bindWeights, inProductLayout, parameterPath } from "./weights.ts";

export interface Expectation extends Pick<Quantity, "name" | "expected" | "tolerance" | "upToRowConstant"> {
  readonly tensor: Tensor;
}

/** Tensors beside their expected values, run by the oracle and by ONNX Runtime on the CPU. */
export async function measure(
  expectations: readonly Expectation[],
  values: Readonly<Record<string, NDArray>>,
): Promise<Quantity[]> {
  if (expectations.length === 0) return [];
  const tensors = expectations.map(({ tensor }) => tensor);
  const float64 = evaluate(tensors, values);
  const float32 = await runOnCpu(tensors, values);
  return expectations.map((expectation, i) => ({
    ...expectation,
    float64: float64[i] as NDArray,
    float32: float32[i] as NDArray,
  }));
}

export type Inputs = Readonly<Record<string, Tensor>>;

/** A case's results by the names that the file gives them. */
export type Results = Readonly<Record<string, Tensor>>;

const INTEGERS = ["ids", "labels", "targets", "src", "trgIn", "trgOut"];

/** A graph input for each of the case's inputs, under its own name. */
export const inputTensors = (inputs: Readonly<Record<string, NDArray>>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [
      name,
      input(name, shape, INTEGERS.includes(name) ? "int32" : "float32"),
    ]),
  );

export function required(inputs: Inputs, name: string): Tensor {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`inputs: expected "${name}", got ${Object.keys(inputs).join(", ")}`);
  return tensor;
}

/** Gradients of the follow-up's k+pos are the least exact in float32. */
const gradientTolerance = ({ config }: VectorCase): Tolerance =>
  config.formulation === "k+pos" ? { ...TOLERANCE, float32: 2e-4 } : TOLERANCE;

/** Builds a case with dropout off, and compares all outputs and gradients that it gives. */
export async function checkGraph(
  vector: VectorCase,
  build: (scope: Scope, inputs: Inputs) => Results,
): Promise<Quantity[]> {
  const scope = new Scope({ training: false });
  const inputs = inputTensors(vector.inputs);
  const outputs = build(scope, inputs);
  const hasMap = vector.config.formulation?.endsWith("+pos") ?? false;
  const values = { ...vector.inputs, ...bindWeights(scope.parameters, vector.weights) };

  const expectations = Object.entries(vector.outputs).map(([name, expected]): Expectation => {
    const tensor = outputs[name];
    if (tensor === undefined) throw new Error(`outputs: "${name}" is not built`);
    // The reduced form of the position map leaves out what is constant along a row, which the softmax ignores.
    return { name, tensor, expected, upToRowConstant: name === "scores" && hasMap };
  });

  const names = Object.keys(vector.grads);
  const tensors = names.map((name) => {
    const parameter = scope.parameters.find(({ path }) => path === parameterPath(name))?.tensor;
    const tensor = inputs[name] ?? parameter;
    if (tensor === undefined) throw new Error(`grads: "${name}" is neither an input nor a weight`);
    return tensor;
  });
  const gradients = names.length === 0 ? [] : gradient(lossOf(vector, outputs), tensors);
  names.forEach((name, i) => {
    const given = vector.grads[name] as NDArray;
    const expected = name in inputs ? given : inProductLayout(name, given);
    expectations.push({
      name: `grads.${name}`,
      tensor: gradients[i] as Tensor,
      expected,
      tolerance: gradientTolerance(vector),
    });
  });
  return measure(expectations, values);
}

function lossOf({ cotangent }: VectorCase, { out, loss }: Results): Tensor {
  if (cotangent !== undefined && out !== undefined) return sum(mul(out, constant(cotangent.data, cotangent.shape)));
  if (loss === undefined) throw new Error("grads: expected a cotangent or a loss to differentiate, got none");
  return loss;
}
