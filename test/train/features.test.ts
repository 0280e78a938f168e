import { existsSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { LabelledImages } from "../../src/data/images.ts";
import { add, gather, input, mean, reshape, scalar, sum, writeOnnx, type Tensor } from "../../src/graph/index.ts";
import { random } from "../../src/random.ts";
import type { FeatureModel, FeatureRequest } from "../../src/tasks/features.ts";
import { featureExtractor } from "../../src/train/features.ts";
import { temporaryFolder } from "../data/folder.ts";

/** Pictures of CIFAR's size whose pixels are random, or of one colour each. */
function pictures(count: number, stream: string, oneColour = false): LabelledImages {
  const draws = random(1, stream);
  const plane = 32 * 32;
  const pixels = Uint8Array.from({ length: count * 3 * plane }, () => draws.integer(256));
  if (oneColour) for (let at = 0; at < count * 3; at++) pixels.fill(pixels[at] as number, at * plane, (at + 1) * plane);
  const labels = Uint8Array.from({ length: count }, (_, n) => n % 5);
  return { count, channels: 3, height: 32, width: 32, pixels, labels };
}

function request(model: FeatureModel, change: Partial<FeatureRequest> = {}): FeatureRequest {
  const learned = Int32Array.from({ length: 70 }, (_, n) => n + 10);
  return { model, train: pictures(80, "train"), test: pictures(7, "test"), learned, ...change };
}

type OnnxModel = Extract<FeatureModel, { kind: "onnx" }>;

/** A model that the project itself writes. */
const onnx = (output: Tensor | Record<string, Tensor>, normalise: OnnxModel["normalise"] = "unit"): OnnxModel => ({
  kind: "onnx",
  name: "model.onnx",
  bytes: writeOnnx("op" in output ? { y: output as Tensor } : output).bytes,
  normalise,
});

const meanColour = (x: Tensor): Tensor => mean(x, { axes: [2, 3] }); // (N,channels)
const byte = ({ pixels }: LabelledImages, picture: number, channel: number): number =>
  pixels[(picture * 3 + channel) * 32 * 32] as number;

describe("features of an ONNX model", () => {
  const coloured = { train: pictures(80, "train", true), test: pictures(7, "test", true) };

  test.each([
    ["symbolic sizes", ["N", 3, "H", "W"]],
    ["fixed sizes", ["N", 3, 8, 48]],
    ["a fixed number of pictures that does not divide theirs", [32, 3, 16, 16]],
    ["one picture at a time", [1, 3, 8, 8]],
  ])("for %s are those of each picture, in their order", async (_name, shape) => {
    const model = onnx(meanColour(input("pixels", shape)));
    const extractor = featureExtractor({ folder: temporaryFolder() });
    expect(await extractor.width(model)).toBe(3);
    const { width, train, test } = await extractor.extract(request(model, coloured));
    expect([width, train.length, test.length]).toEqual([3, 240, 21]);
    for (const [all, features] of [[coloured.train, train] as const, [coloured.test, test] as const]) {
      features.forEach((value, at) => expect(value * 255).toBeCloseTo(byte(all, Math.floor(at / 3), at % 3), 1));
    }
  });

  test("may be (N,W,1,1), of grey pictures, and with ImageNet's statistics taken out", async () => {
    const extractor = featureExtractor({ folder: temporaryFolder() });
    const pooled = onnx(mean(input("x", ["N", 3, 8, 8]), { axes: [2, 3], keepDims: true }), "imagenet");
    const { test: colours } = await extractor.extract(request(pooled, coloured));
    const [red, , blue] = [0, 1, 2].map((channel) => byte(coloured.test, 4, channel) / 255);
    expect(colours[12]).toBeCloseTo(((red ?? 0) - 0.485) / 0.229, 4);
    expect(colours[14]).toBeCloseTo(((blue ?? 0) - 0.406) / 0.225, 4);
    const grey = onnx(meanColour(input("x", ["N", 1, 8, 8])));
    const { width, test: greys } = await extractor.extract(request(grey, coloured));
    expect([width, greys.length]).toEqual([1, 7]);
    const bytes = [0, 1, 2].map((channel) => byte(coloured.test, 4, channel));
    expect((greys[4] as number) * 255).toBeCloseTo(bytes.reduce((a, b) => a + b) / 3, 2);
  });

  const picture = input("x", ["N", 3, 8, 8]);
  test.each([
    [
      "two inputs",
      onnx(add(meanColour(picture), input("bias", [3]))),
      "expected one input of pictures, float32 (N,3,H,W) or (N,1,H,W), got 2 inputs",
    ],
    ["channels last", onnx(mean(input("x", ["N", 8, 8, 3]), { axes: [1, 2] })), "got float32 (N,8,8,3)"],
    ["flat pictures", onnx(input("x", ["N", 192])), "got float32 (N,192)"],
    ["ids", onnx(gather(input("t", [9, 2]), input("x", ["N", 3, 8, 8], "int32"))), "2 inputs"],
    ["maps of pixels", onnx(add(picture, 1)), "expected an output float32 (N,W) or (N,W,1,1), got float32 (1,3,8,8)"],
    ["one number", onnx(sum(picture)), "expected an output float32 (N,W) or (N,W,1,1), got float32 () for 1 pictures"],
    [
      "all pictures in one row",
      onnx(reshape(input("x", [4, 3, 8, 8]), [1, 768])),
      "expected an output float32 (N,W) or (N,W,1,1), got float32 (1,768) for 4 pictures",
    ],
  ])("that has %s are a data error", async (_name, model, message) => {
    const extractor = featureExtractor({ folder: temporaryFolder() });
    for (const asked of [extractor.width(model), extractor.extract(request(model))]) {
      await expect(asked).rejects.toMatchObject({ kind: "data" });
      await expect(asked).rejects.toThrow(/^model\.onnx: expected/);
      await expect(asked).rejects.toThrow(message);
    }
  });

  test("that is no ONNX file are a data error", async () => {
    const model: OnnxModel = { ...onnx(scalar(1)), bytes: new TextEncoder().encode("no model at all") };
    await expect(featureExtractor({ folder: temporaryFolder() }).width(model)).rejects.toMatchObject({
      kind: "data",
      message: expect.stringMatching(/^model\.onnx: expected an ONNX model, got one that cannot be read: /) as string,
    });
  });
});

describe("features of the own model", () => {
  const own: FeatureModel = { kind: "own", steps: 3 };

  test("follow from the pictures that may be learned from, and not from the other ones", async () => {
    const extractor = featureExtractor({ folder: temporaryFolder() });
    const asked = request(own);
    const first = await extractor.extract(asked);
    const width = await extractor.width(own);
    expect([first.width, first.train.length, first.test.length]).toEqual([width, 80 * width, 7 * width]);
    expect(first.train.every(Number.isFinite)).toBe(true);
    const others = await featureExtractor({ folder: temporaryFolder() }).extract(asked);
    expect(others).toEqual(first);
    // Picture 3 is not learned from: with other pixels its own features change and no others.
    const changed = asked.train.pixels.slice();
    changed.fill(7, 3 * 3072, 4 * 3072);
    const held = await extractor.extract(request(own, { train: { ...asked.train, pixels: changed } }));
    expect(held.test).toEqual(first.test);
    const moved = new Set<number>();
    held.train.forEach((value, at) => value !== first.train[at] && moved.add(Math.floor(at / width)));
    expect([...moved]).toEqual([3]);
    const untrained = await extractor.extract(request({ kind: "own", steps: 0 }));
    expect(untrained.test).not.toEqual(first.test);
  });

  test("are made once, also when two ask at the same time, and anew for other pictures, models or steps", async () => {
    const folder = temporaryFolder();
    const extractor = featureExtractor({ folder });
    const asked = request(own);
    const [one, two] = await Promise.all([extractor.extract(asked), featureExtractor({ folder }).extract(asked)]);
    expect(two).toEqual(one);
    const kept = readdirSync(folder);
    expect(kept).toHaveLength(1);
    const place = path.join(folder, kept[0] ?? "");
    expect(readdirSync(place)).toEqual(["features.safetensors"]);
    const written = statSync(path.join(place, "features.safetensors")).mtimeMs;
    expect(await extractor.extract(asked)).toEqual(one);
    expect(statSync(path.join(place, "features.safetensors")).mtimeMs).toBe(written);
    await extractor.extract(request({ kind: "own", steps: 2 }));
    await extractor.extract(request(own, { test: pictures(7, "others") }));
    await extractor.extract(request(own, { learned: Int32Array.from({ length: 64 }, (_, n) => n) }));
    await extractor.extract(request(onnx(meanColour(input("x", ["N", 3, 8, 8])))));
    await extractor.extract(request(onnx(meanColour(input("x", ["N", 3, 8, 8])), "imagenet")));
    expect(readdirSync(folder)).toHaveLength(6);
  });

  test("are left when they are no longer wanted, and another can make them", async () => {
    const folder = temporaryFolder();
    const controller = new AbortController();
    const { signal } = controller;
    const asked = featureExtractor({ folder, signal }).extract(request({ kind: "own", steps: 1_000_000 }));
    setTimeout(() => controller.abort(), 200);
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
    expect(readdirSync(path.join(folder, readdirSync(folder)[0] ?? ""))).toEqual([]);
  });

  test("do not wait for a process of another machine, which may be long dead", async () => {
    const folder = temporaryFolder();
    const extractor = featureExtractor({ folder });
    await extractor.extract(request(own));
    const place = path.join(folder, readdirSync(folder)[0] ?? "");
    rmSync(path.join(place, "features.safetensors"));
    writeFileSync(path.join(place, "lock"), JSON.stringify({ pid: 1, host: "elsewhere", started: "" }));
    await expect(extractor.extract(request(own))).rejects.toThrow("is in use by process 1 on elsewhere");
  });

  test("that were cut off on the disk are told by name", async () => {
    const folder = temporaryFolder();
    await featureExtractor({ folder }).extract(request(own));
    const file = path.join(folder, readdirSync(folder)[0] ?? "", "features.safetensors");
    truncateSync(file, 1000);
    const again = featureExtractor({ folder }).extract(request(own));
    await expect(again).rejects.toThrow(`${file} is not a valid safetensors file`);
    await expect(again).rejects.toMatchObject({ kind: "data", hint: "Delete the file; it is made again." });
    rmSync(file);
    expect((await featureExtractor({ folder }).extract(request(own))).width).toBeGreaterThan(0);
    expect(existsSync(file)).toBe(true);
  });
});
