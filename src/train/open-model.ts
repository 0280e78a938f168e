import type { Values } from "../runtime/values.ts";
import type { Backend } from "../runtime/backend.ts";
import { KvtError } from "../errors.ts";
import { findTask } from "../tasks/index.ts";
import { checkOptions } from "../tasks/options.ts";
import type { Options, Task } from "../tasks/task.ts";
import type { TrainedModel } from "../tasks/uses.ts";
import { readAssets } from "./assets.ts";
import { readWeights } from "./checkpoint-tensors.ts";
import { openRun, type Run } from "./open-run.ts";
import { parametersOf } from "./training-program.ts";
import { readTestedWeights } from "./weights.ts";

export interface OpenedModel {
  readonly run: Run;
  readonly task: Task;
  readonly model: TrainedModel<Options>;
}

/**
 * The model of a finished run with the weights that were tested, ready to be used without its data. Throws a `run`
 * error when the folder holds no finished run, and a `checkpoint` error when its weights are of another model.
 */
export function openModel(folder: string, backend: Backend): OpenedModel {
  const run = openRun(folder);
  const weights = readTestedWeights(run);
  const { attention } = run.configuration;
  const task = findTask(run.configuration.task);
  const options = checkOptions(task, run.configuration.options);
  const { assets, dimensions } = readAssets(folder);
  if (task.dimensions !== undefined && Object.keys(dimensions).length === 0) {
    throw new KvtError("run", `${folder}/assets.json: expected the sizes of the model, got nothing`, {
      hint: "Put the file back as the run wrote it, or train the model again.",
    });
  }
  const specifications = parametersOf({ task, options, attention, dimensions });
  const data = readWeights(weights, specifications, weights.file);
  const parameters = new Map<string, Values>(
    specifications.map(({ path, shape }, i) => [path, { data: data[i] ?? new Float32Array(), shape }]),
  );
  return { run, task, model: { backend, options, attention, dimensions, assets, parameters } };
}
