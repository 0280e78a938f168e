import type { Kept } from "../nn/decoding.ts";
import type { Values } from "../runtime/values.ts";

/** Slots at first; their number doubles when a row needs more. */
const FIRST_SLOTS = 64;
/** added to the score of a key that is not there or lies in the future; as in attention */
const MASKED = -1e9;
const BYTES_PER_FLOAT32 = 4;

type Shape = Pick<Kept, "name" | "heads" | "width">;

/** Keys or values of one module, of all rows: (B,G,S,D) */
interface Block extends Shape {
  data: Float32Array;
}

/** What self-attention keeps of the tokens read so far: blocks of slots, filled from the front, row by row. */
export class SlotCache {
  readonly #kept: readonly Shape[];
  #blocks: Block[] = [];
  #slots = FIRST_SLOTS;
  #lengths: readonly number[] = [];

  constructor(kept: readonly Shape[]) {
    this.#kept = kept;
  }

  /** tokens that each row holds */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  get bytesPerToken(): number {
    return BYTES_PER_FLOAT32 * this.#kept.reduce((all, { heads, width }) => all + heads * width, 0);
  }

  /** Forgets everything and has so many empty rows. */
  start(rows: number): void {
    // Slots behind a row's length are masked, so what they hold does not matter.
    if (this.#blocks.length === 0 || rows !== this.#lengths.length) this.#blocks = this.#newBlocks(rows);
    this.#lengths = new Array<number>(rows).fill(0);
  }

  /** Makes room for `added` more tokens of each row. */
  reserve(added: readonly number[]): void {
    const needed = Math.max(...added.map((count, row) => (this.#lengths[row] ?? 0) + count));
    if (needed <= this.#slots) return;
    const [old, before] = [this.#blocks, this.#slots];
    while (this.#slots < needed) this.#slots *= 2;
    const rows = this.#lengths.length;
    this.#blocks = this.#newBlocks(rows);
    for (const [i, { heads, width, data }] of old.entries()) {
      for (let row = 0; row < rows * heads; row++) {
        const own = data.subarray(row * before * width, (row + 1) * before * width);
        this.#blocks[i]?.data.set(own, row * this.#slots * width);
      }
    }
  }

  /** Writes the new tokens' keys and values, (B,G,T,D) each in the order of the blocks, behind those of the same row. */
  append(fresh: readonly Values[], added: readonly number[]): void {
    const longest = Math.max(...added);
    for (const [i, { heads, width, data }] of this.#blocks.entries()) {
      const values = (fresh[i] as Values).data;
      for (const [row, count] of added.entries()) {
        for (let head = 0; head < heads; head++) {
          const from = (row * heads + head) * longest * width;
          const to = ((row * heads + head) * this.#slots + (this.#lengths[row] ?? 0)) * width;
          data.set(values.subarray(from, from + count * width), to);
        }
      }
    }
    this.#lengths = this.#lengths.map((length, row) => length + (added[row] ?? 0));
  }

  /** Row i goes on from what row `rows[i]` holds. */
  select(rows: readonly number[]): void {
    this.#blocks = this.#blocks.map((block) => ({
      ...block,
      data: selectRows(block.data, rows, block.heads * this.#slots * block.width),
    }));
    this.#lengths = rows.map((row) => this.#lengths[row] ?? 0);
  }

  /** The slots, where each of `added` new tokens and each key stands, and which key each new token sees. */
  feeds(added: readonly number[]): Record<string, Values> {
    const rows = this.#lengths.length;
    const blocks = this.#blocks.map(({ name, heads, width, data }): [string, Values] => [
      name,
      { data, shape: [rows, heads, this.#slots, width] },
    ]);
    return { ...placesAndMask(this.#lengths, this.#slots, added), ...Object.fromEntries(blocks) };
  }

  #newBlocks(rows: number): Block[] {
    return this.#kept.map(({ name, heads, width }) => {
      return { name, heads, width, data: new Float32Array(rows * heads * this.#slots * width) };
    });
  }
}

/** Rows of `size` numbers, in another order, some more than once or not at all. */
export function selectRows<T extends Float32Array | Int32Array>(data: T, rows: readonly number[], size: number): T {
  const selected = new (data.constructor as new (length: number) => T)(rows.length * size);
  rows.forEach((row, i) => selected.set(data.subarray(row * size, (row + 1) * size), i * size));
  return selected;
}

/** Where each token and each key stands, and which key each token sees: filled slots, and new tokens up to itself. */
function placesAndMask(lengths: readonly number[], slots: number, added: readonly number[]): Record<string, Values> {
  const rows = lengths.length;
  const longest = Math.max(...added);
  const keys = slots + longest;
  const positions = new Int32Array(rows * longest);
  const keyPositions = new Int32Array(rows * keys);
  const mask = new Float32Array(rows * longest * keys).fill(MASKED);
  lengths.forEach((length, row) => {
    for (let j = 0; j < slots; j++) keyPositions[row * keys + j] = Math.min(j, length);
    for (let t = 0; t < longest; t++) {
      // What pads a shorter row stands where its last token does, so that no place is past the model's context.
      const place = length + Math.min(t, (added[row] ?? 1) - 1);
      positions[row * longest + t] = place;
      keyPositions[row * keys + slots + t] = place;
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
