import { constant, input, type Tensor } from "../graph/index.ts";
import { at } from "../graph/shape.ts";
import { decodingInputs, type Kept } from "../nn/decoding.ts";
import { Scope } from "../nn/scope.ts";
import type { Backend } from "../runtime/backend.ts";
import { openSession, toTensors, toValues, type DeviceTensor } from "../runtime/session.ts";
import type { Values } from "../runtime/values.ts";

export interface DecoderRequest {
  readonly backend: Backend;
  /** weights by their paths; they become constants of the graph */
  readonly parameters: ReadonlyMap<string, Values>;
  /** the model: int32 (B,T) → logits (B,T,V) */
  readonly logits: (scope: Scope, ids: Tensor) => Tensor;
  /** sequences that are written at the same time */
  readonly rows: number;
}

/** A causal model that reads each token once: keys and values of earlier tokens are kept. */
export interface Decoder {
  /** tokens that each row holds */
  readonly lengths: readonly number[];
  /** bytes that are kept of one token of one row */
  readonly bytesPerToken: number;
  /**
   * Reads at least one more token of each row, as many as a row has; the logits (V) of what follows the last of each.
   */
  read(tokens: readonly ArrayLike<number>[]): Promise<readonly Float32Array[]>;
  /** forgets everything */
  clear(): void;
  release(): Promise<void>;
}

/** Slots at first; their number doubles when a row needs more. */
const FIRST_SLOTS = 64;
/** added to the score of a key that is not there or lies in the future; as in attention */
const MASKED = -1e9;
const BYTES_PER_FLOAT32 = 4;

/** Slots of one module's keys or values: (B,G,S,D) */
interface Slots extends Pick<Kept, "name" | "heads" | "width"> {
  data: Float32Array;
}

/** Builds the graph of one reading, for any number of tokens and slots, and makes it ready to run. */
export async function openDecoder({ backend, parameters, logits, rows }: DecoderRequest): Promise<Decoder> {
  const decoding = decodingInputs();
  const tensors = new Map([...parameters].map(([path, { data, shape }]) => [path, constant(data, shape)]));
  const scope = new Scope({ training: false, tensors, decoding });
  const outputs = { logits: logits(scope, input("ids", ["B", "T"], "int32")) };
  const fresh = Object.fromEntries(decoding.kept.map(({ name, fresh }) => [freshName(name), fresh]));
  // Few numbers and many nodes: here the higher level pays, unlike in training.
  const options = { graphOptimizationLevel: "extended" } as const;
  const session = await openSession(backend, { ...outputs, ...fresh }, { options });
  const slotsOf = (count: number): Slots[] =>
    decoding.kept.map(({ name, heads, width }) => {
      return { name, heads, width, data: new Float32Array(rows * heads * count * width) };
    });
  let count = FIRST_SLOTS;
  let slots = slotsOf(count);
  let lengths = new Array<number>(rows).fill(0);

  function grow(needed: number): void {
    if (needed <= count) return;
    const [old, before] = [slots, count];
    while (count < needed) count *= 2;
    slots = slotsOf(count);
    for (const [i, { heads, width, data }] of old.entries()) {
      for (let row = 0; row < rows * heads; row++) {
        const own = data.subarray(row * before * width, (row + 1) * before * width);
        (slots[i] as Slots).data.set(own, row * count * width);
      }
    }
  }

  /** Writes the new tokens' keys and values behind those of the same row. */
  async function keep(results: Readonly<Record<string, DeviceTensor>>, added: readonly number[], longest: number) {
    for (const { name, heads, width, data } of slots) {
      const { data: values } = await toValues(results[freshName(name)] as DeviceTensor); // (B,G,T,D)
      for (let row = 0; row < rows; row++) {
        for (let head = 0; head < heads; head++) {
          const from = (row * heads + head) * longest * width;
          const to = ((row * heads + head) * count + (lengths[row] as number)) * width;
          data.set(values.subarray(from, from + (added[row] as number) * width), to);
        }
      }
    }
  }

  return {
    get lengths() {
      return lengths;
    },
    bytesPerToken: decoding.kept.reduce((all, { heads, width }) => all + heads * width, 0) * BYTES_PER_FLOAT32,
    async read(tokens) {
      const added = tokens.map(({ length }) => length);
      if (tokens.length !== rows || added.includes(0)) {
        throw new Error(`internal: expected tokens for ${rows} rows, got ${added.join(", ")}`);
      }
      const longest = Math.max(...added);
      const after = lengths.map((length, row) => length + (added[row] as number));
      grow(Math.max(...after));
      const feeds: Record<string, Values> = {
        ids: { data: padded(tokens, longest), shape: [rows, longest] },
        ...placesAndMask(lengths, count, longest),
        ...Object.fromEntries(
          slots.map(({ name, heads, width, data }) => [name, { data, shape: [rows, heads, count, width] }]),
        ),
      };
      const results = await session.run(toTensors(backend, feeds));
      await keep(results, added, longest);
      lengths = after;
      const { data, shape } = await toValues(results["logits"] as DeviceTensor); // (B,T,V)
      const classes = at(shape, -1);
      return added.map((length, row) => {
        const start = (row * longest + length - 1) * classes;
        return data.slice(start, start + classes) as Float32Array;
      });
    },
    clear() {
      lengths = lengths.map(() => 0);
    },
    release: () => session.release(),
  };
}

const freshName = (name: string): string => `fresh.${name}`;

function padded(tokens: readonly ArrayLike<number>[], longest: number): Int32Array {
  const ids = new Int32Array(tokens.length * longest);
  tokens.forEach((row, i) => ids.set(row, i * longest));
  return ids;
}

/** Where each token and each key stands, and which key each token sees: filled slots, and new tokens up to itself. */
function placesAndMask(lengths: readonly number[], slots: number, longest: number): Record<string, Values> {
  const rows = lengths.length;
  const keys = slots + longest;
  const positions = new Int32Array(rows * longest);
  const keyPositions = new Int32Array(rows * keys);
  const mask = new Float32Array(rows * longest * keys).fill(MASKED);
  lengths.forEach((length, row) => {
    for (let j = 0; j < slots; j++) keyPositions[row * keys + j] = Math.min(j, length);
    for (let t = 0; t < longest; t++) {
      positions[row * longest + t] = length + t;
      keyPositions[row * keys + slots + t] = length + t;
      const start = (row * longest + t) * keys;
      mask.fill(0, start, start + length);
      mask.fill(0, start + slots, start + slots + t + 1);
    }
  });
  return {
    "decoding.positions": { data: positions, shape: [rows, longest] },
    "decoding.keyPositions": { data: keyPositions, shape: [rows, keys] },
    "decoding.mask": { data: mask, shape: [rows, 1, longest, keys] },
  };
}
