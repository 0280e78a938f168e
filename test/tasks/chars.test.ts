import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chars } from "../../src/tasks/chars.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import type { TaskData } from "../../src/tasks/task.ts";
import { characterVocabulary, charactersOf, readCharacters } from "../../src/text/characters.ts";

const text = "to be, or not to be: that is the question — ¿verdad? ".repeat(8);
const bytes = new TextEncoder().encode(text);
const settings = ["data.text=play.txt", "data.length=8"];

function load(content: Uint8Array, seed = 1, more: readonly string[] = []): Promise<TaskData> {
  const environment = {
    seed,
    read: () => Promise.reject(new Error("no set is read")),
    readPath: (file: string) => (file === "play.txt" ? Promise.resolve(content) : Promise.reject(new Error(file))),
  };
  return chars.load(resolveOptions(chars, "quick", [...settings, ...more]), environment);
}

test("the model's vocabulary are the characters of the text, and the run keeps them", async () => {
  const data = await load(bytes);
  const characters = charactersOf(text);
  expect(data.dimensions).toEqual({ vocabulary: new Set(text).size });
  expect(data.assets).toEqual({ characters });
  expect(characters).toContain("¿");
  const options = resolveOptions(chars, "quick", settings);
  const environment = { seed: 1, read: () => Promise.reject(new Error()), readPath: () => Promise.resolve(bytes) };
  expect(await chars.dimensions?.(options, environment)).toEqual(data.dimensions);
});

test("a target is the character that follows, in training windows that begin anywhere and in held-out ones", async () => {
  const data = await load(bytes);
  const { decode } = characterVocabulary(charactersOf(text));
  const cut = Math.floor(text.length * 0.9);
  expect(data.sizes).toEqual({ train: 8_000, validation: 5, test: 5 });
  const seen = new Set<string>();
  for (const split of ["train", "validation"] as const) {
    const indices = Int32Array.from({ length: data.sizes[split] }, (_, i) => i);
    const { ids, targets } = data.batch(split, indices, 3);
    expect(ids?.shape).toEqual([indices.length, 8]);
    for (let row = 0; row < indices.length; row++) {
      const [x, y] = [ids, targets].map((values) => decode(values?.data.subarray(8 * row, 8 * row + 8) ?? [])) as [
        string,
        string,
      ];
      expect(x.slice(1)).toBe(y.slice(0, -1));
      expect((split === "train" ? text.slice(0, cut) : text.slice(cut)).includes(x + y.slice(-1))).toBe(true);
      if (split === "validation") expect(x).toBe(text.slice(cut + 8 * row, cut + 8 * row + 8));
      else seen.add(x);
    }
  }
  expect(seen.size).toBeGreaterThan(20);
});

test("an epoch of a long text has the windows that lie side by side in it", async () => {
  const data = await load(new TextEncoder().encode("abcdefghij".repeat(10_000)));
  expect(data.sizes.train).toBe(90_000 / 8);
});

test("training windows follow from seed, epoch and index alone", async () => {
  const [one, same, other] = [await load(bytes), await load(gzipSync(bytes)), await load(bytes, 2)];
  const at = (data: TaskData, epoch: number): unknown => data.batch("train", Int32Array.of(0, 1, 2, 3), epoch);
  expect(at(one, 1)).toEqual(at(same, 1));
  expect(at(one, 1)).not.toEqual(at(one, 2));
  expect(at(one, 1)).not.toEqual(at(other, 1));
});

describe("a text that cannot be learned is told by name:", () => {
  test.each([
    [
      "too short",
      bytes.subarray(0, 60),
      "play.txt: expected more than 8 characters to learn and to hold out, got 51 and 6 of 57",
    ],
    ["empty", new Uint8Array(), "play.txt: expected more than 8 characters to learn and to hold out, got 0 and 0 of 0"],
    ["no UTF-8", Uint8Array.of(0x66, 0xff, 0xfe), "play.txt: expected a text in UTF-8, got other bytes"],
    ["cut off", gzipSync(bytes).subarray(0, 60), "play.txt: expected a whole gzip file"],
  ])("%s", async (_name, content, message) => {
    await expect(load(content)).rejects.toThrow(message);
  });
});

test("any text comes back from its ids, and a character outside the vocabulary is named", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (any) => {
      const vocabulary = characterVocabulary(charactersOf(any));
      expect(vocabulary.decode(vocabulary.encode(any))).toBe(any);
    }),
  );
  const vocabulary = characterVocabulary(["a", "b"]);
  expect(vocabulary.unknown("abcac€")).toEqual(["c", "€"]);
  expect(() => vocabulary.encode("abc€")).toThrow(
    'the model does not know "c" "€": expected characters of the text it learned',
  );
  expect(() => readCharacters(["a", "a"])).toThrow('expected "characters" to be different texts');
});
