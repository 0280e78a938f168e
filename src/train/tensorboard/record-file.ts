import crc32c from "crc-32/crc32c.js";

/**
 * A record of a TFRecord file: its length (uint64), the masked CRC-32C of those 8 bytes, the data and the masked CRC-32C
 * of the data, all little-endian.
 * Source: tensorflow/core/lib/io/record_writer.h.
 */
export function frame(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedChecksum(data), true);
  return record;
}

/** CRC-32C rotated right by 15 bits plus a constant: a checksum of data that holds checksums would be a weak one. */
function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c.buf(bytes) >>> 0;
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}
