import { createHash } from "node:crypto";
import { isRecord } from "../record.ts";
import type { RunConfiguration } from "../train/configuration.ts";

/** JSON with the keys of all objects in alphabetical order: equal values have equal texts. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "nothing";
}

/** The first `digits` hexadecimal digits of a value's SHA-256. */
export function shortHash(value: unknown, digits: number): string {
  return createHash("sha256").update(canonicalText(value)).digest("hex").slice(0, digits);
}

const ID_DIGITS = 12;

/** A run's identity: the hash of everything that its numbers follow from. A preset counts by the options it gave. */
export function runId({ task, attention, seed, options, device, threads }: RunConfiguration): string {
  return shortHash({ task, attention, seed, options, device, threads }, ID_DIGITS);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}
