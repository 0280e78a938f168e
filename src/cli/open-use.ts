import { KvtError } from "../errors.ts";
import { openNode } from "../runtime/node.ts";
import type { Options } from "../tasks/task.ts";
import type { Classifier, TrainedModel, Translator, Writer } from "../tasks/uses.ts";
import { openModel } from "../train/open-model.ts";
import { expectOneRun } from "./run-folder.ts";

/** What a trained model can be used as, by the name of the task's function that makes it. */
interface Uses {
  readonly writer: Writer;
  readonly translator: Translator;
  readonly classifier: Classifier;
}

/**
 * The model of a finished run, ready to be used on the CPU. Throws a `usage` error when its task has no such use;
 * `expected` says which has, as in "one of a task that translates".
 */
export async function openUse<Use extends keyof Uses>(
  folder: string,
  threads: number,
  use: Use,
  expected: string,
): Promise<Uses[Use]> {
  expectOneRun(folder);
  const { task, model } = openModel(folder, await openNode("cpu", threads));
  const uses: { readonly [U in keyof Uses]?: (model: TrainedModel<Options>) => Promise<Uses[U]> } = task;
  const opened = uses[use]?.(model);
  if (opened !== undefined) return opened;
  throw new KvtError("usage", `${folder} is a run of ${task.name}: expected ${expected}`);
}
