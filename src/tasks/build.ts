import { input } from "../graph/index.ts";
import type { Objective } from "../nn/objective.ts";
import type { Scope } from "../nn/scope.ts";
import type { Options, Task } from "./task.ts";
import type { Dimensions } from "./uses.ts";

/** A task's model with one formulation. */
export interface ModelRequest<O extends Options = Options> {
  readonly task: Task<O>;
  readonly options: O;
  /** name of a formulation */
  readonly attention: string;
  /** sizes that follow from the data; none where the options say all */
  readonly dimensions?: Dimensions | undefined;
}

/** Shapes of a batch by the name of its input, or how many examples it has: a number, or a symbol such as "B". */
export type BatchShapes = number | string | Readonly<Record<string, readonly number[]>>;

/** Builds a task's model and objective on graph inputs for a batch. */
export function buildTask<O extends Options>(
  { task, options, attention, dimensions = {} }: ModelRequest<O>,
  batch: BatchShapes,
  scope: Scope,
): Objective {
  const declared = task.inputs(options, typeof batch === "object" ? "B" : batch, dimensions);
  const inputs = Object.fromEntries(
    Object.entries(declared).map(([name, { dtype, shape }]) => [
      name,
      input(name, typeof batch === "object" ? (batch[name] ?? shape) : shape, dtype),
    ]),
  );
  return task.graph(scope, inputs, options, attention, dimensions);
}
