import { z } from "zod";
import { evaluate, input, ndarray, type NDArray, type Tensor } from "../../../src/graph/index.ts";
import { adamUpdate, COEFFICIENTS, coefficients } from "../../../src/train/optimizer.ts";
import { learningRate } from "../../../src/train/schedule.ts";
import type { TrainOptions } from "../../../src/tasks/task.ts";
import { runOnCpu } from "../../support/onnx.ts";
import { tensorSchema } from "../format.ts";
import { measure } from "../graph-case.ts";
import type { Check } from "../check.ts";
import type { Quantity } from "../judge.ts";
import { optimizerSchema, trainSettings } from "./train-settings.ts";

const numbers = z.array(z.number());
const scheduleSchema = z.object({
  base: z.number(),
  warmup: z.number(),
  maxIters: z.number(),
  steps: numbers,
  lr: numbers,
});
const runSchema = z.object({ options: z.record(z.string(), z.unknown()), params: tensorSchema });
const fileSchema = z.looseObject({
  schedules: z.record(z.string(), z.unknown()).default({}),
  optimizers: z
    .object({ initial: tensorSchema, grads: tensorSchema, runs: z.record(z.string(), z.unknown()) })
    .optional(),
  clipping: z.looseObject({ cases: z.array(z.unknown()) }).optional(),
});

const LATER = "belongs to the language and translation tasks";

export function optimizerChecks(raw: unknown): Check[] {
  const { schedules, optimizers, clipping } = fileSchema.parse(raw);
  return [
    ...Object.entries(schedules).flatMap(([name, given]) => scheduleChecks(name, given)),
    ...Object.entries(optimizers?.runs ?? {}).map(([name, run]) => {
      const check = `optimizers.${name}`;
      if (/fastai/i.test(name)) return { name: check, skip: LATER };
      return { name: check, run: () => optimizerRun(name, run, optimizers as NonNullable<typeof optimizers>) };
    }),
    ...(clipping?.cases ?? []).map((given, i) => ({
      name: `clipping ${i}`,
      run: () => clippingCase(given, clipping as Record<string, unknown>),
    })),
  ];
}

function scheduleChecks(name: string, given: unknown): Check[] {
  if (/fastai|noam/i.test(name)) return [{ name: `schedules.${name}`, skip: LATER }];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return list.map((item, i) => ({
    name: `schedules.${name} ${i}`,
    run: () => {
      if (name !== "cosineWarmup") throw new Error(`schedule "${name}" is not built`);
      const { base, warmup, maxIters, steps, lr } = scheduleSchema.parse(item);
      const train = { rate: base, schedule: "cosine-warm-up", warmup } as const;
      const rates = steps.map((step) => learningRate(train, step, maxIters));
      const list = (values: readonly number[]) => ndarray([values.length], values);
      return Promise.resolve([{ name: "lr", expected: list(lr), float64: list(rates) }]);
    },
  }));
}

/** The product's update of parameters that are fed, with gradients that are fed. */
function updateGraph(sizes: readonly (readonly number[])[], size: number, train: TrainOptions) {
  const state = {
    parameters: input("parameters", [size]),
    firstMoments: input("firstMoments", [size]),
    secondMoments: input("secondMoments", [size]),
  };
  const gradients = sizes.map((shape, i) => input(`gradient${i}`, shape));
  const { parameters, firstMoments, secondMoments, gradientNorm } = adamUpdate(state, gradients, train);
  return [parameters, firstMoments, secondMoments, gradientNorm] as const;
}

type Engine = (tensors: readonly Tensor[], values: Readonly<Record<string, NDArray>>) => NDArray[] | Promise<NDArray[]>;

const coefficientValues = (train: TrainOptions, step: number, rate: number): Record<string, NDArray> =>
  Object.fromEntries(coefficients(train, step, rate).map((value, i) => [`${COEFFICIENTS}.${i}`, ndarray([], [value])]));

async function optimizerRun(
  name: string,
  raw: unknown,
  { initial, grads }: { initial: NDArray; grads: NDArray },
): Promise<Quantity[]> {
  const { options, params } = runSchema.parse(raw);
  if (!/^adamw?\b/i.test(name)) throw new Error(`optimizer "${name}" is not built`);
  const rates = z.union([z.number().transform((rate) => [rate]), numbers]).parse(options["lr"]);
  const train = trainSettings({ ...optimizerSchema.parse(options), kind: /^adamw/i.test(name) ? "adamw" : "adam" });
  const [steps = 0, size = 0] = grads.shape;
  const outputs = updateGraph([[size]], size, train);
  const course = async (engine: Engine): Promise<NDArray> => {
    let state = { parameters: initial, firstMoments: ndarray([size]), secondMoments: ndarray([size]) };
    const rows: number[] = [];
    for (let step = 0; step < steps; step++) {
      const gradient0 = ndarray([size], grads.data.subarray(step * size, (step + 1) * size));
      const rate = rates[step] ?? rates[0] ?? 0;
      const values = { ...state, gradient0, ...coefficientValues(train, step, rate) };
      const [parameters, firstMoments, secondMoments] = await engine(outputs.slice(0, 3), values);
      state = { parameters, firstMoments, secondMoments } as typeof state;
      rows.push(...state.parameters.data);
    }
    return ndarray([steps, size], rows);
  };
  return [{ name: "params", expected: params, float64: await course(evaluate), float32: await course(runOnCpu) }];
}

const clippingSchema = z.object({ maxNorm: z.number().positive(), norm: z.number(), coef: z.number() });

/** From zero moments the first moments after an update are the clipped gradients. */
async function clippingCase(raw: unknown, clipping: Readonly<Record<string, unknown>>): Promise<Quantity[]> {
  const { maxNorm, norm, coef } = clippingSchema.parse(raw);
  const gradients = Object.entries(clipping)
    .filter(([name]) => name !== "cases")
    .map(([, value]) => tensorSchema.parse(value));
  const size = gradients.reduce((all, { data }) => all + data.length, 0);
  const train = trainSettings({ clip: maxNorm });
  const [, firstMoments, , gradientNorm] = updateGraph(
    gradients.map(({ shape }) => shape),
    size,
    train,
  );
  const zeros = ndarray([size]);
  const values = {
    parameters: zeros,
    firstMoments: zeros,
    secondMoments: zeros,
    ...Object.fromEntries(gradients.map((gradient, i) => [`gradient${i}`, gradient])),
    ...coefficientValues(train, 0, 1),
  };
  const clipped = gradients.flatMap(({ data }) => Array.from(data, (value) => value * coef));
  return measure(
    [
      { name: "norm", tensor: gradientNorm, expected: ndarray([], [norm]) },
      { name: "clipped gradients", tensor: firstMoments, expected: ndarray([size], clipped) },
    ],
    values,
  );
}
