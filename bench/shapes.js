/** The benchmark shapes: `shapes.json`, which peers in other languages read too. */
import { readFileSync } from "node:fs";

/**
 * @typedef {object} Shape
 * @property {number} batch
 * @property {number} tokens
 * @property {number} width
 * @property {number} heads
 * @property {number} layers
 * @property {number} feedForward width between the two feed-forward products
 * @property {"relu" | "gelu"} activation of the feed-forward network; GELU by erf
 * @property {"pre" | "post"} norm
 * @property {boolean} finalNorm layer norm after the last block
 * @property {boolean} causal
 * @property {boolean} projectionBias biases of the query, key and value projections; the output projection has one always
 * @property {"width" | "head"} scale scores are divided by the root of the model's or of the head's width
 * @property {number} mapChannels m of KV+Pos
 * @property {boolean} mapPerHead one KV+Pos map for each head, or one for all
 * @property {"tokens" | "vectors" | "patches" | "pairs"} input
 *   ids, one-hot vectors, images cut into patches, or ids of a source and a target of so many tokens each
 * @property {number} inputSize vocabulary (the source's, in translation), or length of an input vector
 * @property {"learned" | "sinusoid"} positions
 * @property {"linear" | "norm-relu" | "class-token"} head
 *   linear; linear, norm, ReLU, linear; or linear, GELU, linear on the class token
 * @property {number} classes
 * @property {"adam" | "adamw"} optimizer
 * @property {number} rate learning rate
 */

/** @typedef {"char-gpt" | "encoder" | "vit" | "translation"} ShapeName */

const { generate, ...training } = JSON.parse(readFileSync(new URL("shapes.json", import.meta.url), "utf8"));

/**
 * Models whose training step is timed.
 * @type {Readonly<Record<ShapeName, Shape>>}
 */
export const SHAPES = training;

/**
 * The GPT that writes text; `tokens` is its context.
 * @type {Readonly<Omit<Shape, "optimizer" | "rate">>}
 */
export const GENERATION = generate;

/** The formulations that can be timed. */
export const ATTENTIONS = ["qkv", "kv", "kv+pos", "q-kv", "k", "k+pos"];

/** Those whose training step is timed unless others are named. */
export const TRAINED_ATTENTIONS = ["qkv", "kv", "kv+pos"];
