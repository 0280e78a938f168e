import { KvtError } from "../errors.ts";
import { commonSessionOptions, type Backend, type DeviceRequest } from "./backend.ts";

/** What the browser's `navigator.gpu` offers, as far as it is needed here. */
interface Gpu {
  requestAdapter(): Promise<{
    readonly info?: { readonly isFallbackAdapter?: boolean; readonly description?: string };
  } | null>;
}

/**
 * ONNX Runtime for browsers (onnxruntime-web) on the device asked for: `cpu` is WebAssembly with threads (which need a
 * cross-origin-isolated page), `webgpu` the GPU. A device that is not there is a `device` error; `auto` takes a
 * hardware GPU where there is one, else WebAssembly, and says why.
 */
export async function openWeb(asked: DeviceRequest, threads: number): Promise<Backend> {
  if (asked === "cuda")
    throw new KvtError("device", 'device "cuda" is not available in a browser', { hint: "Use webgpu or cpu." });
  if (asked === "cpu") return wasm(threads);
  const gpu = (globalThis.navigator as { readonly gpu?: Gpu } | undefined)?.gpu;
  const adapter = gpu === undefined ? null : await gpu.requestAdapter();
  const why = gpu === undefined ? "this browser has no WebGPU" : "this browser has no WebGPU adapter";
  if (asked === "webgpu") {
    if (adapter === null)
      throw new KvtError("device", `device "webgpu" is not available: ${why}`, { hint: "Use cpu." });
    return webgpu();
  }
  if (adapter === null) return wasm(threads, `auto: ${why}`);
  if (adapter.info?.isFallbackAdapter === true) return wasm(threads, "auto: the WebGPU adapter here is software");
  return webgpu("auto: WebGPU is here");
}

async function wasm(threads: number, reason?: string): Promise<Backend> {
  if (threads > 1 && globalThis.crossOriginIsolated !== true) {
    throw new KvtError("device", `expected a cross-origin-isolated page for ${threads} threads, got one that is not`, {
      hint: "Serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or use 1 thread.",
    });
  }
  const ort = await import("onnxruntime-web/wasm");
  ort.env.wasm.numThreads = threads;
  return {
    ort,
    device: "cpu",
    ...(reason === undefined ? {} : { reason }),
    sessionOptions: { ...commonSessionOptions, executionProviders: ["wasm"] },
    // onnxruntime-web accepts named host tensors for results, but leaves them as they were.
    results: "host",
  };
}

async function webgpu(reason?: string): Promise<Backend> {
  const ort = await import("onnxruntime-web/webgpu");
  // The work is the GPU's: WebAssembly's threads would only wait.
  ort.env.wasm.numThreads = 1;
  return {
    ort,
    device: "webgpu",
    ...(reason === undefined ? {} : { reason }),
    sessionOptions: { ...commonSessionOptions, executionProviders: ["webgpu"] },
    results: "device",
  };
}
