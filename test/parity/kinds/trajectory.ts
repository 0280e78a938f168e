import { z } from "zod";
import { evaluate, ndarray, type NDArray, type Tensor } from "../../../src/graph/index.ts";
import { elements } from "../../../src/graph/shape.ts";
import { classification } from "../../../src/nn/objective.ts";
import type { Scope } from "../../../src/nn/scope.ts";
import { openNode } from "../../../src/runtime/node.ts";
import { COEFFICIENTS, coefficients } from "../../../src/train/optimizer.ts";
import { learningRate } from "../../../src/train/schedule.ts";
import { openTrainingProgram, parametersOf, trainingGraph } from "../../../src/train/training-program.ts";
import { modelTask } from "../../support/model-task.ts";
import { caseSchema, tensorSchema } from "../format.ts";
import { inputTensors } from "../graph-case.ts";
import { TOLERANCE, type Quantity } from "../judge.ts";
import { bindWeights, inProductLayout, parameterPath } from "../weights.ts";
import { labelsOf, modelLogits, type ModelVector } from "./model.ts";
import { optimizerSchema, trainSettings } from "./train-settings.ts";

const numbers = z.array(z.number());
const trajectorySchema = caseSchema.extend({
  initialWeights: z.record(z.string(), tensorSchema),
  finalWeights: z.record(z.string(), tensorSchema).default({}),
  steps: z.int().min(1).optional(),
  optimizer: optimizerSchema,
  lr: numbers.optional(),
  losses: numbers.optional(),
  gradNorms: numbers.optional(),
  f32NoiseDriven: z.array(z.string()).default([]),
});
type Trajectory = z.output<typeof trajectorySchema>;

/** Losses before each update and after the last, gradient norms, and the weights after the last update. */
interface Course {
  readonly losses: number[];
  readonly gradNorms: number[];
  readonly final: Readonly<Record<string, NDArray>>;
}

/** Errors of a step grow over the following ones. */
const TRAJECTORY_TOLERANCE = { ...TOLERANCE, float64: 1e-7 };

/** Training on one fixed batch, through the step that trains the product's models. */
export async function trajectoryCase(raw: unknown): Promise<Quantity[]> {
  const trajectory = trajectorySchema.parse(raw);
  const steps = trajectory.steps ?? trajectory.gradNorms?.length ?? trajectory.lr?.length ?? 0;
  if (steps === 0) throw new Error("steps: expected a number, got none");
  const rates = ratesOf(trajectory, steps);
  const request = requestOf(trajectory);
  const specifications = parametersOf(request);
  const initial = bindWeights(specifications, trajectory.initialWeights);
  const setting: Setting = { trajectory, request, specifications, initial, rates };
  return compare(trajectory, rates, runOracle(setting), await runDevice(setting));
}

interface Setting {
  readonly trajectory: Trajectory;
  readonly request: ReturnType<typeof requestOf>;
  readonly specifications: Scope["parameters"];
  readonly initial: Readonly<Record<string, NDArray>>;
  readonly rates: readonly number[];
}

function ratesOf({ optimizer, lr }: Trajectory, steps: number): number[] {
  const settings = trainSettings(optimizer);
  const known = optimizer.schedule != null && optimizer.baseLr != null;
  if (!known && lr === undefined) throw new Error("optimizer: expected a schedule or lr, got neither");
  return Array.from({ length: steps }, (_, step) =>
    known ? learningRate(settings, step, optimizer.maxIters ?? steps) : Number(lr?.[step]),
  );
}

/** The case as a task, so that the product builds its training step. */
function requestOf({ config, inputs, initialWeights, optimizer }: Trajectory) {
  const batch = Object.values(inputs)[0]?.shape[0] ?? 1;
  const options = { model: {}, data: {}, train: trainSettings(optimizer, batch) };
  const vector: ModelVector = { config, weights: initialWeights };
  const task = modelTask({
    inputs: (size) =>
      Object.fromEntries(
        Object.entries(inputTensors(inputs)).map(([name, { dtype, shape }]) => {
          return [name, { dtype: dtype === "int32" ? dtype : "float32", shape: [size, ...shape.slice(1)] }];
        }),
      ),
    graph: (scope, tensors) => classification(modelLogits(vector, scope, tensors), labelsOf(tensors)),
  });
  return { task, options, attention: config.formulation ?? "", seed: 0 };
}

function runOracle({ trajectory, request, specifications, initial, rates }: Setting): Course {
  const { outputs, shape } = trainingGraph(request, specifications);
  const names = Object.keys(outputs);
  const flat = specifications.flatMap(({ path }) => Array.from((initial[path] as NDArray).data));
  let state = [ndarray(shape, flat), ndarray(shape), ndarray(shape)] as const;
  const [losses, gradNorms]: [number[], number[]] = [[], []];
  for (let step = 0; step <= rates.length; step++) {
    const [parameters, firstMoments, secondMoments] = state;
    const values: Record<string, NDArray> = {
      ...trajectory.inputs,
      "state.parameters": parameters,
      "state.firstMoments": firstMoments,
      "state.secondMoments": secondMoments,
    };
    coefficients(request.options.train, step, rates[step] ?? 0).forEach((value, i) => {
      values[`${COEFFICIENTS}.${i}`] = ndarray([], [value]);
    });
    const results = evaluate(Object.values<Tensor>(outputs), values);
    const result = (name: string) => results[names.indexOf(name)] as NDArray;
    losses.push(result("loss").data[0] as number);
    if (step === rates.length) break;
    gradNorms.push(result("gradientNorm").data[0] as number);
    state = [result("next.parameters"), result("next.firstMoments"), result("next.secondMoments")];
  }
  let offset = 0;
  const final = specifications.map(({ path, shape }) => {
    offset += elements(shape);
    return [path, ndarray(shape, state[0].data.subarray(offset - elements(shape), offset))] as const;
  });
  return { losses, gradNorms, final: Object.fromEntries(final) };
}

async function runDevice({ trajectory, request, specifications, initial, rates }: Setting): Promise<Course> {
  const program = await openTrainingProgram(request, await openNode("cpu", 1));
  const zeros = specifications.map(({ shape }) => new Float32Array(elements(shape)));
  const parameters = specifications.map(({ path }) => Float32Array.from((initial[path] as NDArray).data));
  program.write({ step: 0, parameters, firstMoments: zeros, secondMoments: zeros });
  const specified = inputTensors(trajectory.inputs);
  const batch = Object.fromEntries(
    Object.entries(trajectory.inputs).map(([name, { shape, data }]) => [
      name,
      { shape, data: specified[name]?.dtype === "int32" ? Int32Array.from(data) : Float32Array.from(data) },
    ]),
  );
  const [losses, gradNorms]: [number[], number[]] = [[], []];
  for (const rate of rates) {
    const { loss, gradientNorm } = await program.step(batch, rate);
    losses.push(loss);
    gradNorms.push(gradientNorm);
  }
  const { lossSum, count } = await program.evaluate(batch);
  losses.push(lossSum / count);
  const state = await program.read();
  await program.release();
  const final = specifications.map(
    ({ path, shape }, i) => [path, ndarray(shape, state.parameters[i] as Float32Array)] as const,
  );
  return { losses, gradNorms, final: Object.fromEntries(final) };
}

function compare(trajectory: Trajectory, rates: readonly number[], oracle: Course, device: Course): Quantity[] {
  const list = (values: readonly number[]) => ndarray([values.length], values);
  const courses = (["losses", "gradNorms"] as const).flatMap((name): Quantity[] => {
    const expected = trajectory[name];
    if (expected === undefined) return [];
    const [float64, float32] = [list(oracle[name]), list(device[name])];
    return [{ name, expected: list(expected), float64, float32, tolerance: TRAJECTORY_TOLERANCE }];
  });
  const weights = Object.entries(trajectory.finalWeights).map(([name, given]): Quantity => {
    const path = parameterPath(name);
    const noise = trajectory.f32NoiseDriven.includes(name);
    const float64 = oracle.final[path];
    if (float64 === undefined) throw new Error(`finalWeights: the model has no parameter for "${name}"`);
    return {
      name: `finalWeights.${name}`,
      expected: inProductLayout(name, given),
      float64,
      // Its exact gradient is 0: Adam follows the sign of the rounding error.
      float32: noise ? undefined : device.final[path],
      tolerance: TRAJECTORY_TOLERANCE,
    };
  });
  const lr = trajectory.lr && { name: "lr", expected: list(trajectory.lr), float64: list(rates) };
  return [...(lr ? [lr] : []), ...courses, ...weights];
}
