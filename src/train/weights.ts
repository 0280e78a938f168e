import fs from "node:fs";
import path from "node:path";
import { sha256 } from "../data/checksum.ts";
import { onDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import type { Run } from "./open-run.ts";
import { readSafetensors, type Safetensors } from "./safetensors.ts";

/** A finished run's weights: those of the last step, and those with the best validation where the task keeps them. */
export type WeightsFile = "weights.safetensors" | "best.safetensors";

/**
 * The weights that a finished run was tested with. Throws a `run` error when it is not finished, and a `checkpoint`
 * error when the file is absent or not the one that was tested.
 */
export function readTestedWeights(run: Run): Safetensors & { readonly file: string } {
  const { folder, result } = run;
  if (result === null) {
    throw new KvtError("run", `the run ${folder} is not finished: expected one with a result.json`, {
      hint: `kvt resume ${folder} finishes it.`,
    });
  }
  const name: WeightsFile = result.weights === "best" ? "best.safetensors" : "weights.safetensors";
  const file = path.join(folder, name);
  const again = `Delete ${path.join(folder, "result.json")} and resume the run to write it again.`;
  if (!fs.existsSync(file)) {
    throw new KvtError("checkpoint", `${file} is missing: expected the weights of the run`, { hint: again });
  }
  const bytes = onDisk("read", file, () => fs.readFileSync(file));
  const expected = checksum(result, name);
  const found = sha256(bytes);
  if (expected !== found) {
    const [want, got] = [expected.slice(0, 12), found.slice(0, 12)];
    throw new KvtError("checkpoint", `${file} was changed or damaged: expected checksum ${want}…, got ${got}…`, {
      hint: again,
    });
  }
  return { ...readSafetensors(bytes, file), file };
}

function checksum(result: object, name: WeightsFile): string {
  const checksums: unknown = "checksums" in result ? result.checksums : undefined;
  if (typeof checksums !== "object" || checksums === null || !(name in checksums)) return "none";
  return String((checksums as Record<string, unknown>)[name]);
}
