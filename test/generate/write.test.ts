import { describe, expect, test } from "vitest";
import type { Decoder } from "../../src/generate/decoder.ts";
import { sampleToken } from "../../src/generate/sampling.ts";
import { untilStop, writeTokens } from "../../src/generate/write.ts";
import { random } from "../../src/random.ts";

const greedy = { temperature: 0, topK: 0, topP: 1 };

describe("sampling", () => {
  const logits = Float32Array.from([1, 3, 3, 2, -40]);

  test("at temperature 0 takes the first of the most likely", () => {
    expect(sampleToken(logits, greedy, random(1, "x"))).toBe(1);
  });

  test("draws in proportion to exp(logit / temperature), of all tokens or of the k or p most likely", () => {
    const share = (options: { temperature: number; topK: number; topP: number }): number[] => {
      const draws = random(3, "draws");
      const counts = new Array<number>(5).fill(0);
      for (let i = 0; i < 20_000; i++) {
        const token = sampleToken(logits, options, draws);
        counts[token] = (counts[token] ?? 0) + 1;
      }
      return counts.map((count) => count / 20_000);
    };
    const e = [1, 3, 3, 2].map((value) => Math.exp(value / 2));
    const sum = e.reduce((a, b) => a + b);
    share({ temperature: 2, topK: 0, topP: 1 })
      .slice(0, 4)
      .forEach((found, id) => expect(found).toBeCloseTo((e[id] ?? 0) / sum, 1.7));
    expect(share({ temperature: 1, topK: 1, topP: 1 })).toEqual([0, 1, 0, 0, 0]);
    // p of tokens 1 and 2 is 0.4 each: the first alone does not reach 0.5.
    const nucleus = share({ temperature: 1, topK: 0, topP: 0.5 });
    expect([nucleus[0], nucleus[3], nucleus[4]]).toEqual([0, 0, 0]);
    expect(nucleus[2]).toBeCloseTo(0.5, 1.7);
  });
});

/** A decoder whose most likely next token is the number of tokens that it holds, modulo ten. */
function counting(): Decoder & { readonly reads: number[][] } {
  let held = 0;
  const reads: number[][] = [];
  return {
    reads,
    bytesPerToken: 0,
    get lengths() {
      return [held];
    },
    read([tokens = []]) {
      held += tokens.length;
      reads.push(Array.from(tokens));
      return Promise.resolve([Float32Array.from({ length: 10 }, (_, id) => (id === held % 10 ? 1 : 0))]);
    },
    start: () => Promise.resolve(void (held = 0)),
    select: () => undefined,
    release: () => Promise.resolve(),
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("writing", () => {
  test("reads the prompt once, then each token", async () => {
    const decoder = counting();
    expect(await all(writeTokens(decoder, [7, 7], { ...greedy, tokens: 3, seed: 1, context: 8 }))).toEqual([2, 3, 4]);
    expect(decoder.reads).toEqual([[7, 7], [2], [3]]);
  });

  test("goes on past the context from its last half, and takes the end of a longer prompt", async () => {
    const decoder = counting();
    await all(writeTokens(decoder, [5, 6, 7, 8, 9], { ...greedy, tokens: 3, seed: 1, context: 4 }));
    expect(decoder.reads).toEqual([[6, 7, 8, 9], [9, 4], [2]]);
  });

  test("refuses what means nothing, by name", async () => {
    const write = (options: object): Promise<number[]> =>
      all(writeTokens(counting(), [1], { ...greedy, tokens: 1, seed: 1, context: 4, ...options }));
    await expect(write({ temperature: -1 })).rejects.toThrow("temperature: expected a number of at least 0, got -1");
    await expect(write({ topK: 1.5 })).rejects.toThrow("top-k: expected a whole number of at least 0, got 1.5");
    await expect(write({ topP: 0 })).rejects.toThrow("top-p: expected a number above 0 up to 1, got 0");
  });

  test("ends before a stop text, also when it comes in pieces, and holds nothing else back", async () => {
    const stopped = async (text: string, ...stop: string[]): Promise<string> =>
      (
        await all(
          untilStop(
            (async function* () {
              yield* text;
            })(),
            stop,
          ),
        )
      ).join("");
    expect(await stopped("abcdef", "de")).toBe("abc");
    expect(await stopped("ababac", "abac")).toBe("ab");
    expect(await stopped("abcab", "abd")).toBe("abcab");
    expect(await stopped("abcdef", "f", "cd")).toBe("ab");
    expect(await stopped("abc")).toBe("abc");
  });
});
