import { input, split, reshape, type Tensor } from "../graph/index.ts";
import { gradient } from "../graph/gradient.ts";
import { elements } from "../graph/shape.ts";
import { random } from "../random.ts";
import { Scope } from "../nn/scope.ts";
import type { Backend } from "../runtime/backend.ts";
import {
  openSession,
  toTensor,
  toTensors,
  type DeviceTensor,
  type Session,
  type SessionSettings,
} from "../runtime/session.ts";
import type { Feeds } from "../runtime/values.ts";
import { buildTask, type BatchShapes, type ModelRequest } from "../tasks/build.ts";
import type { Options } from "../tasks/task.ts";
import { adamUpdate, COEFFICIENTS, coefficients, stateShape, type FlatState } from "./optimizer.ts";
import type { TrainingProgram, TrainingState } from "./program.ts";

export interface ProgramRequest<O extends Options = Options> extends ModelRequest<O> {
  readonly seed: number;
}

type SessionOptions = Required<SessionSettings>["options"];

const STATE = ["parameters", "firstMoments", "secondMoments"] as const;
type StateTensors = Readonly<Record<(typeof STATE)[number], DeviceTensor>>;

/** The parameters of a task's model, in order, with their initialisers. */
export function parametersOf<O extends Options>(request: ModelRequest<O>): Scope["parameters"] {
  const scope = new Scope({ training: false });
  buildTask(request, 1, scope);
  return scope.parameters;
}

/** Values of all parameters at the start, each drawn from its own stream of the seed. */
function initialParameters(specifications: Scope["parameters"], seed: number): Float32Array[] {
  return specifications.map(({ path, shape, initialise }) => initialise(random(seed, `parameter/${path}`), shape));
}

/** A scope whose parameters lie one after another in a matrix. */
function flatScope(specifications: Scope["parameters"], matrix: Tensor, training: boolean): Scope {
  const sizes = specifications.map(({ shape }) => elements(shape));
  const total = elements(matrix.shape as number[]);
  const rest = total - elementsOf(specifications);
  const parts = split(reshape(matrix, [total]), rest > 0 ? [...sizes, rest] : sizes);
  return new Scope({
    training,
    tensors: new Map(specifications.map(({ path, shape }, i) => [path, reshape(parts[i] as Tensor, shape)])),
  });
}

const elementsOf = (specifications: Scope["parameters"]): number =>
  specifications.reduce((all, { shape }) => all + elements(shape), 0);

const stateInputs = (shape: readonly number[]): FlatState => ({
  parameters: input("state.parameters", shape),
  firstMoments: input("state.firstMoments", shape),
  secondMoments: input("state.secondMoments", shape),
});

/** The training step for batches of one shape as a graph: forward, backward, clipping and update. */
export function trainingGraph<O extends Options>(
  request: ProgramRequest<O>,
  specifications: Scope["parameters"],
  shapes: BatchShapes = request.options.train.batch,
) {
  const shape = stateShape(elementsOf(specifications));
  const state = stateInputs(shape);
  const scope = flatScope(specifications, state.parameters, true);
  const { loss } = buildTask(request, shapes, scope);
  const update = adamUpdate(
    state,
    gradient(
      loss,
      scope.parameters.map(({ tensor }) => tensor),
    ),
    request.options.train,
  );
  return {
    outputs: {
      "next.parameters": update.parameters,
      "next.firstMoments": update.firstMoments,
      "next.secondMoments": update.secondMoments,
      loss,
      gradientNorm: update.gradientNorm,
    },
    dropoutSites: scope.dropoutSites,
    shape,
  };
}

/** Loss, number right and number of predictions of a batch of any size, dropout off. */
function evaluationGraph<O extends Options>(request: ProgramRequest<O>, specifications: Scope["parameters"]) {
  const { parameters } = stateInputs(stateShape(elementsOf(specifications)));
  const scope = flatScope(specifications, parameters, false);
  const { lossSum, correct, count } = buildTask(request, "B", scope);
  return { lossSum, correct, count };
}

/** Builds the graphs of a task's model and opens them on a backend, in Node or in a browser. */
export async function openTrainingProgram<O extends Options>(
  request: ProgramRequest<O>,
  backend: Backend,
): Promise<TrainingProgram> {
  const { options, seed } = request;
  const memory = memoryOptions(request);
  const specifications = parametersOf(request);
  const shape = stateShape(elementsOf(specifications));
  const steps = new Map<string, Promise<Step>>();
  const stepFor = (batch: Feeds): Promise<Step> => {
    const shapes = Object.fromEntries(Object.entries(batch).map(([name, { shape }]) => [name, shape]));
    const key = JSON.stringify(shapes);
    const opened = steps.get(key) ?? openStep(request, specifications, shapes, backend, memory);
    steps.set(key, opened);
    opened.catch(() => steps.delete(key));
    return opened;
  };
  let evaluating: Session | undefined;

  const buffers = (): StateTensors =>
    Object.fromEntries(
      STATE.map((name) => [name, toTensor(backend, { data: new Float32Array(elements(shape)), shape })]),
    ) as Record<(typeof STATE)[number], DeviceTensor>;
  let current = buffers();
  // Where the runtime makes new tensors for results there is one buffer; elsewhere the step writes into the other one.
  let other = backend.results === "caller" ? buffers() : undefined;
  const one = (): DeviceTensor => toTensor(backend, { data: new Float32Array(1), shape: [] });
  const numbers = { loss: one(), gradientNorm: one() };
  let updates = 0;

  const program: TrainingProgram = {
    parameters: specifications.map(({ path, shape }) => ({ path, shape })),
    device: { name: backend.device, ...(backend.reason === undefined ? {} : { reason: backend.reason }) },

    async step(batch, rate, momentum) {
      const { session, dropoutSites } = await stepFor(batch);
      const factors = coefficients(options.train, updates, rate, momentum);
      const feeds = {
        ...toTensors(backend, batch),
        ...toTensors(backend, dropoutFeeds(seed, updates, dropoutSites)),
        ...Object.fromEntries(
          factors.map((value, i) => [
            `${COEFFICIENTS}.${i}`,
            toTensor(backend, { data: Float32Array.of(value), shape: [] }),
          ]),
        ),
        ...prefixed("state", current),
      };
      const results = await session.run(
        feeds,
        other === undefined ? undefined : { ...prefixed("next", other), ...numbers },
      );
      if (other === undefined) {
        dispose(current);
        current = pick(results);
      } else {
        [current, other] = [other, current];
      }
      updates++;
      return { loss: await number(results["loss"]), gradientNorm: await number(results["gradientNorm"]) };
    },

    async evaluate(batch) {
      evaluating ??= await openSession(backend, evaluationGraph(request, specifications), {
        options: memory,
      });
      const results = await evaluating.run({ ...toTensors(backend, batch), "state.parameters": current.parameters });
      return {
        lossSum: await number(results["lossSum"]),
        correct: await number(results["correct"]),
        count: await number(results["count"]),
      };
    },

    async read() {
      const [parameters, firstMoments, secondMoments] = await Promise.all(
        STATE.map(async (name) => unpack((await current[name].getData()) as Float32Array, specifications)),
      );
      return { step: updates, parameters, firstMoments, secondMoments } as TrainingState;
    },

    async trained(assets) {
      const { attention, dimensions = {} } = request;
      const parameters = unpack((await current.parameters.getData()) as Float32Array, specifications);
      const values = specifications.map(
        ({ path, shape }, i) => [path, { data: parameters[i] ?? EMPTY, shape }] as const,
      );
      return { backend, options, attention, dimensions, assets, parameters: new Map(values) };
    },

    write(state) {
      const fresh = buffers();
      for (const name of STATE) pack(state[name], fresh[name].data as Float32Array);
      dispose(current);
      current = fresh;
      updates = state.step;
    },

    async release() {
      // Before the sessions, whose memory tensors on a device are.
      for (const tensors of [current, other]) if (tensors) dispose(tensors);
      for (const step of steps.values()) await (await step).session.release();
      await evaluating?.release();
    },
  };
  program.write({
    step: 0,
    parameters: initialParameters(specifications, seed),
    firstMoments: specifications.map(({ shape }) => new Float32Array(elements(shape))),
    secondMoments: specifications.map(({ shape }) => new Float32Array(elements(shape))),
  });
  return program;
}

const EMPTY = new Float32Array();

interface Step {
  readonly session: Session;
  readonly dropoutSites: Scope["dropoutSites"];
}

/**
 * Where the lengths of batches differ there is a session for each, and an arena of each would keep the memory of its
 * largest step. Without arenas they share what is free.
 */
function memoryOptions<O extends Options>({ task, options, dimensions = {} }: ProgramRequest<O>): SessionOptions {
  const shapes = Object.values(task.inputs(options, 1, dimensions)).map(({ shape }) => shape);
  return shapes.flat().some((length) => typeof length === "string") ? { enableCpuMemArena: false } : {};
}

/** The training step for batches of these shapes, ready to run. */
async function openStep<O extends Options>(
  request: ProgramRequest<O>,
  specifications: Scope["parameters"],
  shapes: BatchShapes,
  backend: Backend,
  options: SessionOptions = {},
): Promise<Step> {
  const { outputs, dropoutSites } = trainingGraph(request, specifications, shapes);
  const keep = STATE.map((name) => `next.${name}`);
  return { session: await openSession(backend, outputs, { keep, into: true, options }), dropoutSites };
}

const prefixed = (prefix: string, tensors: StateTensors): Record<string, DeviceTensor> =>
  Object.fromEntries(STATE.map((name) => [`${prefix}.${name}`, tensors[name]]));

const pick = (results: Readonly<Record<string, DeviceTensor>>): StateTensors =>
  Object.fromEntries(STATE.map((name) => [name, results[`next.${name}`]])) as StateTensors;

function dispose(tensors: StateTensors): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

async function number(tensor: DeviceTensor | undefined): Promise<number> {
  return Number((await tensor?.getData())?.[0]);
}

function pack(parts: readonly Float32Array[], flat: Float32Array): void {
  let offset = 0;
  for (const part of parts) {
    flat.set(part, offset);
    offset += part.length;
  }
}

function unpack(flat: Float32Array, specifications: Scope["parameters"]): Float32Array[] {
  let offset = 0;
  return specifications.map(({ shape }) => {
    const length = elements(shape);
    offset += length;
    return flat.slice(offset - length, offset);
  });
}

/** Odd random factors for the masks of one step: a function of (seed, step, site). */
function dropoutFeeds(seed: number, step: number, sites: Scope["dropoutSites"]): Feeds {
  const feeds: Record<string, Feeds[string]> = {};
  for (const { path, rows, columns } of sites) {
    const stream = random(seed, `dropout/${path}`, step);
    const draw = (count: number) => Int32Array.from({ length: count }, () => stream.uint32() | 1);
    feeds[`${path}.rows`] = { data: draw(rows), shape: [rows] };
    feeds[`${path}.columns`] = { data: draw(columns), shape: [columns] };
  }
  return feeds;
}
