import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { gzip, idx, idxLabels } from "../data/idx-bytes.ts";
import { builtKvt } from "../support/built.ts";

const { work, run } = builtKvt();

/** Class k is a bright bar k pixels from the upper edge of a box of 20. */
function bar(label: number): Uint8Array {
  return Uint8Array.from({ length: 784 }, (_, at) => {
    const [row, column] = [Math.floor(at / 28), at % 28];
    const inside = column >= 4 && column < 24;
    return inside && (row === 4 || row === 23 || (row >= 4 + 2 * label && row < 6 + 2 * label)) ? 255 : 0;
  });
}

async function save(name: string, label: number, ground: "black" | "white"): Promise<void> {
  const pixels = ground === "black" ? bar(label) : bar(label).map((value) => 255 - value);
  const picture = sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } });
  await picture.toFile(path.join(work, name));
}

/** A small model that tells the bars. */
beforeAll(async () => {
  mkdirSync(path.join(work, "data", "mnist"), { recursive: true });
  for (const [part, count] of [
    ["train", 420],
    ["t10k", 20],
  ] as const) {
    const labels = Array.from({ length: count }, (_, k) => k % 10);
    const pixels = new Uint8Array(count * 784);
    labels.forEach((label, k) => pixels.set(bar(label), k * 784));
    const save = (name: string, bytes: Uint8Array): void =>
      writeFileSync(path.join(work, "data", "mnist", `${part}-${name}-ubyte.gz`), gzip(bytes));
    save("images-idx3", idx(0x803, [count, 28, 28], pixels));
    save("labels-idx1", idxLabels(labels));
  }
  const sizes = ["model.width=32", "model.layers=1", "model.heads=2", "model.patch=28", "train.batch=20"];
  const settings = [...sizes, "data.trainSize=400", "data.validationSize=20", "train.epochs=8", "train.warmup=5"];
  const words = ["--data", "data", "--out", "bars", ...settings.flatMap((setting) => ["--set", setting])];
  const { code, err, out } = await run("train", "mnist", ...words);
  expect(code, err).toBe(0);
  expect(out).toMatch(/test accuracy +1\.0000/);
  await save("three.png", 3, "black");
  await save("seven.jpg", 7, "white");
  writeFileSync(path.join(work, "letter.txt"), "three");
}, 120_000);

const classify = (...words: string[]) => run("classify", "bars", ...words);

test("names what each picture shows, and says which were inverted", async () => {
  const { code, out, err } = await classify("three.png", "seven.jpg", "--top", "1");
  expect(code, err).toBe(0);
  expect(out).toMatch(
    /^three\.png\n {2}[01]\.\d{4} {2}3\nseven\.jpg {2}\(bright background: inverted\)\n {2}[01]\.\d{4} {2}7\n$/,
  );
  expect(err).toBe("");
});

test("gives JSON with the five likeliest classes", async () => {
  const { out } = await classify("three.png", "--json");
  const { folder, pictures } = JSON.parse(out) as {
    folder: string;
    pictures: { file: string; inverted: boolean; classes: { name: string; probability: number }[] }[];
  };
  expect(folder).toBe("bars");
  expect(pictures).toMatchObject([{ file: "three.png", inverted: false, classes: [{ name: "3" }, {}, {}, {}, {}] }]);
  const probabilities = pictures[0]?.classes.map(({ probability }) => probability) ?? [];
  expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
  const all = JSON.parse((await classify("three.png", "--json", "--top", "99")).out) as { pictures: typeof pictures };
  const sum = all.pictures[0]?.classes.reduce((total, { probability }) => total + probability, 0);
  expect(all.pictures[0]?.classes).toHaveLength(10);
  expect(sum).toBeCloseTo(1, 5);
});

test("tells files that are no pictures, and classifies the others", async () => {
  const { code, out, err } = await classify("absent.png", "letter.txt", "three.png", ".", "--top", "1");
  expect(code).toBe(1);
  expect(out).toMatch(/^three\.png\n.* 3\n$/);
  expect(err.match(/^error: .*$/gm)).toEqual([
    "error: absent.png: expected a file, got nothing",
    "error: letter.txt: expected a picture, got 5 bytes that cannot be read as one",
    "error: .: expected a file, got a folder",
  ]);
});

test("refuses a run of a task that has no pictures", async () => {
  const sizes = ["model.width=8", "model.layers=1", "model.heads=2", "train.steps=2"].flatMap((set) => ["--set", set]);
  expect((await run("train", "reverse", "--out", "words", ...sizes)).code).toBe(0);
  const { code, err } = await run("classify", "words", "three.png");
  expect(code).toBe(2);
  expect(err).toContain(
    "error: words is a run of reverse: expected one of a task that names what a picture shows, such as mnist",
  );
});
