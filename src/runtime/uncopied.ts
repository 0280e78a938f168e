import type { Tensor } from "onnxruntime-common";
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

const known = new Map<string, Promise<boolean>>();

/** Whether the backend's runtime does so on its device, found by trying it once: no version need keep the order. */
export function leavesUncopied(backend: Backend): Promise<boolean> {
  if (backend.results !== "caller") return Promise.resolve(false);
  const found = known.get(backend.device) ?? tryUncopied(backend).catch(() => false);
  known.set(backend.device, found);
  return found;
}

/** Whether a run of y = x + 1 ends at the sequence with y written. Rejects where such a model cannot be opened. */
export async function tryUncopied({ ort, device, sessionOptions }: Backend): Promise<boolean> {
  const { bytes } = writeOnnx({ y: add(input("x", [1]), 1) }, { target: device, emptySequence: UNCOPIED });
  const session = await ort.InferenceSession.create(bytes, sessionOptions);
  const [x, y] = [1, 0].map((value) => new ort.Tensor("float32", Float32Array.of(value), [1])) as [Tensor, Tensor];
  try {
    await session.run({ x }, { [UNCOPIED]: null, y });
    return false;
  } catch (error) {
    return isRefusal(error) && y.data[0] === 2;
  } finally {
    await session.release();
  }
}
