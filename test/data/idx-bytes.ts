import { gzipSync } from "node:zlib";

/** An IDX file of bytes as its makers write it. */
export function idx(magic: number, axes: readonly number[], elements: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * axes.length));
  header.setUint32(0, magic);
  axes.forEach((length, axis) => header.setUint32(4 + 4 * axis, length));
  return Uint8Array.from([...new Uint8Array(header.buffer), ...elements]);
}

/** Images whose pixels count up: byte k of the set is k modulo 251. */
export function idxImages(count: number, height: number, width: number): Uint8Array {
  return idx(
    0x803,
    [count, height, width],
    Uint8Array.from({ length: count * height * width }, (_, k) => k % 251),
  );
}

export function idxLabels(labels: readonly number[]): Uint8Array {
  return idx(0x801, [labels.length], Uint8Array.from(labels));
}

export function gzip(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(gzipSync(bytes));
}
