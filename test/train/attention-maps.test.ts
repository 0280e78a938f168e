import { expect, test } from "vitest";
import { openNode } from "../../src/runtime/node.ts";
import { chars } from "../../src/tasks/chars.ts";
import type { Options, Task } from "../../src/tasks/task.ts";
import { attentionMaps } from "../../src/train/attention-maps.ts";
import { parametersOf } from "../../src/train/training-program.ts";
import { elements } from "../../src/graph/shape.ts";
import { random } from "../../src/random.ts";
import type { Values } from "../../src/runtime/values.ts";

test("of a causal model: weights of what is seen add up to 1, the rest is absent, sizes follow from the data", async () => {
  const task = chars as unknown as Task;
  const options = chars.options.parse({
    model: { width: 8, layers: 2, heads: 2 },
    data: { length: 5 },
  }) as unknown as Options;
  const dimensions = { vocabulary: 7 };
  const source = random(1, "parameters");
  const parameters = new Map<string, Values>(
    parametersOf({ task, options, attention: "kv", dimensions }).map(({ path, shape }) => [
      path,
      { data: Float32Array.from({ length: elements(shape) }, () => source.normal()), shape },
    ]),
  );
  const ids = { data: Int32Array.of(1, 6, 2, 2, 0), shape: [1, 5] };
  const model = { backend: await openNode("cpu", 1), options, attention: "kv", dimensions, assets: {}, parameters };
  const parts = await attentionMaps(task, model, { ids, targets: ids });

  expect(parts.map(({ module, kind }) => `${module} ${kind}`)).toEqual(["block.attention causal"]);
  expect(parts[0]?.weights.map(({ shape }) => shape)).toEqual([
    [1, 2, 5, 5],
    [1, 2, 5, 5],
  ]);
  for (const { data } of parts[0]?.weights ?? []) {
    for (let row = 0; row < 10; row++) {
      const query = row % 5;
      const seen = Array.from(data.subarray(row * 5, row * 5 + query + 1));
      expect(seen.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      expect(Array.from(data.subarray(row * 5 + query + 1, row * 5 + 5)).every(Number.isNaN)).toBe(true);
    }
  }
});
