import { concat, input, type Tensor } from "../graph/index.ts";
import { currentPath } from "../graph/path.ts";

/**
 * Decoding with a cache: T new tokens of each row attend to S slots, which hold the keys and values of earlier tokens,
 * and to themselves; cross-attention reads keys and values that were projected once from the source. Slots that hold
 * nothing are masked. All of it is fed by the host (`generate/decoder.ts`).
 */
export interface Decoding {
  /** int32 (B,T): place of each new token in its sequence */
  readonly positions: Tensor;
  /** int32 (B,S+T): place of each key, slots first */
  readonly keyPositions: Tensor;
  /** float32 (B,1,T,S+T): 0 where a token may see a key, else a large negative number */
  readonly mask: Tensor;
  /** what self-attention keeps of each token, in the order of building */
  readonly kept: Kept[];
  /** what cross-attention keeps of the source, in the order of building */
  readonly remembered: Kept[];
}

/** Keys or values that one module keeps of each token: `heads` · `width` numbers. */
export interface Kept {
  /** name of the graph input that holds them: slots (B,G,S,D), or the source's (B,G,M,D) */
  readonly name: string;
  readonly heads: number;
  readonly width: number;
  /** those of the new tokens (B,G,T,D), or of the source (B,G,M,D), as the model computes them */
  readonly fresh: Tensor;
}

/** The inputs of a graph that decodes, and empty lists of what is kept. */
export function decodingInputs(): Decoding {
  return {
    positions: input("decoding.positions", ["B", "T"], "int32"),
    keyPositions: input("decoding.keyPositions", ["B", "S+T"], "int32"),
    mask: input("decoding.mask", ["B", 1, "T", "S+T"]),
    kept: [],
    remembered: [],
  };
}

/** The slots of the module that is being built, then the new tokens' keys or values; (B,G,T,D) → (B,G,S+T,D) */
export function afterSlots({ kept }: Decoding, what: "key" | "value", fresh: Tensor): Tensor {
  const entry = keptAs(`slots.${currentPath()}.${what}`, fresh);
  kept.push(entry);
  return concat([input(entry.name, [fresh.shape[0] as number | string, entry.heads, "S", entry.width]), fresh], 2);
}

/** An input in place of the source's keys or values, which cost nothing to project again then; (B,G,M,D) */
export function fromMemory({ remembered }: Decoding, what: "key" | "value", fresh: Tensor): Tensor {
  const entry = keptAs(`memory.${currentPath()}.${what}`, fresh);
  remembered.push(entry);
  return input(entry.name, fresh.shape);
}

function keptAs(name: string, fresh: Tensor): Kept {
  const [, heads, , width] = fresh.shape as [number, number, number, number];
  return { name, heads, width, fresh };
}
