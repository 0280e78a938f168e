import { createRequire } from "node:module";
import os from "node:os";

/** What a run's numbers depend on besides its configuration, as far as it can be read without other programs. */
export interface Environment {
  readonly kvt: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
}

export function readEnvironment(): Environment {
  const require = createRequire(import.meta.url);
  return {
    kvt: version(() => require("../../package.json")),
    node: process.versions.node,
    onnxruntime: version(() => require("onnxruntime-node/package.json")),
    platform: `${os.platform()} ${os.arch()} ${os.release()}`,
    cpu: os.cpus()[0]?.model.trim() ?? "unknown",
    cores: os.availableParallelism(),
    memoryGiB: Math.round((os.totalmem() / 2 ** 30) * 10) / 10,
  };
}

function version(load: () => unknown): string {
  try {
    const description = load();
    if (typeof description === "object" && description !== null && "version" in description) {
      return String(description.version);
    }
  } catch {
    // Bundled without its package.json: the version is not known, which is no reason not to train.
  }
  return "unknown";
}

/** The fields in which two environments may compute different bits, such as `node 20.1.0 → 22.3.0`. */
export function differences(before: Environment, now: Environment): string[] {
  const fields = ["kvt", "node", "onnxruntime", "platform", "cpu"] as const;
  return fields.filter((field) => before[field] !== now[field]).map((f) => `${f} ${before[f]} → ${now[f]}`);
}
