import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readIdxImages, readIdxLabels } from "../../src/data/idx.ts";
import { KvtError } from "../../src/errors.ts";
import { gzip, idx, idxImages, idxLabels } from "./idx-bytes.ts";

async function failure(action: Promise<unknown>): Promise<KvtError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KvtError);
  expect((error as KvtError).kind).toBe("data");
  return error as KvtError;
}

const images = (bytes: Uint8Array): Promise<unknown> => readIdxImages(bytes, "set/images.gz");
const labels = (bytes: Uint8Array): Promise<unknown> => readIdxLabels(bytes, "set/labels.gz", 10);

describe("IDX images and labels", () => {
  test("are read byte by byte, packed or not, also from the middle of a larger buffer", async () => {
    const plain = idxImages(3, 2, 5);
    const padded = new Uint8Array(plain.length + 7);
    padded.set(plain, 7);
    for (const bytes of [plain, gzip(plain), padded.subarray(7)]) {
      const read = await readIdxImages(bytes, "x");
      expect(read).toMatchObject({ count: 3, height: 2, width: 5 });
      expect([...read.pixels]).toEqual(Array.from({ length: 30 }, (_, k) => k));
    }
    expect([...(await readIdxLabels(gzip(idxLabels([7, 0, 9])), "x", 10))]).toEqual([7, 0, 9]);
  });

  test("of any size come back as they were written", async () => {
    const size = fc.integer({ min: 1, max: 6 });
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.boolean(), async (count, height, width, packed) => {
        const bytes = idxImages(count, height, width);
        const read = await readIdxImages(packed ? gzip(bytes) : bytes, "x");
        expect(read).toEqual({ count, height, width, pixels: bytes.slice(16) });
      }),
      { numRuns: 30 },
    );
  });

  test("of 60,000 pictures unpack to their full length", async () => {
    const plain = idx(0x803, [60_000, 28, 28], new Uint8Array(0));
    const whole = new Uint8Array(16 + 60_000 * 784);
    whole.set(plain);
    const read = await readIdxImages(gzip(whole), "x");
    expect(read.pixels.length).toBe(60_000 * 784);
  });
});

describe("a broken file is an error that names it and says", () => {
  test("that its gzip data is cut off, wherever the cut is", async () => {
    const packed = gzip(idxImages(20, 5, 5));
    for (const length of [5, 12, packed.length >> 1, packed.length - 9, packed.length - 3]) {
      const { message, hint } = await failure(images(packed.subarray(0, length)));
      expect(message).toContain(
        `set/images.gz: expected a whole gzip file, got ${length} bytes that are cut off or damaged`,
      );
      expect(hint).toBe('Download it again; "kvt data verify" checks all files.');
    }
  });

  test("that its gzip data is damaged or followed by something else", async () => {
    const packed = gzip(idxImages(20, 5, 5));
    const flipped = packed.slice();
    flipped[packed.length - 6] = (flipped[packed.length - 6] ?? 0) ^ 1;
    expect((await failure(images(flipped))).message).toContain("set/images.gz: expected a whole gzip file");
    const longer = Uint8Array.from([...packed, 1, 2, 3]);
    expect((await failure(images(longer))).message).toContain("set/images.gz: expected a whole gzip file");
  });

  test("that its magic is another", async () => {
    const swapped = await failure(images(gzip(idxLabels([1, 2]))));
    expect(swapped.message).toBe("set/images.gz: expected IDX images (magic 00000803), got magic 00000801");
    expect(swapped.hint).toBe("This is a file of labels.");
    const html = new TextEncoder().encode("<!doctype html>");
    const { message } = await failure(labels(html));
    expect(message).toBe("set/labels.gz: expected IDX labels (magic 00000801), got magic 3c21646f");
  });

  test("that it is shorter than its header, or than the header promises", async () => {
    expect((await failure(images(new Uint8Array(0)))).message).toBe(
      "set/images.gz: expected IDX images (magic 00000803), got 0 bytes, less than its header of 16",
    );
    expect((await failure(images(idxImages(2, 2, 2).subarray(0, 9)))).message).toContain("got 9 bytes, less than");
    expect((await failure(images(idxImages(3, 2, 2).subarray(0, 20)))).message).toBe(
      "set/images.gz: expected 28 bytes (3 x 2 x 2 images), got 20: the file is cut off",
    );
    const huge = idx(0x803, [0xffffffff, 0xffffffff, 0xffffffff], new Uint8Array(4));
    expect((await failure(images(huge))).message).toContain("the file is cut off");
  });

  test("that bytes follow the last element, or that it is empty", async () => {
    const longer = Uint8Array.from([...idxLabels([1, 2]), 0, 0, 0]);
    expect((await failure(labels(longer))).message).toBe(
      "set/labels.gz: expected 10 bytes (2 labels), got 13: 3 too many",
    );
    expect((await failure(images(idxImages(0, 28, 28)))).message).toBe(
      "set/images.gz: expected some images, got 0 x 28 x 28 images",
    );
  });

  test("which label is out of range", async () => {
    const { message } = await failure(labels(idxLabels([3, 9, 10, 11])));
    expect(message).toBe("set/labels.gz: expected labels from 0 to 9, got 10 at index 2");
  });
});
