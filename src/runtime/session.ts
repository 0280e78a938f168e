import type { InferenceSession, Tensor } from "onnxruntime-common";
import { writeOnnx, type Tensor as GraphTensor } from "../graph/index.ts";
import type { Backend } from "./backend.ts";
import { isRefusal, leavesUncopied, UNCOPIED } from "./uncopied.ts";
import type { Feeds, Values } from "./values.ts";

export type DeviceTensor = Tensor;

/** A graph that is ready to run on a device. */
export interface Session {
  /** number of ONNX nodes */
  readonly nodes: number;
  /**
   * Runs the graph; results are new tensors, or those of `into`, one for each result, where the session was opened for
   * that and the backend's results are the caller's: then it throws an internal error for one that is missing. Feeds
   * that the graph does not read are left out.
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, Tensor>>,
  ): Promise<Readonly<Record<string, Tensor>>>;
  /** Frees what the device holds for this graph. */
  release(): Promise<void>;
}

export interface SessionSettings {
  /** names of results that stay on the device, where the backend can keep them */
  readonly keep?: readonly string[];
  /** every run has tensors for all results, where the backend's results are the caller's */
  readonly into?: boolean;
  readonly options?: InferenceSession.SessionOptions;
}

/** Writes a graph in the form that suits the backend's device and makes it ready to run. */
export async function openSession(
  backend: Backend,
  outputs: Readonly<Record<string, GraphTensor>>,
  { keep = [], into: givesTensors = false, options = {} }: SessionSettings = {},
): Promise<Session> {
  const uncopied = givesTensors && (await leavesUncopied(backend));
  const { bytes, nodes, inputs } = writeOnnx(outputs, {
    target: backend.device,
    ...(uncopied ? { emptySequence: UNCOPIED } : {}),
  });
  // Not the graph itself, which a session need not keep in memory.
  const names = Object.keys(outputs);
  const kept = backend.results === "device" && keep.length > 0;
  const session = await backend.ort.InferenceSession.create(bytes, {
    ...backend.sessionOptions,
    ...(kept ? { preferredOutputLocation: Object.fromEntries(keep.map((name) => [name, "gpu-buffer" as const])) } : {}),
    ...options,
  });
  return {
    nodes,
    async run(feeds, into) {
      const read = Object.fromEntries(
        inputs.flatMap((name) => (feeds[name] === undefined ? [] : [[name, feeds[name]]])),
      );
      if (into === undefined && !uncopied) return session.run(read);
      const missing = names.find((name) => into?.[name] === undefined);
      if (into === undefined || missing !== undefined) {
        throw new Error(`internal: expected a tensor for each result, got none for "${missing ?? ""}"`);
      }
      await session.run(read, uncopied ? { ...into, [UNCOPIED]: null } : into).catch((error: unknown) => {
        if (!uncopied || !isRefusal(error)) throw error;
      });
      return into;
    },
    release: () => session.release(),
  };
}

/** Numbers as a tensor of the backend, without a copy. */
export function toTensor({ ort }: Backend, { data, shape }: Values): Tensor {
  return data instanceof Float32Array ? new ort.Tensor("float32", data, shape) : new ort.Tensor("int32", data, shape);
}

export const toTensors = (backend: Backend, feeds: Feeds): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(feeds).map(([name, values]) => [name, toTensor(backend, values)]));

/** A tensor's numbers on the host; (reads them back from the device where they are there). */
export async function toValues(tensor: Tensor): Promise<Values> {
  const data = await tensor.getData();
  if (data instanceof Float32Array || data instanceof Int32Array) return { data, shape: tensor.dims };
  return { data: Float32Array.from(data as ArrayLike<number>), shape: tensor.dims };
}
