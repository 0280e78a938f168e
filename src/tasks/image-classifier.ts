import { copyImage } from "../data/images.ts";
import { KvtError } from "../errors.ts";
import { constant, input, softmax, type Tensor } from "../graph/index.ts";
import { Scope } from "../nn/scope.ts";
import { openSession, toTensors, toValues, type DeviceTensor } from "../runtime/session.ts";
import type { Classifier, TrainedModel } from "./uses.ts";

export interface ImageClassifierRequest extends Pick<Classifier, "form"> {
  readonly model: Pick<TrainedModel<unknown>, "backend" | "parameters">;
  readonly classNames: readonly string[];
  /** what each byte becomes, for each channel, as in training */
  readonly tables: readonly Float32Array[];
  /** image (B,channels,H,W) → (B,classes) */
  readonly logits: (scope: Scope, image: Tensor) => Tensor;
}

/** A classifier on a model of pictures; its weights stand in the graph. */
export async function imageClassifier({
  model: { backend, parameters },
  classNames,
  tables,
  logits,
  form,
}: ImageClassifierRequest): Promise<Classifier> {
  const { channels, height, width } = form;
  const tensors = new Map([...parameters].map(([path, { data, shape }]) => [path, constant(data, shape)]));
  const scope = new Scope({ training: false, tensors });
  const image = input("image", ["B", channels, height, width], "float32");
  const probabilities = softmax(logits(scope, image)); // (B,classes)
  const session = await openSession(backend, { probabilities });
  const pixels = channels * height * width;
  return {
    form,
    classes: classNames,
    async classify(pictures) {
      const data = new Float32Array(pictures.length * pixels);
      pictures.forEach((picture, at) => {
        if (picture.length !== pixels) {
          const [expected, got] = [`${pixels} bytes (${channels} x ${height} x ${width})`, picture.length];
          throw new KvtError("shape", `picture ${at}: expected ${expected}, got ${got}`);
        }
        copyImage({ ...form, pixels: picture }, 0, tables, data, at);
      });
      if (pictures.length === 0) return [];
      const feeds = { image: { data, shape: [pictures.length, channels, height, width] } };
      const results = await session.run(toTensors(backend, feeds));
      const { data: all } = await toValues(results["probabilities"] as DeviceTensor);
      const classes = classNames.length;
      return pictures.map((_, at) => Float32Array.from(all.subarray(at * classes, (at + 1) * classes)));
    },
    release: () => session.release(),
  };
}
