import { add, input, writeOnnx } from "../graph/index.ts";
import type { Backend } from "./backend.ts";

/**
 * onnxruntime-node writes results into the tensors that the caller names, and then makes a copy of each beside, which is
 * what it returns: a tenth of the training step of a model of seven million weights. It makes the copies in the order of
 * the model's outputs once all are written, and gives up at one that is not a tensor. So a model whose first output is an
 * empty sequence has all its results in place, and none copied.
 */
export const UNCOPIED = "uncopied";

const REFUSAL = "Non tensor type is temporarily not supported.";

/** Whether a run ended at the sequence, its results being written. */
export const isRefusal = (error: unknown): boolean => error instanceof Error && error.message.includes(REFUSAL);

const known = new Map<Backend["ort"], Promise<boolean>>();

/** Whether this runtime does so, found by trying it once: no other version need keep the order. */
export function leavesUncopied(backend: Backend): Promise<boolean> {
  if (backend.results !== "caller") return Promise.resolve(false);
  const found = known.get(backend.ort) ?? tryIt(backend);
  known.set(backend.ort, found);
  return found;
}

async function tryIt({ ort, sessionOptions }: Backend): Promise<boolean> {
  const { bytes } = writeOnnx({ y: add(input("x", [1]), 1) }, { target: "cpu", emptySequence: UNCOPIED });
  const session = await ort.InferenceSession.create(bytes, { ...sessionOptions, executionProviders: ["cpu"] });
  const y = new ort.Tensor("float32", Float32Array.of(0), [1]);
  try {
    await session.run({ x: new ort.Tensor("float32", Float32Array.of(1), [1]) }, { [UNCOPIED]: null, y });
    return false;
  } catch (error) {
    return isRefusal(error) && y.data[0] === 2;
  } finally {
    await session.release();
  }
}
