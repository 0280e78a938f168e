import { expect, it } from "vitest";
import { nearest, unknownWord } from "../../src/errors.ts";

it("suggests the word with the fewest edits, a swap of neighbours counting as one", () => {
  expect(nearest("cdua", ["cpu", "webgpu", "cuda", "auto"])).toBe("cuda");
  expect(nearest("revrese", ["sort", "reverse"])).toBe("reverse");
  expect(nearest("kv-pos", ["qkv", "kv", "kv+pos"])).toBe("kv+pos");
});

it("suggests nothing for a word that is like none", () => {
  expect(nearest("elephant", ["kv", "qkv"])).toBeUndefined();
});

it("names the list and the nearest spelling", () => {
  const error = unknownWord("usage", "task", "revers", ["reverse", "sort"]);
  expect(error.message).toBe('unknown task "revers": expected one of reverse, sort');
  expect(error.hint).toBe('Did you mean "reverse"?');
});
