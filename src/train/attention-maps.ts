import { KvtError } from "../errors.ts";
import { elements } from "../graph/shape.ts";
import { Scope, type AttentionKind } from "../nn/scope.ts";
import { openSession, toTensors, toValues, type DeviceTensor } from "../runtime/session.ts";
import type { Feeds, Values } from "../runtime/values.ts";
import { buildTask } from "../tasks/build.ts";
import type { Options, Task } from "../tasks/task.ts";
import type { TrainedModel } from "../tasks/uses.ts";

/** The attention of one module in all layers of a stack, such as the decoder's to the source. */
export interface AttentionMaps {
  /** the module's path without the layers' numbers, such as "decoder.cross" */
  readonly module: string;
  readonly kind: AttentionKind;
  /** scaled scores before mask and softmax, with the key bias of the position map; one (B,H,T,S) a layer */
  readonly scores: readonly Values[];
  /** softmax weights; one (B,H,T,S) a layer. In both, NaN stands where causal attention does not look. */
  readonly weights: readonly Values[];
}

/** Scores and weights of every attention module of a trained model, for the examples in `feeds`. */
export async function attentionMaps(
  task: Task,
  { backend, options, attention, dimensions, parameters }: TrainedModel<Options>,
  feeds: Feeds,
): Promise<AttentionMaps[]> {
  const scope = new Scope({ training: false });
  const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
  buildTask({ task, options, attention, dimensions }, shapes, scope);
  const outputs = Object.fromEntries(
    scope.observed.flatMap(({ scores, weights }, i) => [
      [`scores.${i}`, scores],
      [`weights.${i}`, weights],
    ]),
  );
  const session = await openSession(backend, outputs);
  try {
    const results = await session.run(toTensors(backend, { ...feeds, ...weightsOf(scope, parameters) }));
    const stacks = new Map<string, { kind: AttentionKind; scores: Values[]; weights: Values[] }>();
    for (const [i, { path, kind }] of scope.observed.entries()) {
      const module = path
        .split(".")
        .filter((part) => !/^\d+$/.test(part))
        .join(".");
      const stack = stacks.get(module) ?? { kind, scores: [], weights: [] };
      stacks.set(module, stack);
      for (const map of ["scores", "weights"] as const) {
        const values = await toValues(results[`${map}.${i}`] as DeviceTensor);
        stack[map].push(kind === "causal" ? withoutUnseen(values) : values);
      }
    }
    return [...stacks].map(([module, stack]) => ({ module, ...stack }));
  } finally {
    await session.release();
  }
}

function weightsOf(scope: Scope, parameters: ReadonlyMap<string, Values>): Record<string, Values> {
  const feeds: Record<string, Values> = {};
  for (const { path, shape } of scope.parameters) {
    const values = parameters.get(path);
    if (values?.data.length !== elements(shape)) {
      const got = values?.data.length ?? "none";
      throw new KvtError("checkpoint", `weights: expected ${elements(shape)} numbers for "${path}", got ${got}`);
    }
    feeds[path] = { data: values.data, shape };
  }
  return feeds;
}

/** (…,T,T) with NaN where the key comes after the query. */
function withoutUnseen({ data, shape }: Values): Values {
  const [rows = 1, columns = 1] = shape.slice(-2);
  const seen = Float32Array.from(data, (value, i) => {
    const row = Math.floor(i / columns) % rows;
    return i % columns > row ? Number.NaN : value;
  });
  return { data: seen, shape };
}
