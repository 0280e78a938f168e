import type * as OnnxRuntime from "onnxruntime-common";
import { unknownWord } from "../errors.ts";

/** Devices that run a graph. */
export const DEVICES = ["cpu", "webgpu", "cuda"] as const;
export type Device = (typeof DEVICES)[number];
/** What a user may ask for: a device, or `auto` for the fastest that is there. */
export type DeviceRequest = Device | "auto";

/** ONNX Runtime on one device: what sessions are made with, in Node and in a browser alike. */
export interface Backend {
  readonly ort: Pick<typeof OnnxRuntime, "InferenceSession" | "Tensor">;
  readonly device: Device;
  /** why this device, when another one was asked for or `auto` chose */
  readonly reason?: string;
  readonly sessionOptions: OnnxRuntime.InferenceSession.SessionOptions;
  /**
   * Where a run's results go: into the tensors that the caller names, into new tensors on the device where `keep` asks
   * for it, or always into new tensors on the host.
   */
  readonly results: "caller" | "device" | "host";
}

export function parseDevice(word: string): DeviceRequest {
  const words = [...DEVICES, "auto"] as const;
  const found = words.find((device) => device === word);
  if (found === undefined) throw unknownWord("usage", "device", word, words);
  return found;
}

/** Options of every session: training graphs gain nothing from the higher optimisation levels, which cost start-up time. */
export const commonSessionOptions = {
  graphOptimizationLevel: "basic",
  executionMode: "sequential",
  // Without the memory pattern a step needs a third less memory and no more time (npm run bench -- memory).
  enableMemPattern: false,
  extra: { session: { set_denormal_as_zero: "1" } },
} as const;
