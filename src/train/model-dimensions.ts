import type { Options, Task } from "../tasks/task.ts";
import type { Dimensions } from "../tasks/uses.ts";
import { dataEnvironment } from "./data-environment.ts";

/** Sizes of a task's model that follow from its data, which is read for it; none where the options say all. */
export async function modelDimensions(
  task: Task,
  options: Options,
  seed: number,
  data: string | undefined,
): Promise<Dimensions> {
  return (await task.dimensions?.(options, { ...dataEnvironment(data), seed })) ?? {};
}
