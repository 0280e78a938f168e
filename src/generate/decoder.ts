import { constant, input, type Tensor } from "../graph/index.ts";
import { at } from "../graph/shape.ts";
import { KvtError } from "../errors.ts";
import { decodingInputs } from "../nn/decoding.ts";
import { Scope } from "../nn/scope.ts";
import type { Backend } from "../runtime/backend.ts";
import { openSession, toTensors, toValues, type DeviceTensor, type Session } from "../runtime/session.ts";
import type { Values } from "../runtime/values.ts";
import { SlotCache } from "./cache.ts";
import { openMemory, type SourceMemory } from "./memory.ts";

export interface DecoderRequest {
  readonly backend: Backend;
  /** weights by their paths; they become constants of the graph */
  readonly parameters: ReadonlyMap<string, Values>;
  /** the model: tokens int32 (B,T), and source int32 (B,M) where it has cross-attention → logits (B,T,V) */
  readonly logits: (scope: Scope, ids: Tensor, source: Tensor) => Tensor;
}

/** A causal model that reads each token once: keys and values of earlier tokens, and of a source, are kept. */
export interface Decoder {
  /** tokens that each row holds */
  readonly lengths: readonly number[];
  /** bytes that are kept of one token of one row */
  readonly bytesPerToken: number;
  /** Forgets everything, and begins sequences without a token: so many, or one for each source int32 (B,M). */
  start(rows: number | Values): Promise<void>;
  /**
   * Reads at least one more token of each row, as many as a row has; the logits (V) of what follows the last of each.
   */
  read(tokens: readonly ArrayLike<number>[]): Promise<readonly Float32Array[]>;
  /** Row i goes on from what row `rows[i]` holds; rows may be repeated and left out. */
  select(rows: readonly number[]): void;
  release(): Promise<void>;
}

/** Builds the graph of one reading, for any number of rows, tokens and slots, and makes it ready to run. */
export async function openDecoder({ backend, parameters, logits }: DecoderRequest): Promise<Decoder> {
  const decoding = decodingInputs();
  const tensors = new Map([...parameters].map(([path, { data, shape }]) => [path, constant(data, shape)]));
  const scope = new Scope({ training: false, tensors, decoding });
  const outputs = { logits: logits(scope, input("ids", ["B", "T"], "int32"), input("source", ["B", "M"], "int32")) };
  const fresh = Object.fromEntries(decoding.kept.map(({ name, fresh }) => [freshName(name), fresh]));
  // Few numbers and many nodes: here the higher level pays, unlike in training.
  const options = { graphOptimizationLevel: "extended" } as const;
  const session = await openSession(backend, { ...outputs, ...fresh }, { options });
  const memory = decoding.remembered.length === 0 ? undefined : await openMemoryBeside(session);
  const cache = new SlotCache(decoding.kept);

  return {
    get lengths() {
      return cache.lengths;
    },
    bytesPerToken: cache.bytesPerToken,
    async start(rows) {
      const kinds = ["a number of rows", "sources to read"] as const;
      const [expected, got] = [kinds[memory === undefined ? 0 : 1], kinds[typeof rows === "number" ? 0 : 1]];
      if (expected !== got) throw new KvtError("usage", `decoder: expected ${expected}, got ${got}`);
      if (typeof rows !== "number") await memory?.read(rows);
      cache.start(typeof rows === "number" ? rows : at(rows.shape, 0));
    },
    async read(tokens) {
      const added = tokens.map(({ length }) => length);
      if (tokens.length !== cache.lengths.length || tokens.length === 0 || added.includes(0)) {
        const expected = `tokens for each of ${cache.lengths.length} rows`;
        throw new Error(`internal: decoder: expected ${expected}, got ${added.join(", ") || "none"}`);
      }
      cache.reserve(added);
      const longest = Math.max(...added);
      const ids = { data: padded(tokens, longest), shape: [tokens.length, longest] };
      const results = await session.run(toTensors(backend, { ids, ...cache.feeds(added), ...memory?.feeds() }));
      const values = (name: string) => toValues(results[name] as DeviceTensor);
      cache.append(await Promise.all(decoding.kept.map(({ name }) => values(freshName(name)))), added);
      const { data, shape } = await values("logits"); // (B,T,V)
      const classes = at(shape, -1);
      return added.map((length, row) => {
        const start = (row * longest + length - 1) * classes;
        return data.subarray(start, start + classes) as Float32Array;
      });
    },
    select(rows) {
      cache.select(rows);
      memory?.select(rows);
    },
    async release() {
      await Promise.all([memory?.release(), session.release()]);
    },
  };

  async function openMemoryBeside(opened: Session): Promise<SourceMemory> {
    try {
      return await openMemory(backend, decoding.remembered);
    } catch (error) {
      await opened.release();
      throw error;
    }
  }
}

const freshName = (name: string): string => `fresh.${name}`;

function padded(tokens: readonly ArrayLike<number>[], longest: number): Int32Array {
  const ids = new Int32Array(tokens.length * longest);
  tokens.forEach((row, i) => ids.set(row, i * longest));
  return ids;
}
