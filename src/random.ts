import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/**
 * Randomness is a function of (seed, stream, index): the same three give the same numbers in every process, after
 * a resume and on another machine. A stream is named after what it feeds, such as a parameter's path or a split.
 */
export interface Random {
  /** one of 0 … 2³²−1 */
  uint32(): number;
  /** uniform in [0, 1), 53 bits */
  uniform(): number;
  /** mean 0, standard deviation 1 (Box and Muller 1958) */
  normal(): number;
  /** one of 0 … n−1 */
  integer(n: number): number;
  /** `count` of 0 … n−1, independent */
  integers(count: number, n: number): Int32Array;
  /** 0 … n−1 in random order (Fisher and Yates) */
  permutation(n: number): Int32Array;
}

/** 32 avalanche bits of (text, salt): FNV-1a over UTF-16 units, finished as MurmurHash3 does. */
function hash32(text: string, salt: number): number {
  let h = (0x811c9dc5 ^ salt) >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

export function random(seed: number, stream: string, index = 0): Random {
  const key = `${seed}/${stream}/${index}`;
  // Four differently salted hashes; the last is made odd, for an all-zero state is a fixed point of xoroshiro.
  const generator = xoroshiro128plusFromState([
    hash32(key, 0x9e3779b9),
    hash32(key, 0x243f6a88),
    hash32(key, 0xb7e15162),
    hash32(key, 0x2545f491) | 1,
  ]);
  let spare: number | undefined;
  const self: Random = {
    uint32: () => generator.next() >>> 0,
    uniform: () => uniformFloat64(generator),
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator)));
      const angle = 2 * Math.PI * uniformFloat64(generator);
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    integer: (n) => uniformInt(generator, 0, n - 1),
    integers(count, n) {
      const values = new Int32Array(count);
      for (let i = 0; i < count; i++) values[i] = uniformInt(generator, 0, n - 1);
      return values;
    },
    permutation(n) {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = uniformInt(generator, 0, i);
        const held = order[i] as number;
        order[i] = order[j] as number;
        order[j] = held;
      }
      return order;
    },
  };
  return self;
}
