import { KvtError } from "../errors.ts";
import { commonSessionOptions, type Backend, type DeviceRequest } from "./backend.ts";

const CPU_HINT = "Use --device cpu, which is always there.";

/**
 * ONNX Runtime for Node (onnxruntime-node, loaded here for the first time) on the device asked for. A device that is
 * not there is a `device` error; `auto` takes CUDA where ONNX Runtime has it, else the CPU, and says why.
 */
export async function openNode(asked: DeviceRequest, threads: number): Promise<Backend> {
  const { default: ort } = await import("onnxruntime-node");
  const backend = (device: Backend["device"], reason?: string): Backend => ({
    ort,
    device,
    ...(reason === undefined ? {} : { reason }),
    sessionOptions: {
      ...commonSessionOptions,
      executionProviders: [device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    },
    results: "caller",
  });
  const has = (name: string) => ort.listSupportedBackends().some((b) => b.name === name && b.bundled);
  switch (asked) {
    case "cpu":
      return backend("cpu");
    case "cuda":
      if (!has("cuda")) throw missing("cuda", "this onnxruntime-node is installed without CUDA");
      await probe(backend("cuda"));
      return backend("cuda");
    case "webgpu":
      await probe(backend("webgpu"));
      return backend("webgpu");
    case "auto": {
      if (!has("cuda")) return backend("cpu", "auto: no CUDA here, and WebGPU in Node is used only when asked for");
      try {
        await probe(backend("cuda"));
        return backend("cuda", "auto: CUDA is here");
      } catch (error) {
        return backend("cpu", `auto: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}

const missing = (device: string, why: string, cause?: unknown) =>
  new KvtError("device", `device "${device}" is not available: ${why}`, { hint: CPU_HINT, cause });

/** Opens and closes a session of one node on the device, so that a device that is not there is noticed at once. */
async function probe(backend: Backend): Promise<void> {
  const { input, neg, writeOnnx } = await import("../graph/index.ts");
  const { bytes } = writeOnnx({ y: neg(input("x", [1])) }, { target: backend.device });
  try {
    const session = await backend.ort.InferenceSession.create(bytes, backend.sessionOptions);
    await session.release();
  } catch (error) {
    throw missing(backend.device, reasonOf(error), error);
  }
}

/** First line of what ONNX Runtime says, without the place in its source and the condition that failed. */
function reasonOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.replace(/^\S+\.(cc|h):\d+ .* was false\. /, "");
}
