import { z } from "zod";
import { KvtError } from "../../src/errors.ts";
import { random } from "../../src/random.ts";
import type { Feeds } from "../../src/runtime/values.ts";
import type { Task, TaskData } from "../../src/tasks/task.ts";
import { trainOptions } from "../../src/tasks/train-options.ts";
import type { RunConfiguration } from "../../src/train/configuration.ts";
import type { DeviceProgramRequest, Engine } from "../../src/train/engine.ts";
import type { ParameterDescription, TrainingProgram, TrainingState } from "../../src/train/program.ts";

/**
 * A task and a program that are small enough to train thousands of times: a line w·x + b fitted by Adam in float32,
 * with noise from (seed, step) in place of dropout.
 */
const fakeOptions = z.strictObject({
  model: z.strictObject({
    /** the update whose loss is NaN; 0 = none */
    nanAt: z.int().default(0),
    /** milliseconds that a step blocks its thread */
    delay: z.number().default(0),
    /** the update that ends the process; 0 = none */
    dieAt: z.int().default(0),
  }),
  data: z.strictObject({ train: z.int().default(40), validation: z.int().default(10), test: z.int().default(12) }),
  train: trainOptions,
});
type FakeOptions = z.infer<typeof fakeOptions>;

const parameters: readonly ParameterDescription[] = [
  { path: "line.weight", shape: [3, 1] },
  { path: "line.bias", shape: [1] },
];

function row(seed: number, split: string, index: number): [number, number, number, number] {
  const r = random(seed, `fake/${split}`, index);
  const [a, b, c] = [r.normal(), r.normal(), r.normal()];
  return [a, b, c, a - 2 * b + 0.5 * c + 0.3 + 0.1 * r.normal()];
}

function fakeData(options: FakeOptions, seed: number): TaskData {
  return {
    sizes: options.data,
    batch(split, indices) {
      const rows = Array.from(indices, (index) => row(seed, split, index));
      return {
        x: { data: Float32Array.from(rows.flatMap(([a, b, c]) => [a, b, c])), shape: [rows.length, 3] },
        y: { data: Float32Array.from(rows.map(([, , , y]) => y)), shape: [rows.length] },
      };
    },
    describe: () => ({ kind: "tokens", tokens: [], target: [] }),
  };
}

function fakeTask(name: string, keep: Task["keep"]): Task {
  return {
    name,
    summary: "a line through noise",
    options: fakeOptions,
    presets: { quick: {}, paper: {} },
    metric: { name: "share within 0.2, an accuracy", higherIsBetter: true, from: "correct" },
    keep,
    inputs: () => ({}),
    graph: () => {
      throw new Error("the fake task has no graph");
    },
    load: (options, { seed }) => Promise.resolve(fakeData(options as unknown as FakeOptions, seed)),
  };
}

const fakeTasks = [fakeTask("fake", "last"), fakeTask("fake-best", "best")];

function errors(batch: Feeds, [w, bias]: readonly Float32Array[]): number[] {
  const [x, y] = [batch["x"]?.data ?? [], batch["y"]?.data ?? []];
  const at = (values: ArrayLike<number> | undefined, i: number): number => values?.[i] ?? NaN;
  return Array.from(y, (target, i) => {
    const dot = at(x, 3 * i) * at(w, 0) + at(x, 3 * i + 1) * at(w, 1) + at(x, 3 * i + 2) * at(w, 2);
    return Math.fround(dot + at(bias, 0) - target);
  });
}

const copies = (arrays: readonly Float32Array[]): Float32Array[] => arrays.map((values) => values.slice());

export function fakeProgram({ options, seed, attention }: DeviceProgramRequest): TrainingProgram {
  const { model, train } = options as unknown as FakeOptions;
  const init = random(seed, `weights/${attention}`);
  const zeros = (): Float32Array[] => parameters.map(({ shape }) => new Float32Array(shape[0] ?? 1));
  let state: TrainingState = {
    step: 0,
    parameters: zeros().map((values) => values.map(() => init.normal())),
    firstMoments: zeros(),
    secondMoments: zeros(),
  };
  return {
    parameters,
    device: { name: "cpu" },
    step(batch, rate) {
      const until = performance.now() + model.delay;
      while (performance.now() < until);
      const step = state.step + 1;
      if (model.dieAt === step) {
        console.error("the ground opened");
        process.exit(9);
      }
      const wrong = errors(batch, state.parameters);
      const x = batch["x"]?.data ?? new Float32Array();
      const noise = random(seed, "noise", step);
      const slope = (column: number): number =>
        wrong.reduce((sum, e, i) => sum + 2 * e * (column < 3 ? (x[3 * i + column] ?? 0) : 1), 0) / wrong.length;
      const gradient = [
        Float32Array.from([0, 1, 2], (c) => slope(c) + 0.05 * noise.normal()),
        Float32Array.of(slope(3)),
      ];
      const next = {
        first: copies(state.firstMoments),
        second: copies(state.secondMoments),
        weights: copies(state.parameters),
      };
      gradient.forEach((values, p) => values.forEach((g, i) => adam(next, p, i, g, rate, step, train)));
      state = { step, parameters: next.weights, firstMoments: next.first, secondMoments: next.second };
      const loss = model.nanAt === step ? NaN : wrong.reduce((sum, e) => sum + e * e, 0) / wrong.length;
      const gradientNorm = Math.sqrt(gradient.flatMap((g) => [...g]).reduce((sum, g) => sum + g * g, 0));
      return Promise.resolve({ loss, gradientNorm });
    },
    trained: () => Promise.reject(new Error("the fake model is not used")),
    evaluate(batch) {
      const wrong = errors(batch, state.parameters);
      return Promise.resolve({
        lossSum: wrong.reduce((sum, e) => sum + e * e, 0),
        correct: wrong.filter((e) => Math.abs(e) < 0.2).length,
        count: wrong.length,
      });
    },
    read: () =>
      Promise.resolve({
        step: state.step,
        parameters: copies(state.parameters),
        firstMoments: copies(state.firstMoments),
        secondMoments: copies(state.secondMoments),
      }),
    write(given) {
      state = {
        step: given.step,
        parameters: copies(given.parameters),
        firstMoments: copies(given.firstMoments),
        secondMoments: copies(given.secondMoments),
      };
    },
    release: () => Promise.resolve(),
  };
}

function adam(
  next: { first: Float32Array[]; second: Float32Array[]; weights: Float32Array[] },
  p: number,
  i: number,
  g: number,
  rate: number,
  step: number,
  { beta1, beta2, epsilon }: FakeOptions["train"],
): void {
  const [m, v, w] = [next.first[p], next.second[p], next.weights[p]];
  if (m === undefined || v === undefined || w === undefined) return;
  m[i] = beta1 * (m[i] ?? 0) + (1 - beta1) * g;
  v[i] = beta2 * (v[i] ?? 0) + (1 - beta2) * g * g;
  const [mean, square] = [(m[i] ?? 0) / (1 - beta1 ** step), (v[i] ?? 0) / (1 - beta2 ** step)];
  w[i] = (w[i] ?? 0) - (rate * mean) / (Math.sqrt(square) + epsilon);
}

export const fakeEngine: Engine = {
  findTask(name) {
    const task = fakeTasks.find((candidate) => candidate.name === name);
    if (task === undefined) throw new KvtError("usage", `unknown task "${name}"`);
    return task;
  },
  createTrainingProgram: (request) => Promise.resolve(fakeProgram(request)),
  dataEnvironment: () => ({
    read: () => Promise.reject(new Error("the fake task reads no file")),
    readPath: () => Promise.reject(new Error("the fake task reads no file")),
  }),
};

export interface FakeSettings {
  readonly model?: Partial<FakeOptions["model"]>;
  readonly data?: Partial<FakeOptions["data"]>;
  readonly train?: Partial<FakeOptions["train"]>;
}

/** 3 epochs of 6 steps with 2 validations each, unless told otherwise. */
export function fakeConfiguration(
  settings: FakeSettings = {},
  rest: Partial<Omit<RunConfiguration, "options">> = {},
): RunConfiguration {
  const options = fakeOptions.parse({
    model: { ...settings.model },
    data: { ...settings.data },
    train: { epochs: 3, batch: 6, rate: 0.05, evaluations: 2, ...settings.train },
  });
  const base = { task: "fake", preset: "quick", attention: "kv", seed: 7, device: "cpu", threads: 1 } as const;
  return { ...base, ...rest, options };
}
