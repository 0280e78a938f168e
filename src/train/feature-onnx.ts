import { createBreather } from "../breathe.ts";
import type { InferenceSession } from "onnxruntime-common";
import { normalisation, type LabelledImages } from "../data/images.ts";
import { resizeImage } from "../data/resize.ts";
import { KvtError } from "../errors.ts";
import type { Backend } from "../runtime/backend.ts";
import type { FeatureModel } from "../tasks/features.ts";

type OnnxModel = Extract<FeatureModel, { kind: "onnx" }>;

/** Of ImageNet's training pictures, by channel, between 0 and 1. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const GREY = { mean: [0.449], std: [0.226] } as const;
/** Side of a picture where a model takes any, in pixels. */
const ANY_SIDE = 224;
/** Pictures in one pass, where a model takes any number. */
const BATCH = 50;

/** An image model of the user: pictures (N,channels,height,width) in, vectors (N,width) out. */
export interface OnnxImageModel {
  readonly width: number;
  /** (N,width), row-major */
  vectors(pictures: LabelledImages): Promise<Float32Array>;
  release(): Promise<void>;
}

interface Picture {
  readonly name: string;
  /** pictures in one pass, 0 for any number */
  readonly batch: number;
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
}

/**
 * Opens an ONNX model with one input, float32 (N,3,H,W) or (N,1,H,W), fixed or symbolic; N, H and W of its own choice.
 * Its first output is (N,W) or (N,W,1,1). Throws a `data` error that names the file for others, and for a
 * file that ONNX Runtime cannot read.
 */
export async function openImageModel(
  model: OnnxModel,
  backend: Backend,
  signal?: AbortSignal,
): Promise<OnnxImageModel> {
  let session: InferenceSession;
  try {
    session = await backend.ort.InferenceSession.create(model.bytes, backend.sessionOptions);
  } catch (cause) {
    const [got = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new KvtError("data", `${model.name}: expected an ONNX model, got one that cannot be read: ${got}`, { cause });
  }
  try {
    const picture = readInput(model, session);
    const tables = tablesOf(model, picture.channels);
    const run = (pictures: LabelledImages, start: number, size: number) =>
      vectorsOf(model, session, backend, picture, tables, pictures, start, size);
    const blank = { count: 1, channels: 3, height: 1, width: 1, pixels: new Uint8Array(3), labels: new Uint8Array(1) };
    const width = (await run(blank, 0, 1)).length;
    return {
      width,
      async vectors(pictures) {
        const out = new Float32Array(pictures.count * width);
        const step = picture.batch === 0 ? BATCH : picture.batch;
        const breathe = createBreather();
        for (let start = 0; start < pictures.count; start += step) {
          const size = Math.min(step, pictures.count - start);
          out.set(await run(pictures, start, size), start * width);
          await breathe();
          signal?.throwIfAborted();
        }
        return out;
      },
      release: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

const shapeText = (shape: readonly (number | string)[]): string => `(${shape.join(",")})`;

function readInput({ name }: OnnxModel, session: InferenceSession): Picture {
  const wrong = (got: string) =>
    new KvtError("data", `${name}: expected one input of pictures, float32 (N,3,H,W) or (N,1,H,W), got ${got}`, {
      hint: "Export the model so that it takes pictures channel by channel, and nothing else.",
    });
  const [input, ...others] = session.inputMetadata;
  if (input === undefined || others.length > 0) throw wrong(`${session.inputMetadata.length} inputs`);
  if (!input.isTensor) throw wrong("no tensor");
  const { type, shape } = input;
  const fixed = (dimension: number | string | undefined, otherwise: number): number =>
    typeof dimension === "number" && dimension > 0 ? dimension : otherwise;
  const channels = fixed(shape[1], 3);
  if (type !== "float32" || shape.length !== 4 || (channels !== 3 && channels !== 1)) {
    throw wrong(`${type} ${shapeText(shape)}`);
  }
  return {
    name: input.name,
    batch: fixed(shape[0], 0),
    channels,
    height: fixed(shape[2], ANY_SIDE),
    width: fixed(shape[3], ANY_SIDE),
  };
}

function tablesOf({ normalise }: OnnxModel, channels: 1 | 3): readonly Float32Array[] {
  if (normalise === "unit") return Array.from({ length: channels }, () => normalisation(0, 1));
  const { mean, std } = channels === 1 ? GREY : IMAGENET;
  return mean.map((value, channel) => normalisation(value, std[channel] as number));
}

/** Vectors of `size` pictures from `start`; a model for a fixed number of them gets blank ones behind. */
async function vectorsOf(
  model: OnnxModel,
  session: InferenceSession,
  { ort }: Backend,
  { name, batch, channels, height, width }: Picture,
  tables: readonly Float32Array[],
  pictures: LabelledImages,
  start: number,
  size: number,
): Promise<Float32Array> {
  const count = Math.max(size, batch);
  const data = new Float32Array(count * channels * height * width);
  for (let at = 0; at < size; at++) resizeImage(pictures, start + at, tables, { height, width }, data, at);
  const feeds = { [name]: new ort.Tensor("float32", data, [count, channels, height, width]) };
  let results: InferenceSession.ReturnType;
  try {
    results = await session.run(feeds);
  } catch (cause) {
    const [got = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    const asked = shapeText([count, channels, height, width]);
    throw new KvtError("data", `${model.name}: expected a model that runs on pictures ${asked}, got: ${got}`, {
      cause,
    });
  }
  const output = results[session.outputNames[0] ?? ""];
  const [rows, columns, ...ones] = output?.dims ?? [];
  const values = await output?.getData();
  if (!(values instanceof Float32Array) || rows !== count || columns === undefined || ones.some((one) => one !== 1)) {
    const got = `${output?.type ?? "none"} ${shapeText(output?.dims ?? [])} for ${count} pictures`;
    throw new KvtError("data", `${model.name}: expected an output float32 (N,W) or (N,W,1,1), got ${got}`, {
      hint: "Export the layer before the classes, pooled to one vector a picture.",
    });
  }
  return values.slice(0, size * columns);
}
