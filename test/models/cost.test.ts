import { describe, expect, it } from "vitest";
import { attentionCost } from "../../src/attention/cost.ts";
import { findFormulation, formulations } from "../../src/attention/formulations/index.ts";
import { input } from "../../src/graph/index.ts";
import { gpt, gptOptions } from "../../src/models/gpt.ts";
import { matmulMacs, taskCost } from "../../src/tasks/cost.ts";
import { classification } from "../../src/nn/objective.ts";
import { Scope } from "../../src/nn/scope.ts";
import { findTask } from "../../src/tasks/index.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import { trainOptions } from "../../src/tasks/train-options.ts";
import { modelTask } from "../support/model-task.ts";

const cost = (name: string, settings: readonly string[], attention: string) => {
  const task = findTask(name);
  return taskCost(task, resolveOptions(task, "quick", settings), attention);
};

const small = ["model.width=32", "model.layers=1", "model.heads=1"];

describe("reverse", () => {
  it.each([
    ["qkv", 10_346, 49_152],
    ["kv", 9_290, 32_768],
    ["kv+pos", 9_301, 32_768],
    ["k", 8_234, 16_384],
  ])("with %s has the author's parameters, and multiply-accumulates by hand", (attention, parameters, projections) => {
    const n = 16;
    const d = 32;
    // Attention, the feed-forward network of twice the width, and the output net; ids are gathered, not multiplied.
    const attentionMacs = projections + 2 * n * n * d + n * d * d;
    const map = attention === "kv+pos" ? 4 * n + n * d : 0;
    const macs = attentionMacs + map + 2 * n * d * 2 * d + n * d * d + n * d * 10;
    expect(cost("reverse", small, attention)).toMatchObject({ parameters, macs });
  });

  it("keeps keys and values of every layer, but for formulations whose values are their keys", () => {
    const settings = ["model.width=32", "model.layers=3", "model.heads=4"];
    const bytes = (attention: string, ...more: string[]) =>
      cost("reverse", [...settings, ...more], attention).cacheBytesPerToken;
    expect(bytes("qkv")).toBe(3 * 2 * 32 * 4);
    expect(bytes("kv+pos")).toBe(3 * 2 * 32 * 4);
    expect(bytes("q-kv")).toBe(3 * 32 * 4);
    expect(bytes("qkv", "model.keyHeads=1")).toBe(3 * 2 * 8 * 4);
    expect(bytes("k", "model.keyHeads=2")).toBe(3 * 16 * 4);
  });
});

it.each([
  ["qkv", 1_665_802],
  ["kv", 1_403_658],
  ["kv+pos", 1_403_862],
])("mnist in the author's setting has his parameters with %s", (attention, parameters) => {
  const task = findTask("mnist");
  expect(taskCost(task, resolveOptions(task, "paper", []), attention).parameters).toBe(parameters);
});

describe.each(formulations.map(({ name }) => name))("multiply-accumulates that the graph shows for %s", (name) => {
  const length = 12;
  const options = gptOptions.parse({ width: 24, layers: 2, heads: 4, keyHeads: 2, valueHeads: 2, positionChannels: 7 });
  const definition = attentionCost({
    formulation: findFormulation(name),
    width: 24,
    heads: 4,
    keyHeads: 2,
    valueHeads: 2,
    bias: { input: false, output: true },
    positionChannels: 7,
    positionMap: "per-head",
    queries: length,
    keys: length,
  });
  const attentionMacs = Object.values(definition.macs).reduce((a, b) => a + b, 0);

  it("in attention are those of the definition", () => {
    const logits = gpt(new Scope({ training: false }), input("ids", [1, length], "int32"), {
      ...options,
      formulation: name,
      vocabulary: 10,
      length,
    });
    const scaled = definition.map.reduced > 0 ? length * 24 : 0;
    const counted = matmulMacs([logits], (path) => /^block\.\d+\.attention/.test(path));
    expect(counted + 2 * scaled).toBe(2 * attentionMacs);
  });

  it("in the whole model add feed-forward networks and the head", () => {
    const task = modelTask({
      inputs: (batch) => ({
        ids: { dtype: "int32", shape: [batch, length] },
        targets: { dtype: "int32", shape: [batch, length] },
      }),
      graph: (scope, { ids, targets }) => {
        if (ids === undefined || targets === undefined) throw new Error("internal: inputs are missing");
        return classification(gpt(scope, ids, { ...options, formulation: name, vocabulary: 10, length }), targets);
      },
    });
    const rest = 2 * (2 * length * 24 * 96) + length * 24 * 10;
    const total = taskCost(task, { model: {}, data: {}, train: trainOptions.parse({}) }, name);
    expect(total.macs).toBe(2 * attentionMacs + rest);
    expect(total.cacheBytesPerToken).toBe(2 * definition.cacheBytesPerToken(4));
  });
});
