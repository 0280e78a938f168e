import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { sha256 } from "../data/checksum.ts";
import { cacheFolder } from "../data/folders.ts";
import type { LabelledImages } from "../data/images.ts";
import { untilOnDisk } from "../disk.ts";
import { KvtError } from "../errors.ts";
import type { Backend } from "../runtime/backend.ts";
import { openNode } from "../runtime/node.ts";
import type { Values } from "../runtime/values.ts";
import type { FeatureExtractor, FeatureRequest, Features } from "../tasks/features.ts";
import { makeFolder } from "../folder.ts";
import { replaceFile } from "./durable.ts";
import { featureModel, pictureVectors, trainFeatureModel } from "./feature-model.ts";
import { openImageModel } from "./feature-onnx.ts";
import { acquireLock, lockOwner, type Lock } from "./lock.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

/** What the kept features follow from besides their model and pictures; another number makes older ones unused. */
const VERSION = 1;
const FILE = "features.safetensors";

/**
 * Image models on the CPU. Features are computed once: they are kept in `folder` under a name that follows from the
 * model, the pictures and what may be learned from; processes that need the same ones wait for the first of them.
 * Throws a `disk` error where the folder cannot be written, and the reason of `signal` when it is aborted.
 */
export function featureExtractor({
  folder = path.join(cacheFolder(), "features"),
  signal,
}: { readonly folder?: string; readonly signal?: AbortSignal | undefined } = {}): FeatureExtractor {
  const open = () => openNode("cpu", os.availableParallelism());
  return {
    async width(model) {
      if (model.kind === "own") return featureModel().options.model.width;
      const opened = await openImageModel(model, await open());
      await opened.release();
      return opened.width;
    },
    async extract(request) {
      const place = path.join(folder, keyOf(request));
      makeFolder(place);
      for (;;) {
        const kept = await readKept(place, request);
        if (kept !== undefined) return kept;
        const lock = tryLock(place);
        if (lock === undefined) {
          await wait(200);
          signal?.throwIfAborted();
          continue;
        }
        try {
          // The one that held the lock may have written them just now.
          const written = await readKept(place, request);
          if (written !== undefined) return written;
          const features = await computeFeatures(request, await open(), signal);
          replaceFile(path.join(place, FILE), bytesOf(features, request));
          return features;
        } finally {
          lock.release();
        }
      }
    },
  };
}

/**
 * The lock of a folder, or undefined while another process of this machine holds it. Throws a `run` error where one of
 * another machine does: whether it still lives cannot be known.
 */
function tryLock(place: string): Lock | undefined {
  try {
    return acquireLock(place);
  } catch (error) {
    const owner = lockOwner(place);
    const isElsewhere = owner !== null && owner.host !== os.hostname();
    if (error instanceof KvtError && error.kind === "run" && !isElsewhere) return undefined;
    throw error;
  }
}

/** A name that two requests share only when they ask for the same features. */
function keyOf({ model, train, test, learned }: FeatureRequest): string {
  const { options, attention, seed } = featureModel();
  const follows =
    model.kind === "own"
      ? [options, attention, seed, model.steps, sha256(bytesView(learned)), sha256(train.labels)]
      : [sha256(model.bytes), model.normalise];
  const hash = createHash("sha256").update(JSON.stringify([VERSION, model.kind, follows]));
  for (const { pixels, channels, height, width } of [train, test]) {
    hash.update(JSON.stringify([channels, height, width])).update(pixels);
  }
  return hash.digest("hex").slice(0, 32);
}

const bytesView = (numbers: Int32Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

async function computeFeatures(
  request: FeatureRequest,
  backend: Backend,
  signal: AbortSignal | undefined,
): Promise<Features> {
  const { model, train, test } = request;
  if (model.kind === "own") {
    const trained = await trainFeatureModel(request, model.steps, backend, signal);
    const vectors = (pictures: LabelledImages) => pictureVectors(trained, pictures, signal);
    return { width: trained.options.model.width, train: await vectors(train), test: await vectors(test) };
  }
  const opened = await openImageModel(model, backend, signal);
  try {
    return { width: opened.width, train: await opened.vectors(train), test: await opened.vectors(test) };
  } finally {
    await opened.release();
  }
}

function bytesOf({ width, train, test }: Features, request: FeatureRequest): Uint8Array {
  const tensors = new Map([
    ["train", { data: train, shape: [request.train.count, width] }],
    ["test", { data: test, shape: [request.test.count, width] }],
  ]);
  return writeSafetensors({ tensors, metadata: { format: "kvt-features-1", model: request.model.kind } });
}

/** Features that were kept; undefined where there are none. Throws a `data` error where what is there is broken. */
async function readKept(place: string, request: FeatureRequest): Promise<Features | undefined> {
  const file = path.join(place, FILE);
  if (!fs.existsSync(file)) return undefined;
  const bytes = await untilOnDisk("read", file, fs.promises.readFile(file));
  try {
    const { tensors } = readSafetensors(bytes, file);
    const [train, test] = [tensors.get("train"), tensors.get("test")];
    const width = train?.shape[1] ?? 0;
    if (!holds(train, request.train.count, width) || !holds(test, request.test.count, width)) {
      throw new KvtError("data", `${file}: expected the features of these pictures, got others`);
    }
    return { width, train: train.data, test: test.data };
  } catch (cause) {
    if (!(cause instanceof KvtError)) throw cause;
    throw new KvtError("data", cause.message, { hint: "Delete the file; it is made again.", cause });
  }
}

function holds(values: Values | undefined, rows: number, width: number): values is Values & { data: Float32Array } {
  return values?.data instanceof Float32Array && values.shape[0] === rows && values.shape[1] === width;
}
