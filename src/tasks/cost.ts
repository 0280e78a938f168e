import type { Tensor } from "../graph/index.ts";
import { at, elements } from "../graph/shape.ts";
import { reachable, staticShape } from "../graph/tensor.ts";
import { Scope } from "../nn/scope.ts";
import { buildTask } from "./build.ts";
import type { Options, Task } from "./task.ts";
import type { Dimensions } from "./uses.ts";

export interface TaskCost {
  /** trainable numbers of the model */
  readonly parameters: number;
  /** multiply-accumulates of a forward pass on one example, from input to logits */
  readonly macs: number;
  /** keys and values that decoding keeps of one written token, over all layers, in float32 */
  readonly cacheBytesPerToken: number;
}

const BYTES_PER_FLOAT32 = 4;

/**
 * What a task's model costs with a formulation, counted in the inference graph that is built for one example: its
 * matrix products, and the multiplication of queries by the scale of a position map. Other elementwise work, the
 * gathering of embeddings and the softmax are not counted. Lengths that differ between examples are the task's typical
 * ones. `dimensions` are the sizes that follow from the data, where there are such.
 */
export function taskCost<O extends Options>(
  task: Task<O>,
  options: O,
  attention: string,
  dimensions: Dimensions = {},
): TaskCost {
  const scope = new Scope({ training: false });
  const { logits } = buildTask(
    { task, options, attention, dimensions },
    typicalShapes(task, options, dimensions),
    scope,
  );
  return {
    parameters: scope.size,
    macs: matmulMacs([logits]) + scope.observed.reduce((all, module) => all + mapScaleMacs(scope, module), 0),
    cacheBytesPerToken:
      BYTES_PER_FLOAT32 *
      decodingModules(scope).reduce(
        (all, { path }) => all + columns(scope, path, "key") + columns(scope, path, "value"),
        0,
      ),
  };
}

/** Attention that keeps each token that is decoded: of a decoder its self-attention, else all there is. */
function decodingModules({ observed }: Scope): Scope["observed"] {
  const causal = observed.filter(({ kind }) => kind === "causal");
  return causal.length > 0 ? causal : observed;
}

/** Shapes of one typical example. */
function typicalShapes<O extends Options>(task: Task<O>, options: O, dimensions: Dimensions) {
  const lengths = task.typicalLengths?.(options);
  const length = (symbol: number | string): number => (typeof symbol === "number" ? symbol : (lengths?.[symbol] ?? 1));
  return Object.fromEntries(
    Object.entries(task.inputs(options, 1, dimensions)).map(([name, { shape }]) => [name, shape.map(length)]),
  );
}

/** Multiply-accumulates of the matrix products that `outputs` need: rows · columns · inner length, times the batch. */
export function matmulMacs(outputs: readonly Tensor[], isCounted: (path: string) => boolean = () => true): number {
  return reachable(outputs).reduce((all, tensor) => {
    if (tensor.op.name !== "matmul" || !isCounted(tensor.path)) return all;
    const inner = at(staticShape(tensor.inputs[0] as Tensor), tensor.attributes["transposeA"] === true ? -2 : -1);
    return all + elements(staticShape(tensor)) * inner;
  }, 0);
}

/** T·C where the module at `path` has a position map, whose scale meets the queries. */
function mapScaleMacs(scope: Scope, { path, scores }: Scope["observed"][number]): number {
  const hasMap = scope.parameters.some((parameter) => parameter.path === `${path}.position.weight`);
  return hasMap ? at(staticShape(scores), -2) * columns(scope, path, "output") : 0;
}

/** Width of a module's projection, 0 where it has none. */
function columns(scope: Scope, path: string, projection: string): number {
  return scope.parameters.find((parameter) => parameter.path === `${path}.${projection}.weight`)?.shape[1] ?? 0;
}
