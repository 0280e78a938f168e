/** Our subjects that write: the product's cached decoder, and the same model without a cache. */
import { openDecoder } from "../dist/generate/decoder.js";
import { writeTokens } from "../dist/generate/write.js";
import { constant, input } from "../dist/graph/index.js";
import { gpt } from "../dist/models/gpt.js";
import { Scope } from "../dist/nn/scope.js";
import { random } from "../dist/random.js";
import { openNode } from "../dist/runtime/node.js";
import { openSession, toTensors } from "../dist/runtime/session.js";
import { GENERATION } from "./shapes.js";

/** Tokens at the end of a full context whose steps are timed. */
const LAST = 16;

const CONTEXT = GENERATION.tokens;

/** The GPT of the shape and random parameters of it. */
function model(attention) {
  const options = {
    width: GENERATION.width,
    layers: GENERATION.layers,
    heads: GENERATION.heads,
    keyHeads: 0,
    valueHeads: 0,
    hidden: GENERATION.feedForward,
    dropout: 0,
    positionChannels: GENERATION.mapChannels,
    positionMap: GENERATION.mapPerHead ? "per-head" : "shared",
    formulation: attention,
    vocabulary: GENERATION.classes,
    length: CONTEXT,
  };
  const logits = (scope, ids) => gpt(scope, ids, options);
  const scope = new Scope({ training: false });
  logits(scope, input("ids", ["B", "T"], "int32"));
  const parameters = scope.parameters.map(({ path, shape, initialise }) => [
    path,
    { data: initialise(random(1, path), shape), shape },
  ]);
  return { logits, parameters: new Map(parameters) };
}

/** One step of a cached decoder near the end of a full context; the tokens before are read at once, untimed. */
async function cachedStep({ logits, parameters }, backend) {
  const decoder = await openDecoder({ backend, logits, parameters });
  const ids = random(1, "benchmark").integers(CONTEXT, GENERATION.inputSize);
  return async (count) => {
    const seconds = [];
    while (seconds.length < count) {
      await decoder.start(1);
      await decoder.read([ids.subarray(0, CONTEXT - LAST)]);
      for (let at = CONTEXT - LAST; at < CONTEXT && seconds.length < count; at++) {
        seconds.push(await secondsOf(() => decoder.read([ids.subarray(at, at + 1)])));
      }
    }
    return seconds;
  };
}

/** The same step without a cache: the model reads the whole context. */
async function recomputedStep({ logits, parameters }, backend) {
  const tensors = new Map([...parameters].map(([path, { data, shape }]) => [path, constant(data, shape)]));
  const scope = new Scope({ training: false, tensors });
  const outputs = { logits: logits(scope, input("ids", [1, CONTEXT], "int32")) };
  const session = await openSession(backend, outputs, { options: { graphOptimizationLevel: "extended" } });
  const ids = { data: random(1, "benchmark").integers(CONTEXT, GENERATION.inputSize), shape: [1, CONTEXT] };
  return (count) => repeated(count, () => session.run(toTensors(backend, { ids })));
}

/** A whole text: as many tokens as the context holds, after one token. */
async function wholeText({ logits, parameters }, backend) {
  const decoder = await openDecoder({ backend, logits, parameters });
  const options = { tokens: CONTEXT, context: CONTEXT, seed: 1, temperature: 1, topK: 0, topP: 1 };
  return (count) =>
    repeated(count, async () => {
      for await (const token of writeTokens(decoder, [0], options)) void token;
    });
}

const KINDS = { cached: cachedStep, recomputed: recomputedStep, text: wholeText };

/** @typedef {keyof typeof KINDS} WritingKind */

/**
 * @param {WritingKind} kind
 * @param {string} attention a formulation
 * @param {{ threads: number }} options
 * @returns {Promise<{ run: (steps: number) => Promise<number[]>, parameters: number }>}
 */
export async function createWriter(kind, attention, { threads }) {
  const built = model(attention);
  const parameters = [...built.parameters.values()].reduce((all, { data }) => all + data.length, 0);
  return { run: await KINDS[kind](built, await openNode("cpu", threads)), parameters };
}

/** @param {number} count @param {() => Promise<unknown>} step */
async function repeated(count, step) {
  const seconds = [];
  while (seconds.length < count) seconds.push(await secondsOf(step));
  return seconds;
}

/** @param {() => Promise<unknown>} action */
async function secondsOf(action) {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}
