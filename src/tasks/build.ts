import { input } from "../graph/index.ts";
import type { Objective } from "../nn/objective.ts";
import type { Scope } from "../nn/scope.ts";
import type { Options, Task } from "./task.ts";

/** A task's model with one formulation. */
export interface ModelRequest<O extends Options = Options> {
  readonly task: Task<O>;
  readonly options: O;
  /** name of a formulation */
  readonly attention: string;
}

/** Builds a task's model and objective on graph inputs for `batch` examples: a number, or a symbol such as "B". */
export function buildTask<O extends Options>(
  { task, options, attention }: ModelRequest<O>,
  batch: number | string,
  scope: Scope,
): Objective {
  const inputs = Object.fromEntries(
    Object.entries(task.inputs(options, batch)).map(([name, { dtype, shape }]) => [name, input(name, shape, dtype)]),
  );
  return task.graph(scope, inputs, options, attention);
}
