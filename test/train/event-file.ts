import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** An event of an event file: its place, and what of it scalars and sessions need. */
export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly version?: string;
  /** a process begins here */
  readonly starts: boolean;
  readonly scalars: Readonly<Record<string, number>>;
}

/** CRC-32C bit by bit, as RFC 3720 defines it. */
export function crc32c(bytes: Uint8Array): number {
  let state = 0xffffffff;
  for (const byte of bytes) {
    state ^= byte;
    for (let bit = 0; bit < 8; bit++) state = (state >>> 1) ^ (state & 1 ? 0x82f63b78 : 0);
  }
  return (state ^ 0xffffffff) >>> 0;
}

const masked = (bytes: Uint8Array): number => {
  const sum = crc32c(bytes);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
};

/** Records of a TFRecord file; throws for a wrong checksum and for half a record. */
function records(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    const data = bytes.subarray(at + 12, at + 12 + length);
    const sums = [view.getUint32(at + 8, true), view.getUint32(at + 12 + length, true)];
    const expected = [masked(bytes.subarray(at, at + 8)), masked(data)];
    if (sums.join() !== expected.join()) throw new Error(`wrong checksums at ${at}`);
    found.push(data);
    at += length + 16;
  }
  return found;
}

/** Fields of a message by their numbers, the last of each; `all` gives every one. */
function fields(bytes: Uint8Array) {
  const reader = new BinaryReader(bytes);
  const all: [number, Uint8Array | number | string][] = [];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (wire === WireType.Varint) all.push([field, Number(reader.int64())]);
    else if (wire === WireType.Bit64) all.push([field, reader.double()]);
    else if (wire === WireType.Bit32) all.push([field, reader.float()]);
    else all.push([field, reader.bytes()]);
  }
  return { all, get: (number: number) => all.findLast(([field]) => field === number)?.[1] };
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
const text = (value: unknown): string => (isBytes(value) ? new TextDecoder().decode(value) : "");

function parse(record: Uint8Array): ReadEvent {
  const { get } = fields(record);
  const [wallTime, step, version, summary, log] = [get(1), get(2), get(3), get(5), get(7)];
  const scalars: Record<string, number> = {};
  for (const [, value] of isBytes(summary) ? fields(summary).all : []) {
    if (!isBytes(value)) continue;
    const entry = fields(value);
    const scalar = entry.get(2);
    if (typeof scalar === "number") scalars[text(entry.get(1))] = scalar;
  }
  return {
    wallTime: Number(wallTime),
    step: Number(step ?? 0),
    ...(isBytes(version) ? { version: text(version) } : {}),
    starts: isBytes(log) && fields(log).get(1) === 1,
    scalars,
  };
}

/** The event files of a run, in the order of their names, as TensorBoard reads them. */
export function eventFiles(run: string): ReadEvent[][] {
  const folder = path.join(run, "tensorboard");
  return readdirSync(folder)
    .toSorted()
    .map((name) => records(readFileSync(path.join(folder, name))).map(parse));
}

/** A curve as TensorBoard shows it: what came before a start is dropped from its step on. */
export function curve(run: string, tag: string): [number, number][] {
  let points: [number, number][] = [];
  for (const { step, starts, scalars } of eventFiles(run).flat()) {
    if (starts) points = points.filter(([at]) => at < step);
    const value = scalars[tag];
    if (value !== undefined) points.push([step, value]);
  }
  return points;
}
