import { KvtError } from "../errors.ts";
import type { Split } from "./task.ts";

/** `index`, when the split has such an example; else a `usage` error. */
export function exampleIndex(split: Split, index: number, size: number): number {
  if (Number.isInteger(index) && index >= 0 && index < size) return index;
  throw new KvtError("usage", `example of the ${split} split: expected 0 to ${size - 1}, got ${index}`);
}
