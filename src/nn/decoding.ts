import { concat, input, type Tensor } from "../graph/index.ts";
import { currentPath } from "../graph/path.ts";

/**
 * Decoding with a cache: T new tokens of each row attend to S slots, which hold the keys and values of earlier tokens,
 * and to themselves. Slots that hold nothing are masked. All of it is fed by the host (`generate/decoder.ts`).
 */
export interface Decoding {
  /** int32 (B,T): place of each new token in its sequence */
  readonly positions: Tensor;
  /** int32 (B,S+T): place of each key, slots first */
  readonly keyPositions: Tensor;
  /** float32 (B,1,T,S+T): 0 where a token may see a key, else a large negative number */
  readonly mask: Tensor;
  /** what the modules keep of each token, in the order of building */
  readonly kept: Kept[];
}

/** Keys or values that one module keeps of each token: `heads` · `width` numbers. */
export interface Kept {
  /** name of the graph input with the slots (B,G,S,D) */
  readonly name: string;
  readonly heads: number;
  readonly width: number;
  /** those of the new tokens: (B,G,T,D) */
  readonly fresh: Tensor;
}

/** The inputs of a graph that decodes, and an empty list of what is kept. */
export function decodingInputs(): Decoding {
  return {
    positions: input("decoding.positions", ["B", "T"], "int32"),
    keyPositions: input("decoding.keyPositions", ["B", "S+T"], "int32"),
    mask: input("decoding.mask", ["B", 1, "T", "S+T"]),
    kept: [],
  };
}

/** The slots of the module that is being built, then the new tokens' keys or values; (B,G,T,D) → (B,G,S+T,D) */
export function afterSlots({ kept }: Decoding, what: "key" | "value", fresh: Tensor): Tensor {
  const [batch, heads, , width] = fresh.shape as [number, number, number, number];
  const name = `slots.${currentPath()}.${what}`;
  kept.push({ name, heads, width, fresh });
  return concat([input(name, [batch, heads, "S", width]), fresh], 2);
}
