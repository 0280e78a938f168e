import { KvtError } from "../errors.ts";
import { random } from "../random.ts";
import { exampleIndex } from "./example-index.ts";
import type { Split, TaskData } from "./task.ts";

/** The pictures of a split: their numbers in a table of features, and the class of each picture of the table. */
export interface Pool {
  readonly numbers: Int32Array;
  readonly labels: Uint8Array;
  /** (pictures of the table, width), row-major */
  readonly features: Float32Array;
}

export interface SetOptions {
  readonly seed: number;
  /** elements of a set, T */
  readonly images: number;
  readonly position: "random" | "last";
  /** of a feature vector */
  readonly width: number;
  readonly classNames: readonly string[];
  readonly pools: Readonly<Record<Split, Pool>>;
}

/** Which pictures of the table make a set, and where the odd one stands. */
interface PictureSet {
  readonly pictures: Int32Array;
  readonly place: number;
}

/** Pictures of each class that has enough of them to fill a set but for the odd one. */
function byClass({ numbers, labels }: Pool, split: Split, images: number): ReadonlyMap<number, readonly number[]> {
  const members = new Map<number, number[]>();
  for (const number of numbers) {
    const label = labels[number] as number;
    const others = members.get(label);
    if (others === undefined) members.set(label, [number]);
    else others.push(number);
  }
  const full = new Map([...members].filter(([, all]) => all.length >= images - 1));
  if (full.size < 2) {
    const most = Math.max(0, ...[...members.values()].map(({ length }) => length));
    const expected = `two classes of at least ${images - 1} pictures in the ${split} split`;
    throw new KvtError("data", `sets of ${images}: expected ${expected}, got at most ${most} of a class`, {
      hint: "Make anomaly.images smaller or data.heldOut larger.",
    });
  }
  return full;
}

/** One set as a function of the random numbers: the odd picture and `images` − 1 others of one class, all different. */
function drawSet(
  { numbers, labels }: Pool,
  members: ReadonlyMap<number, readonly number[]>,
  index: number,
  { seed, images, position }: Pick<SetOptions, "seed" | "images" | "position">,
  stream: string,
): PictureSet {
  const draws = random(seed, stream, index);
  const odd = numbers[index] as number;
  const classes = [...members.keys()].filter((label) => label !== labels[odd]);
  const candidates = members.get(classes[draws.integer(classes.length)] as number) ?? [];
  const place = position === "last" ? images - 1 : draws.integer(images);
  const order = draws.permutation(candidates.length);
  const pictures = Int32Array.from({ length: images }, (_, at) =>
    at === place ? odd : (candidates[order[at < place ? at : at - 1] as number] as number),
  );
  return { pictures, place };
}

/**
 * Sets of pictures of which one is of another class than the others. Every picture of a split is the odd one of one
 * set; the others of a training set are drawn anew in each epoch. Set i follows from (seed, split, epoch, i).
 * Feeds: `features` (B,T,width) float32 and `label` (B) int32, the place of the odd one.
 * Throws a `data` error where no two classes have enough pictures.
 */
export function setData(options: SetOptions): TaskData {
  const { pools, images, width, classNames } = options;
  const members = {
    train: byClass(pools.train, "train", images),
    validation: byClass(pools.validation, "validation", images),
    test: byClass(pools.test, "test", images),
  };
  const setAt = (split: Split, index: number, epoch: number): PictureSet => {
    exampleIndex(split, index, pools[split].numbers.length);
    const stream = split === "train" ? `anomaly/train/${epoch}` : `anomaly/${split}`;
    return drawSet(pools[split], members[split], index, options, stream);
  };

  return {
    sizes: {
      train: pools.train.numbers.length,
      validation: pools.validation.numbers.length,
      test: pools.test.numbers.length,
    },
    dimensions: { features: width },
    batch(split, indices, epoch) {
      const { features: table } = pools[split];
      const features = new Float32Array(indices.length * images * width);
      const label = new Int32Array(indices.length);
      indices.forEach((index, row) => {
        const { pictures, place } = setAt(split, index, epoch);
        pictures.forEach((number, at) => {
          features.set(table.subarray(number * width, (number + 1) * width), (row * images + at) * width);
        });
        label[row] = place;
      });
      return {
        features: { data: features, shape: [indices.length, images, width] },
        label: { data: label, shape: [indices.length] },
      };
    },
    describe(split, index) {
      const { pictures, place } = setAt(split, index, 0);
      const { labels } = pools[split];
      const tokens = Array.from(pictures, (number) => classNames[labels[number] as number] ?? "");
      return { kind: "tokens", tokens, target: tokens.map((_, at) => (at === place ? "odd" : "")) };
    },
  };
}
