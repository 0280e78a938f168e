import { openNode } from "../runtime/node.ts";
import { openSession, toTensors, toValues, type DeviceTensor } from "../runtime/session.ts";
import type { Feeds, Values } from "../runtime/values.ts";
import { Scope } from "../nn/scope.ts";
import { buildTask } from "../tasks/build.ts";
import type { Options, Task } from "../tasks/task.ts";

import { KvtError } from "../errors.ts";
import { elements } from "../graph/shape.ts";

export interface AttentionMaps {
  /** scaled scores before mask and softmax, with the key bias of the position map; one (B,H,T,S) a layer */
  readonly scores: readonly Values[];
  /** softmax weights; one (B,H,T,S) a layer */
  readonly weights: readonly Values[];
}

/** Scores and weights of every attention module of a task's model, for the examples in `feeds`. */
export async function attentionMaps<O extends Options>(
  task: Task<O>,
  options: O,
  attention: string,
  parameters: ReadonlyMap<string, Float32Array>,
  feeds: Feeds,
): Promise<AttentionMaps> {
  const backend = await openNode("cpu", 1);
  const scope = new Scope({ training: false });
  const batch = Object.values(feeds)[0]?.shape[0] ?? 1;
  buildTask({ task, options, attention }, batch, scope);
  const outputs = Object.fromEntries(
    scope.observed.flatMap(({ scores, weights }, layer) => [
      [`scores.${layer}`, scores],
      [`weights.${layer}`, weights],
    ]),
  );
  const session = await openSession(backend, outputs);
  try {
    const parameterFeeds: Record<string, Values> = {};
    for (const { path, shape } of scope.parameters) {
      const data = parameters.get(path);
      if (data === undefined || data.length !== elements(shape)) {
        throw new KvtError(
          "checkpoint",
          `weights: expected ${elements(shape)} numbers for "${path}", got ${data?.length ?? "none"}`,
        );
      }
      parameterFeeds[path] = { data, shape };
    }
    const results = await session.run(toTensors(backend, { ...feeds, ...parameterFeeds }));
    const of = (kind: string) =>
      Promise.all(scope.observed.map((_, layer) => toValues(results[`${kind}.${layer}`] as DeviceTensor)));
    return { scores: await of("scores"), weights: await of("weights") };
  } finally {
    await session.release();
  }
}
