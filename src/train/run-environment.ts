import path from "node:path";
import { jsonBytes, replaceFile } from "./durable.ts";
import { differences, type Environment, readEnvironment } from "./environment.ts";
import { readJson } from "./json-file.ts";

/**
 * Compares the environment with the one that the run was started in and notes a new one in `environment.json`.
 * Returns the differences that may change bits.
 */
export function noteEnvironment(folder: string, step: number): string[] {
  const file = path.join(folder, "environment.json");
  const first = readJson(file);
  const now = readEnvironment();
  if (first === undefined) return [];
  const changed = differences(first as unknown as Environment, now);
  if (changed.length > 0) {
    const resumed = Array.isArray(first["resumed"]) ? (first["resumed"] as unknown[]) : [];
    replaceFile(file, jsonBytes({ ...first, resumed: [...resumed, { step, ...now }] }));
  }
  return changed;
}
