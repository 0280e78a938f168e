import { z } from "zod";
import { evaluate, input, ndarray, type NDArray, type Tensor } from "../../../src/graph/index.ts";
import { adamUpdate, COEFFICIENTS, coefficients, stateShape } from "../../../src/train/optimizer.ts";
import { learningRate, momentum, type Momentum } from "../../../src/train/schedule.ts";
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
const transformerSchema = z.object({ dim: z.number(), warmup: z.number(), steps: numbers, lr: numbers });
const oneCycleSchema = z.object({
  lrMax: z.number(),
  div: z.literal(25),
  divFinal: z.literal(1e5),
  pctStart: z.literal(0.25),
  moms: z.tuple([z.literal(0.95), z.literal(0.85), z.literal(0.95)]),
  totalSteps: z.number(),
  lr: numbers,
  mom: numbers,
});
const fastaiSchema = z.object({ sqrMom: z.number(), eps: z.number(), wd: z.number(), lr: numbers, mom: numbers });
const runSchema = z.object({ options: z.record(z.string(), z.unknown()), params: tensorSchema });
const fileSchema = z.looseObject({
  schedules: z.record(z.string(), z.unknown()).default({}),
  optimizers: z
    .object({ initial: tensorSchema, grads: tensorSchema, runs: z.record(z.string(), z.unknown()) })
    .optional(),
  clipping: z.looseObject({ cases: z.array(z.unknown()) }).optional(),
});

export function optimizerChecks(raw: unknown): Check[] {
  const { schedules, optimizers, clipping } = fileSchema.parse(raw);
  return [
    ...Object.entries(schedules).flatMap(([name, given]) => scheduleChecks(name, given)),
    ...Object.entries(optimizers?.runs ?? {}).map(([name, run]) => {
      const given = optimizers as NonNullable<typeof optimizers>;
      return { name: `optimizers.${name}`, run: () => optimizerRun(name, run, given) };
    }),
    ...(clipping?.cases ?? []).map((given, i) => ({
      name: `clipping ${i}`,
      run: () => clippingCase(given, clipping as Record<string, unknown>),
    })),
  ];
}

/** Rates, and momenta where a schedule has them, under the names of the vector files. */
const scheduleKinds: Readonly<Record<string, (given: unknown) => Quantity[]>> = {
  cosineWarmup(given) {
    const { base, warmup, maxIters, steps, lr } = scheduleSchema.parse(given);
    const train = { rate: base, schedule: "cosine-warm-up", warmup } as const;
    return [quantity("lr", lr, (i) => learningRate(train, steps[i] ?? 0, maxIters))];
  },
  noam(given) {
    const { dim, warmup, steps, lr } = transformerSchema.parse(given);
    const train = { rate: (dim * warmup) ** -0.5, schedule: "transformer", warmup } as const;
    return [quantity("lr", lr, (i) => learningRate(train, (steps[i] ?? 0) - 1, Infinity))];
  },
  fastaiOneCycle(given) {
    const { lrMax, totalSteps, lr, mom } = oneCycleSchema.parse(given);
    const train = { rate: lrMax, schedule: "one-cycle", warmup: 0, beta1: 0 } as const;
    return [
      quantity("lr", lr, (i) => learningRate(train, i, totalSteps)),
      quantity("mom", mom, (i) => momentum(train, i, totalSteps).beta1),
    ];
  },
};

function quantity(name: string, expected: readonly number[], value: (i: number) => number): Quantity {
  const list = (values: readonly number[]) => ndarray([values.length], values);
  return { name, expected: list(expected), float64: list(expected.map((_, i) => value(i))) };
}

function scheduleChecks(name: string, given: unknown): Check[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return list.map((item, i) => ({
    name: `schedules.${name} ${i}`,
    run: () => {
      const kind = scheduleKinds[name];
      if (kind === undefined) throw new Error(`schedule "${name}" is not built`);
      return Promise.resolve(kind(item));
    },
  }));
}

/** The product's update of parameters that are fed, with gradients that are fed. */
function updateGraph(sizes: readonly (readonly number[])[], size: number, train: TrainOptions) {
  const state = {
    parameters: input("parameters", stateShape(size)),
    firstMoments: input("firstMoments", stateShape(size)),
    secondMoments: input("secondMoments", stateShape(size)),
  };
  const gradients = sizes.map((shape, i) => input(`gradient${i}`, shape));
  const { parameters, firstMoments, secondMoments, gradientNorm } = adamUpdate(state, gradients, train);
  return [parameters, firstMoments, secondMoments, gradientNorm] as const;
}

type Engine = (tensors: readonly Tensor[], values: Readonly<Record<string, NDArray>>) => NDArray[] | Promise<NDArray[]>;

const coefficientValues = (
  train: TrainOptions,
  step: number,
  rate: number,
  momentum?: Momentum,
): Record<string, NDArray> =>
  Object.fromEntries(
    coefficients(train, step, rate, momentum).map((value, i) => [`${COEFFICIENTS}.${i}`, ndarray([], [value])]),
  );

/** Settings, rates and, where β₁ changes, momenta of a run. */
function courseOf(name: string, options: Readonly<Record<string, unknown>>) {
  if (/^fastaiAdam\b/i.test(name)) {
    const { sqrMom, eps, wd, lr, mom } = fastaiSchema.parse(options);
    const adamw = trainSettings({ kind: "adamw", beta2: sqrMom, eps, weightDecay: wd });
    const momenta = mom.map((beta1, i) => ({ beta1, previous: mom[i - 1] ?? beta1 }));
    return { train: { ...adamw, schedule: "one-cycle" as const }, rates: lr, momenta };
  }
  if (!/^adamw?\b/i.test(name)) throw new Error(`optimizer "${name}" is not built`);
  const rates = z.union([z.number().transform((rate) => [rate]), numbers]).parse(options["lr"]);
  const train = trainSettings({ ...optimizerSchema.parse(options), kind: /^adamw/i.test(name) ? "adamw" : "adam" });
  return { train, rates, momenta: [] };
}

async function optimizerRun(
  name: string,
  raw: unknown,
  { initial, grads }: { initial: NDArray; grads: NDArray },
): Promise<Quantity[]> {
  const { options, params } = runSchema.parse(raw);
  const { train, rates, momenta } = courseOf(name, options);
  const [steps = 0, size = 0] = grads.shape;
  const outputs = updateGraph([[size]], size, train);
  const course = async (engine: Engine): Promise<NDArray> => {
    const shape = stateShape(size);
    let state = {
      parameters: ndarray(shape, initial.data),
      firstMoments: ndarray(shape),
      secondMoments: ndarray(shape),
    };
    const rows: number[] = [];
    for (let step = 0; step < steps; step++) {
      const gradient0 = ndarray([size], grads.data.subarray(step * size, (step + 1) * size));
      const rate = rates[step] ?? rates[0] ?? 0;
      const values = { ...state, gradient0, ...coefficientValues(train, step, rate, momenta[step]) };
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
  const zeros = ndarray(stateShape(size));
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
      { name: "clipped gradients", tensor: firstMoments, expected: ndarray(stateShape(size), clipped) },
    ],
    values,
  );
}
