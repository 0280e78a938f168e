import { KvtError } from "../errors.ts";
import { taskCost, type TaskCost } from "../tasks/cost.ts";
import type { Options, Task } from "../tasks/task.ts";
import type { Dimensions } from "../tasks/uses.ts";

/**
 * What a task's model costs, for options that a command line gave: sizes that do not fit together are a `usage` error
 * here, before a folder is made for them.
 */
export function fittingCost(task: Task, options: Options, attention: string, dimensions: Dimensions = {}): TaskCost {
  try {
    return taskCost(task, options, attention, dimensions);
  } catch (cause) {
    if (!(cause instanceof KvtError) || cause.kind !== "shape") throw cause;
    const { message, hint } = cause;
    throw new KvtError("usage", `the options do not fit together: ${message}`, {
      ...(hint === undefined ? {} : { hint }),
      cause,
    });
  }
}
