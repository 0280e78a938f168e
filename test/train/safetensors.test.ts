import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KvtError } from "../../src/errors.ts";
import type { Values } from "../../src/runtime/values.ts";
import { readSafetensors, writeSafetensors } from "../../src/train/safetensors.ts";

const values: fc.Arbitrary<Values> = fc
  .tuple(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }), fc.boolean(), fc.integer())
  .map(([shape, whole, seed]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const numbers = Array.from({ length: size }, (_, i) => Math.imul(seed + i, 2654435761));
    return { shape, data: whole ? Int32Array.from(numbers) : Float32Array.from(numbers, (n) => n / 7) };
  });
const files = fc.record({
  tensors: fc.uniqueArray(fc.tuple(fc.string(), values), { selector: ([name]) => name }).map((pairs) => new Map(pairs)),
  metadata: fc.dictionary(fc.string(), fc.string()),
});

/** A file from the text of its header and the length of its body. */
function file(header: string, bodyBytes: number, headerBytes?: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + bodyBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes ?? text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (begin: number, end: number, more: object = {}): object => ({
  dtype: "F32",
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
  ...more,
});

describe("safetensors", () => {
  it("reads what it wrote", () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 0, max: 7 }), (written, shift) => {
        const bytes = writeSafetensors(written);
        // A file may lie anywhere in a larger buffer, so its numbers need not be aligned.
        const buffer = Buffer.alloc(bytes.length + shift);
        buffer.set(bytes, shift);
        const read = readSafetensors(buffer.subarray(shift), "x");
        expect([...read.tensors.keys()].toSorted()).toEqual([...written.tensors.keys()].toSorted());
        for (const [name, tensor] of written.tensors) expect(read.tensors.get(name)).toEqual(tensor);
        expect(Object.entries(read.metadata)).toEqual(Object.entries(written.metadata));
      }),
    );
  });

  it("is laid out as the format says", () => {
    const tensors = new Map([["a", { shape: [2], data: Float32Array.of(1, -2) }]]);
    const bytes = writeSafetensors({ tensors, metadata: { step: "3" } });
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    const header = '{"__metadata__":{"step":"3"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes))).toBe(header.padEnd(headerBytes));
    expect([...bytes.subarray(8 + headerBytes)]).toEqual([0, 0, 128, 63, 0, 0, 0, 192]);
  });

  it("gives views of the file where they are aligned", () => {
    const bytes = writeSafetensors({
      tensors: new Map([["a", { shape: [1], data: Float32Array.of(5) }]]),
      metadata: {},
    });
    expect(readSafetensors(bytes, "x").tensors.get("a")?.data.buffer).toBe(bytes.buffer);
  });

  it("refuses to write data that do not fill their shape", () => {
    const tensors = new Map([["a", { shape: [2, 3], data: new Float32Array(5) }]]);
    expect(() => writeSafetensors({ tensors, metadata: {} })).toThrow(
      'tensor "a": expected 6 numbers for (2,3), got 5',
    );
  });

  const malformed: readonly [string, Uint8Array, string][] = [
    ["nothing", new Uint8Array(3), "expected at least 8 bytes, got 3"],
    ["a header beyond the end", file("{}", 0, 99), "expected a header of at most 2 bytes, got 99"],
    ["a huge header", file("{}", 0, 2 ** 52), "expected a header of at most 2 bytes, got 4503599627370496"],
    ["no object", file("[]", 0), 'expected the header to begin with "{"'],
    ["an empty header", file("", 0), 'expected the header to begin with "{"'],
    ["no JSON", file("{a}", 0), "the header is not JSON"],
    ["no UTF-8", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff), "the header is not JSON"],
    [
      "a name twice",
      file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a" :{}}', 0),
      'the header names "a" twice',
    ],
    ["an entry that is no object", file('{"a":3}', 0), 'tensor "a": expected an object'],
    ["an unknown field", file(JSON.stringify({ a: entry(0, 4, { b: 1 }) }), 4), 'tensor "a": unknown field "b"'],
    [
      "another dtype",
      file(JSON.stringify({ a: entry(0, 4, { dtype: "F16" }) }), 4),
      'expected dtype F32 or I32, got "F16"',
    ],
    ["no dtype", file('{"a":{"shape":[0],"data_offsets":[0,0]}}', 0), "expected dtype F32 or I32, got none"],
    [
      "a negative size",
      file(JSON.stringify({ a: entry(0, 4, { shape: [-1] }) }), 4),
      "expected a shape of whole numbers, got [-1]",
    ],
    [
      "half a size",
      file(JSON.stringify({ a: entry(0, 4, { shape: [0.5] }) }), 4),
      "expected a shape of whole numbers, got [0.5]",
    ],
    [
      "one offset",
      file(JSON.stringify({ a: entry(0, 4, { data_offsets: [4] }) }), 4),
      "expected data_offsets [begin, end], got [4]",
    ],
    ["too few bytes", file(JSON.stringify({ a: entry(0, 8, { shape: [3] }) }), 8), "expected 12 bytes for (3), got 8"],
    [
      "a huge shape",
      file(JSON.stringify({ a: entry(0, 4, { shape: [2 ** 40, 2 ** 40] }) }), 4),
      "bytes for (1099511627776,1099511627776), got 4",
    ],
    [
      "a body cut off",
      file(JSON.stringify({ a: entry(0, 8) }), 5),
      'tensor "a" ends at byte 8, expected at most 5; the file is cut off',
    ],
    ["a body too long", file(JSON.stringify({ a: entry(0, 4) }), 8), "expected 4 bytes of numbers, got 8"],
    ["a gap", file(JSON.stringify({ a: entry(0, 4), b: entry(8, 12) }), 12), 'tensor "b" begins at byte 8, expected 4'],
    [
      "an overlap",
      file(JSON.stringify({ a: entry(0, 8), b: entry(4, 8) }), 8),
      'tensor "b" begins at byte 4, expected 8',
    ],
    ["metadata that are no text", file('{"__metadata__":{"a":1}}', 0), '__metadata__ "a": expected text, got 1'],
    ["metadata that are no object", file('{"__metadata__":[]}', 0), "expected __metadata__ to be an object"],
  ];

  it.each(malformed)("names the fault of a file with %s", (_, bytes, fault) => {
    const read = (): unknown => readSafetensors(bytes, "runs/x/weights.safetensors");
    expect(read).toThrow(`runs/x/weights.safetensors is not a valid safetensors file: `);
    expect(read).toThrow(fault);
  });

  it("never fails with anything but a named error, however a file is damaged", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(files, damage, fc.nat(), (written, changes, cut) => {
        const bytes = writeSafetensors(written);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          readSafetensors(bytes.subarray(0, bytes.length - (cut % 3)), "x");
        } catch (error) {
          expect(error).toBeInstanceOf(KvtError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
