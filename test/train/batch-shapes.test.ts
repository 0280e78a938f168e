import { expect, it } from "vitest";
import { input } from "../../src/graph/index.ts";
import { encoderDecoder, encoderDecoderOptions } from "../../src/models/encoder-decoder.ts";
import { translationObjective } from "../../src/nn/word-output.ts";
import { openNode } from "../../src/runtime/node.ts";
import type { Feeds } from "../../src/runtime/values.ts";
import { trainOptions } from "../../src/tasks/train-options.ts";
import { openTrainingProgram } from "../../src/train/training-program.ts";
import { modelTask } from "../support/model-task.ts";

const PADDING = 1;
const WORDS = 9;
const model = {
  ...encoderDecoderOptions.parse({ width: 8, heads: 2, layers: 1, dropout: 0 }),
  formulation: "kv+pos",
  sourceVocabulary: WORDS,
  targetVocabulary: WORDS,
  length: 12,
  padding: PADDING,
};
const task = modelTask({
  inputs: (batch) => ({
    source: { dtype: "int32", shape: [batch, "S"] },
    decoded: { dtype: "int32", shape: [batch, "T"] },
    targets: { dtype: "int32", shape: [batch, "T"] },
  }),
  graph(scope, { source, decoded, targets }) {
    const none = input("none", []);
    const hidden = encoderDecoder(scope, { source: source ?? none, target: decoded ?? none }, model);
    return translationObjective(scope, hidden, WORDS, targets ?? none, { smoothing: 0.1, padding: PADDING });
  },
});
const options = { model: {}, data: {}, train: trainOptions.parse({ batch: 2, warmup: 0 }) };

/** Two sentences, padded to S and T. */
function batch(source: number, target: number): Feeds {
  const padded = (rows: readonly (readonly number[])[], length: number) => ({
    data: Int32Array.from(rows.flatMap((row) => Array.from({ length }, (_, i) => row[i] ?? PADDING))),
    shape: [rows.length, length],
  });
  const lines = [
    [2, 4, 5, 6],
    [2, 7, 8],
  ];
  const next = [
    [4, 5, 6, 3],
    [7, 8, 3],
  ];
  return { source: padded(lines, source), decoded: padded(lines, target), targets: padded(next, target) };
}

it("trains on batches of any shape, and padding changes neither loss, gradient nor weights", async () => {
  const request = { task, options, attention: "kv+pos", seed: 3 };
  const backend = await openNode("cpu", 1);
  const shapes = [
    [4, 4],
    [6, 4],
    [4, 7],
    [4, 4],
  ] as const;
  const programs = [await openTrainingProgram(request, backend), await openTrainingProgram(request, backend)] as const;
  for (const [source, target] of shapes) {
    const [fixed, padded] = [
      await programs[0].step(batch(4, 4), 0.01),
      await programs[1].step(batch(source, target), 0.01),
    ];
    expect(padded.loss).toBeCloseTo(fixed.loss, 4);
    expect(padded.gradientNorm).toBeCloseTo(fixed.gradientNorm, 3);
  }
  const [first, second] = [await programs[0].read(), await programs[1].read()];
  expect(second.step).toBe(shapes.length);
  first.parameters.forEach((values, i) =>
    values.forEach((value, k) => expect(second.parameters[i]?.[k]).toBeCloseTo(value, 2)),
  );
  expect(await programs[1].evaluate(batch(5, 5))).toMatchObject({ count: 7 });
  for (const program of programs) await program.release();
});
