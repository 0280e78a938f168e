import { expect, test } from "vitest";
import { KvtError } from "../../src/errors.ts";
import { openNode } from "../../src/runtime/node.ts";
import { numbers } from "../../src/tasks/numbers.ts";
import { numbersData, numbersText, numberVocabulary } from "../../src/tasks/numbers-data.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import { parametersOf } from "../../src/train/training-program.ts";
import { random } from "../../src/random.ts";

test("the corpus has the author's tokens, words, windows and majority", () => {
  const words = numbersText();
  expect(words.length).toBe(63_095);
  const vocabulary = numberVocabulary();
  expect(vocabulary.length).toBe(30);
  expect(vocabulary.slice(0, 4)).toEqual(["one", ".", "two", "three"]);
  expect(vocabulary.slice(-2)).toEqual(["hundred", "thousand"]);
  // He predicts the fourth word of every three in the last fifth.
  const windows = Math.ceil((words.length - 4) / 3);
  expect(windows).toBe(21_031);
  const held = Array.from({ length: windows }, (_, i) => words[3 * i + 3]).slice(Math.floor(windows * 0.8));
  const thousand = held.filter((word) => word === "thousand").length / held.length;
  expect(thousand).toBeCloseTo(0.15165200855716662, 12);
});

test.each([
  [16, 3943],
  [32, 1971],
  [64, 985],
  [128, 492],
])("windows of %i words are %i, the first four fifths of which are learned", (length, windows) => {
  const { sizes } = numbersData(length, 0.2);
  const train = Math.floor(windows * 0.8);
  expect(sizes).toEqual({ train, validation: windows - train, test: windows - train });
});

test("targets are the words that follow", () => {
  const data = numbersData(6, 0.2);
  const { ids, targets } = data.batch("train", Int32Array.of(0, 1), 0);
  expect(data.describe("train", 1)).toEqual({
    kind: "tokens",
    tokens: ["four", ".", "five", ".", "six", "."],
    target: [".", "five", ".", "six", ".", "seven"],
  });
  expect(ids?.shape).toEqual([2, 6]);
  expect(Array.from(targets?.data ?? []).slice(0, 11)).toEqual(Array.from(ids?.data ?? []).slice(1));
});

test("windows longer than the corpus are refused", async () => {
  const options = resolveOptions(numbers, "quick", ["data.length=4096", "data.heldOut=0.99"]);
  const environment = { seed: 1, read: () => Promise.reject(new Error("nothing is read")) };
  await expect(numbers.load(options, environment)).rejects.toThrow(
    "data.length: expected windows to learn and to hold out, got 15 of 4096",
  );
});

test("a writer goes on past the context and names words that it does not know", async () => {
  const options = resolveOptions(numbers, "quick", ["data.length=8", "model.width=8", "model.heads=2"]);
  const dimensions = (await numbers.dimensions?.(options, { seed: 1, read: () => Promise.reject(new Error()) })) ?? {};
  const request = { task: numbers, options, attention: "kv+pos", dimensions };
  const parameters = new Map(
    parametersOf(request).map(({ path, shape, initialise }) => [
      path,
      { data: initialise(random(1, path), shape), shape },
    ]),
  );
  const backend = await openNode("cpu", 1);
  const writer = await numbers.writer?.({ backend, options, attention: "kv+pos", dimensions, assets: {}, parameters });
  if (writer === undefined) throw new Error("no writer");
  const how = { tokens: 12, temperature: 0, topK: 0, topP: 1, stop: [], seed: 1 };
  let text = "";
  for await (const piece of writer.write("one . two .", how)) text += piece;
  expect(text.trim().split(" ").length).toBe(12);
  expect(writer.unknown("one . zwei drei zwei")).toEqual(["zwei", "drei"]);
  const refused = (): unknown => writer.write("one zwei", how);
  expect(refused).toThrow(KvtError);
  expect(refused).toThrow('the model does not know "zwei": expected numbers in words');
  await writer.release();
});
