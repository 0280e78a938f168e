import { KvtError, openWeb, parseDevice, type Backend } from "../../../src/index.ts";
import { conformanceOf, type Conformity } from "./conformance.ts";
import { countGpu, type GpuCount } from "./gpu.ts";
import { evaluations, fallingGraph, trainingSteps, type NamedGraph } from "./graphs.ts";
import { modelSteps } from "./model-steps.ts";
import { placementsOf, type Placements } from "./placements.ts";
import { startedWorkers } from "./threads.ts";
import { openLesson, takeCourse, type Course, type Numbers } from "./train.ts";

type WebDevice = "cpu" | "webgpu";

/** Threads of WebAssembly in these tests. */
const THREADS = 2;

const graphs = { training: trainingSteps, evaluation: evaluations, falling: [fallingGraph] } as const;

export interface Traffic {
  /** bytes of parameters and both moments */
  readonly stateBytes: number;
  readonly before: GpuCount;
  /** after each of the asked numbers of steps */
  readonly counts: readonly GpuCount[];
  /** after everything is released */
  readonly after: GpuCount;
}

/** What the tests call in the worker. Arguments and results are plain data. */
export const calls = {
  /** The device that a user's word stands for here and why, or the error. */
  async device(word: string): Promise<{ device: string; reason?: string | undefined; hint?: string | undefined }> {
    try {
      const { device, reason } = await openWeb(parseDevice(word), THREADS);
      return { device, reason };
    } catch (error) {
      if (!(error instanceof KvtError)) throw error;
      return { device: "none", reason: error.message, hint: error.hint };
    }
  },

  async course(device: WebDevice, steps: number, resumeAt: number): Promise<Course> {
    return takeCourse(await openWeb(device, THREADS), steps, resumeAt);
  },

  async startedWorkers(): Promise<number> {
    return startedWorkers();
  },

  async modelSteps(device: WebDevice): Promise<Record<string, Numbers[]>> {
    return modelSteps(await openWeb(device, THREADS));
  },

  async conformance(device: WebDevice): Promise<Conformity[]> {
    return conformanceOf(await openWeb(device, THREADS));
  },

  /** Where WebGPU's nodes are, by the name of the graph. */
  async placements(kind: keyof typeof graphs): Promise<Record<string, Placements>> {
    const backend = await openWeb("webgpu", THREADS);
    const all: Record<string, Placements> = {};
    const chosen: readonly NamedGraph[] = graphs[kind];
    for (const { name, build } of chosen) all[name] = await placementsOf(backend, build());
    return all;
  },

  /** Trains on WebGPU and counts after each of the given numbers of steps; `results` says where results stay. */
  async traffic(counted: readonly number[], results: Backend["results"]): Promise<Traffic> {
    const before = countGpu();
    const { program, step } = await openLesson({ ...(await openWeb("webgpu", THREADS)), results });
    const numbers = program.parameters.reduce((all, { shape }) => all + shape.reduce((a, b) => a * b, 1), 0);
    const counts: GpuCount[] = [];
    let made = 0;
    for (const until of counted) {
      while (made < until) await step(made++);
      counts.push(countGpu());
    }
    program.write(await program.read());
    await program.release();
    return { stateBytes: 3 * numbers * Float32Array.BYTES_PER_ELEMENT, before, counts, after: countGpu() };
  },
} satisfies Record<string, (...values: never[]) => Promise<unknown>>;

export type Calls = typeof calls;
