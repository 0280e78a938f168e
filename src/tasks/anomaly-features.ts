import type { LabelledImages } from "../data/images.ts";
import { KvtError } from "../errors.ts";
import { random } from "../random.ts";
import type { Pool } from "./anomaly-sets.ts";
import { cifar100Classes, readCifar100 } from "./cifar-100.ts";
import type { FeatureExtractor, FeatureModel } from "./features.ts";
import type { DataEnvironment, Split } from "./task.ts";

export interface FeatureOptions {
  /** "" for a model of our own, "noise" for none, else the path of an ONNX model */
  readonly features: string;
  readonly featureSteps: number;
  readonly normalise: "imagenet" | "unit";
}

/** Of the features that tell nothing: their width, and as many pictures of a class as there are in a small set. */
const NOISE = { width: 64, train: 120, test: 24 } as const;

/** The first pictures of each class, a share `heldOut` of it, are kept for validation; the others are learned from. */
export function splitByClass(
  labels: Uint8Array,
  heldOut: number,
): Readonly<Record<"train" | "validation", Int32Array>> {
  const left = new Map<number, number>();
  for (const label of labels) left.set(label, (left.get(label) ?? 0) + 1);
  for (const [label, count] of left) left.set(label, Math.round(count * heldOut));
  const [train, validation]: [number[], number[]] = [[], []];
  labels.forEach((label, number) => {
    const more = left.get(label) ?? 0;
    left.set(label, more - 1);
    (more > 0 ? validation : train).push(number);
  });
  return { train: Int32Array.from(train), validation: Int32Array.from(validation) };
}

/** Numbers of a feature vector; reads no pictures. */
export async function featureWidth(options: FeatureOptions, environment: DataEnvironment): Promise<number> {
  if (options.features === "noise") return NOISE.width;
  const extractor = extractorOf(options, environment);
  return extractor.width(await modelOf(options, environment));
}

/** The pictures of each split with their features. */
export async function readPools(
  options: FeatureOptions,
  heldOut: number,
  environment: DataEnvironment,
): Promise<{ readonly pools: Readonly<Record<Split, Pool>>; readonly width: number }> {
  if (options.features === "noise") {
    const classes = cifar100Classes.length;
    const part = (split: "train" | "test") => {
      const labels = Uint8Array.from({ length: NOISE[split] * classes }, (_, number) => number % classes);
      const draws = random(environment.seed, `anomaly/noise/${split}`);
      return { labels, features: Float32Array.from({ length: labels.length * NOISE.width }, () => draws.normal()) };
    };
    return { pools: poolsOf(part("train"), part("test"), heldOut), width: NOISE.width };
  }
  const extractor = extractorOf(options, environment);
  const model = await modelOf(options, environment);
  const { train, test } = await readCifar100(environment.read);
  const learned = splitByClass(train.labels, heldOut).train;
  const features = await extractor.extract({ model, train, test, learned });
  const part = (split: "train" | "test", { labels }: LabelledImages) => ({ labels, features: features[split] });
  return { pools: poolsOf(part("train", train), part("test", test), heldOut), width: features.width };
}

type Part = Omit<Pool, "numbers">;

function poolsOf(train: Part, test: Part, heldOut: number): Readonly<Record<Split, Pool>> {
  const numbers = splitByClass(train.labels, heldOut);
  return {
    train: { ...train, numbers: numbers.train },
    validation: { ...train, numbers: numbers.validation },
    test: { ...test, numbers: Int32Array.from(test.labels, (_, number) => number) },
  };
}

function extractorOf({ features }: FeatureOptions, { features: extractor }: DataEnvironment): FeatureExtractor {
  if (extractor !== undefined) return extractor;
  const got = features === "" ? "none" : `"${features}"`;
  throw new KvtError("usage", `anomaly.features: expected noise where no image model can be run, got ${got}`);
}

async function modelOf(
  { features, featureSteps, normalise }: FeatureOptions,
  { readPath }: DataEnvironment,
): Promise<FeatureModel> {
  if (features === "") return { kind: "own", steps: featureSteps };
  if (readPath === undefined) {
    throw new KvtError("usage", `anomaly.features: expected noise where no files can be opened, got "${features}"`);
  }
  return { kind: "onnx", name: features, bytes: await readModel(features, readPath), normalise };
}

async function readModel(file: string, readPath: NonNullable<DataEnvironment["readPath"]>): Promise<Uint8Array> {
  try {
    return await readPath(file);
  } catch (cause) {
    if (!(cause instanceof KvtError)) throw cause;
    throw new KvtError(cause.kind, `anomaly.features: ${cause.message}`, {
      hint: "Name an ONNX file, say noise, or leave it out for features of a model that is trained here.",
      cause,
    });
  }
}
