import { expect, test } from "vitest";
import { evaluate, input, ndarray } from "../../src/graph/index.ts";
import { elements } from "../../src/graph/shape.ts";
import { Scope } from "../../src/nn/scope.ts";
import { random } from "../../src/random.ts";
import { openNode } from "../../src/runtime/node.ts";
import { cifar10 } from "../../src/tasks/cifar-10.ts";
import { mnist } from "../../src/tasks/mnist.ts";
import { resolveOptions } from "../../src/tasks/options.ts";

const settings = ["model.width=8", "model.layers=1", "model.heads=2"];

test.each([
  [mnist, 14, { mean: [0.1307], std: [0.3081] }],
  [cifar10, 16, { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] }],
])(
  "probabilities are the softmax of the logits of the pictures as training saw them",
  async (task, patch, { mean, std }) => {
    const options = resolveOptions(task, "quick", [...settings, `model.patch=${patch}`]);
    const scope = new Scope({ training: false });
    const { image: { shape } = { shape: [] } } = task.inputs(options, 2, {});
    const graphInputs = { image: input("image", shape), label: input("label", [2], "int32") };
    const { logits } = task.graph(scope, graphInputs, options, "kv+pos", {});
    const draws = random(3, "weights");
    const parameters = new Map(
      scope.parameters.map((parameter) => {
        const data = Float32Array.from({ length: elements(parameter.shape) }, () => draws.uniform() - 0.5);
        return [parameter.path, { data, shape: parameter.shape }] as const;
      }),
    );
    const backend = await openNode("cpu", 1);
    const model = { backend, options, attention: "kv+pos", dimensions: {}, assets: {}, parameters };
    const classifier = await task.classifier?.(model);
    const [, channels = 0, height = 0, width = 0] = shape as number[];
    expect(classifier?.form).toMatchObject({ channels, height, width });
    expect(classifier?.classes.length).toBe(10);
    const size = channels * height * width;
    const pictures = [0, 1].map((k) => Uint8Array.from({ length: size }, (_, at) => (at * (k + 3)) % 256));
    const probabilities = (await classifier?.classify(pictures)) ?? [];

    const normalised = pictures.flatMap((picture) =>
      Array.from(picture, (value, at) => {
        const channel = Math.floor(at / (height * width));
        return (value / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1);
      }),
    );
    const values = Object.fromEntries(
      [...parameters].map(([path, { data, shape }]) => [path, ndarray(shape, [...data])]),
    );
    const [expected] = evaluate([logits], { ...values, image: ndarray(shape as number[], normalised) });
    for (const k of [0, 1]) {
      const scores = Array.from(expected?.data.slice(k * 10, (k + 1) * 10) ?? [], Math.exp);
      const sum = scores.reduce((all, score) => all + score, 0);
      scores.forEach((score, c) => expect(probabilities[k]?.[c]).toBeCloseTo(score / sum, 5));
    }
    expect(await classifier?.classify([])).toEqual([]);
    await expect(classifier?.classify([new Uint8Array(3)])).rejects.toThrow(
      `picture 0: expected ${size} bytes (${channels} x ${height} x ${width}), got 3`,
    );
    await classifier?.release();
  },
);
