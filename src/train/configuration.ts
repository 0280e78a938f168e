import { KvtError } from "../errors.ts";
import type { DeviceRequest } from "../runtime/backend.ts";
import type { Options, PresetName } from "../tasks/task.ts";

/** Everything that a run's numbers follow from. */
export interface RunConfiguration {
  readonly task: string;
  readonly preset: PresetName;
  readonly attention: string;
  readonly seed: number;
  /** resolved: defaults, preset and settings merged */
  readonly options: Options;
  /** as asked for; `result.json` names the one that was used */
  readonly device: DeviceRequest;
  readonly threads: number;
}

/** Reads `run.json` but for its format. Throws a `run` error that names `file` and the field. */
export function parseConfiguration(value: Readonly<Record<string, unknown>>, file: string): RunConfiguration {
  const { task, preset, attention, seed, options, device, threads } = value;
  const field = (name: string, found: unknown, expected: string): KvtError =>
    new KvtError("run", `${file}: expected "${name}" to be ${expected}, got ${JSON.stringify(found) ?? "nothing"}`);
  if (typeof task !== "string") throw field("task", task, "a text");
  if (preset !== "quick" && preset !== "paper") throw field("preset", preset, '"quick" or "paper"');
  if (typeof attention !== "string") throw field("attention", attention, "a text");
  if (!Number.isSafeInteger(seed)) throw field("seed", seed, "a whole number");
  if (typeof options !== "object" || options === null) throw field("options", options, "an object");
  if (device !== "cpu" && device !== "webgpu" && device !== "cuda" && device !== "auto") {
    throw field("device", device, "cpu, webgpu, cuda or auto");
  }
  if (!Number.isSafeInteger(threads)) throw field("threads", threads, "a whole number");
  // The task's own schema checks the options before they are used.
  return {
    task,
    preset,
    attention,
    seed: seed as number,
    options: options as Options,
    device,
    threads: threads as number,
  };
}
