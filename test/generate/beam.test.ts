import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beamSearch, type Hypothesis, type SearchOptions } from "../../src/generate/beam.ts";
import type { Decoder } from "../../src/generate/decoder.ts";
import { random } from "../../src/random.ts";

const END = 1;
const BEGIN = 0;
const WORDS = 5;
const FORBIDDEN = [BEGIN];

/** ln P of the next token, of `WORDS`, after `ids`: normal logits drawn from the source and the ids, so equal for equal ones. */
function logProbabilities(source: number, ids: readonly number[]): Float32Array {
  const stream = random(source, `after ${ids.join(" ")}`);
  const logits = Array.from({ length: WORDS }, () => 2 * stream.normal());
  const all = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return Float32Array.from(logits, (logit) => logit - all);
}

/** A decoder that remembers what each row has read; `reads` counts rows that were read. */
function remembering(): Decoder & { reads: number } {
  let rows: { source: number; ids: number[] }[] = [];
  return {
    reads: 0,
    bytesPerToken: 0,
    get lengths() {
      return rows.map(({ ids }) => ids.length);
    },
    start(source) {
      if (typeof source === "number") throw new Error("no sources");
      rows = Array.from(source.data, (id) => ({ source: id, ids: [] }));
      return Promise.resolve();
    },
    read(tokens) {
      expect(tokens).toHaveLength(rows.length);
      this.reads += rows.length;
      tokens.forEach((more, row) => rows[row]?.ids.push(...Array.from(more)));
      return Promise.resolve(rows.map(({ source, ids }) => logProbabilities(source, ids)));
    },
    select(selected) {
      rows = selected.map((row) => ({ source: rows[row]?.source ?? -1, ids: [...(rows[row]?.ids ?? [])] }));
    },
    release: () => Promise.resolve(),
  };
}

const search = async (sources: number[], options: SearchOptions, signal?: AbortSignal) =>
  beamSearch(remembering(), {
    ...options,
    source: { data: Int32Array.from(sources), shape: [sources.length, 1] },
    begin: BEGIN,
    end: END,
    forbidden: FORBIDDEN,
    signal,
  });

/** The best of all sequences of at most `tokens`, by trying every one. */
function exhaustive(source: number, { tokens, lengthPenalty }: SearchOptions): Hypothesis {
  let best: Hypothesis = { ids: [], score: -Infinity };
  const visit = (ids: number[], logProbability: number): void => {
    const next = logProbabilities(source, [BEGIN, ...ids]);
    for (let token = 0; token < WORDS; token++) {
      if (FORBIDDEN.includes(token)) continue;
      const sum = logProbability + (next[token] as number);
      const length = ids.length + 1;
      if (token !== END && length < tokens) visit([...ids, token], sum);
      else {
        const score = sum / length ** lengthPenalty;
        if (score > best.score) best = { ids: token === END ? ids : [...ids, token], score };
      }
    }
  };
  visit([], 0);
  return best;
}

describe("beam search", () => {
  const options = fc.record({
    sources: fc.array(fc.nat(10_000), { minLength: 1, maxLength: 4 }),
    tokens: fc.integer({ min: 1, max: 4 }),
    lengthPenalty: fc.constantFrom(0, 0.6, 1, 2),
  });

  test("finds the best of all sequences when the beam holds them all, for each source by itself", async () => {
    await fc.assert(
      fc.asyncProperty(options, async ({ sources, tokens, lengthPenalty }) => {
        const all = { tokens, lengthPenalty, beam: WORDS ** tokens };
        const found = await search(sources, all);
        for (const [i, source] of sources.entries()) {
          const best = exhaustive(source, all);
          expect(found?.[i]?.ids).toEqual(best.ids);
          expect(found?.[i]?.score).toBeCloseTo(best.score, 5);
        }
      }),
      { numRuns: 25, seed: 3 },
    );
  });

  test("with a beam of one takes the likeliest token each time", async () => {
    await fc.assert(
      fc.asyncProperty(options, async ({ sources, tokens, lengthPenalty }) => {
        const found = await search(sources, { beam: 1, tokens, lengthPenalty });
        for (const [i, source] of sources.entries()) {
          const ids: number[] = [];
          for (let length = 0; length < tokens; length++) {
            const next = logProbabilities(source, [BEGIN, ...ids]);
            next[BEGIN] = -Infinity;
            const token = next.indexOf(Math.max(...next));
            if (token === END) break;
            ids.push(token);
          }
          expect(found?.[i]?.ids).toEqual(ids);
        }
      }),
      { numRuns: 25, seed: 4 },
    );
  });

  test("gives a source what it gets alone, whatever is searched beside it", async () => {
    const settings = { beam: 3, tokens: 8, lengthPenalty: 1 };
    const together = await search([5, 6, 7, 8], settings);
    for (const [i, source] of [5, 6, 7, 8].entries())
      expect(together?.[i]).toEqual((await search([source], settings))?.[0]);
  });

  test("has nothing for no source, and nothing when it was stopped", async () => {
    const settings = { beam: 2, tokens: 8, lengthPenalty: 1 };
    expect(await search([], settings)).toEqual([]);
    const controller = new AbortController();
    controller.abort();
    expect(await search([5], settings, controller.signal)).toBeNull();
  });

  test("refuses options that mean nothing, by name", async () => {
    const good = { beam: 1, tokens: 1, lengthPenalty: 0 };
    await expect(search([1], { ...good, beam: 0 })).rejects.toThrow(
      "beam: expected a whole number of at least 1, got 0",
    );
    await expect(search([1], { ...good, lengthPenalty: -1 })).rejects.toThrow(
      "length penalty: expected a number of at least 0, got -1",
    );
    await expect(search([1], { ...good, tokens: 0.5 })).rejects.toThrow(
      "tokens: expected a whole number of at least 1",
    );
  });
});
