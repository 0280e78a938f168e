import { createBreather } from "../breathe.ts";
import { copyImage, normalisation, type LabelledImages } from "../data/images.ts";
import { input } from "../graph/index.ts";
import { pictureVector } from "../models/vision-transformer.ts";
import { Scope } from "../nn/scope.ts";
import { random } from "../random.ts";
import type { Backend } from "../runtime/backend.ts";
import { openSession, toTensors, toValues, type DeviceTensor } from "../runtime/session.ts";
import { cifar100 } from "../tasks/cifar-100.ts";
import { cifarSettings } from "../tasks/cifar.ts";
import type { FeatureRequest } from "../tasks/features.ts";
import { imageData } from "../tasks/image-data.ts";
import { resolveOptions } from "../tasks/options.ts";
import type { TrainedModel } from "../tasks/uses.ts";
import { learningRate } from "./schedule.ts";
import { openTrainingProgram } from "./training-program.ts";

/** All that its numbers follow from, so that another preset of the task does not make other features. */
const SETTINGS = [
  "model.width=64",
  "model.layers=2",
  "model.heads=4",
  "model.patch=8",
  "model.hidden=64",
  "model.dropout=0",
  "train.batch=64",
  "train.optimizer=adamw",
  "train.rate=2e-3",
  "train.decay=0.05",
  "train.clip=0",
  "train.schedule=cosine-warm-up",
  "train.warmup=50",
];

/**
 * What the model follows from besides its pictures and steps. It is the same for every run, so that all formulations and
 * seeds get the same features.
 */
export const featureModel = () => ({
  task: cifar100,
  options: resolveOptions(cifar100, "quick", SETTINGS),
  attention: "qkv",
  seed: 1,
});

type ImageModel = TrainedModel<ReturnType<typeof featureModel>["options"]>;

const tables = () => {
  const { mean, std } = cifarSettings(1);
  return mean.map((value, channel) => normalisation(value, std[channel] as number));
};

/**
 * A small vision transformer that learns the classes of the pictures that may be learned from, mirrored and cropped in
 * another way at each step, in `steps` updates. With 0 it stays as it was drawn.
 */
export async function trainFeatureModel(
  { train, test, learned }: Pick<FeatureRequest, "train" | "test" | "learned">,
  steps: number,
  backend: Backend,
  signal?: AbortSignal,
): Promise<ImageModel> {
  const request = featureModel();
  const { options, seed } = request;
  const { batch } = options.train;
  const none = new Int32Array();
  const data = imageData({ train, test }, { train: learned, validation: none, test: none }, tables(), [], seed);
  const program = await openTrainingProgram(request, backend);
  const breathe = createBreather();
  try {
    const perEpoch = Math.max(1, Math.floor(learned.length / batch));
    let order: Int32Array = none;
    for (let step = 0; step < steps; step++) {
      const epoch = Math.floor(step / perEpoch);
      const start = (step % perEpoch) * batch;
      if (start === 0) order = random(seed, "order", epoch).permutation(learned.length);
      const feeds = data.batch("train", order.subarray(start, start + batch), epoch);
      await program.step(feeds, learningRate(options.train, step, steps));
      await breathe();
      signal?.throwIfAborted();
    }
    return { ...(await program.trained({})), options };
  } finally {
    await program.release();
  }
}

/** Pictures in one pass of the model. */
const BATCH = 200;

/** The model's description of each picture: (N,width), row-major. */
export async function pictureVectors(
  { backend, options: { model }, attention, parameters }: ImageModel,
  pictures: LabelledImages,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { count, channels, height, width } = pictures;
  const scope = new Scope({ training: false });
  const image = input("image", ["B", channels, height, width]);
  const session = await openSession(backend, {
    vectors: pictureVector(scope, image, { ...model, formulation: attention }),
  });
  const out = new Float32Array(count * model.width);
  const lookup = tables();
  const weights = toTensors(backend, Object.fromEntries(parameters));
  const breathe = createBreather();
  try {
    for (let start = 0; start < count; start += BATCH) {
      const size = Math.min(BATCH, count - start);
      const data = new Float32Array(size * channels * height * width);
      for (let at = 0; at < size; at++) copyImage(pictures, start + at, lookup, data, at);
      const feeds = toTensors(backend, { image: { data, shape: [size, channels, height, width] } });
      const { vectors } = await session.run({ ...weights, ...feeds });
      out.set((await toValues(vectors as DeviceTensor)).data, start * model.width);
      await breathe();
      signal?.throwIfAborted();
    }
  } finally {
    await session.release();
  }
  return out;
}
