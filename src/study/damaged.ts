import fs from "node:fs";
import path from "node:path";
import { onDisk } from "../disk.ts";
import { makeFolder } from "../folder.ts";
import { isInUse } from "../train/lock.ts";
import type { CellFailure } from "./cell-engine.ts";

/**
 * Whether a cell failed for what lies in its folder: a run, a checkpoint or a growing file that cannot be gone on with. A
 * folder that another process held is whole, also when that process has ended since.
 */
export const isDamage = (failure: CellFailure): boolean =>
  (failure.kind === "run" || failure.kind === "checkpoint") && !isInUse(failure);

/**
 * Moves a run's folder that cannot be read to `damaged/NAME-1`, `-2` … below `root`, so that its cell can be trained
 * anew and nothing of it is lost. Returns where it lies now, or null where there is no such folder.
 */
export function putAside(folder: string, root: string): string | null {
  return onDisk("write", folder, () => {
    for (let n = 1; ; n++) {
      const aside = path.join(root, "damaged", `${path.basename(folder)}-${n}`);
      if (fs.existsSync(aside)) continue;
      if (!fs.existsSync(folder)) return null;
      makeFolder(path.dirname(aside));
      fs.renameSync(folder, aside);
      return aside;
    }
  });
}
