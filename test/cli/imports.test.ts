import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The modules that loading `entry` loads: static imports and re-exports, without those of types alone. */
function loadedBy(entry: URL, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(entry.href)) return seen;
  const packages: string[] = [];
  seen.set(entry.href, packages);
  const text = readFileSync(entry, "utf8");
  for (const [, specifier = ""] of text.matchAll(/^(?:import|export) (?!type )(?:[^;]*? from )?"([^"]+)";/gm)) {
    if (specifier.startsWith(".")) loadedBy(new URL(specifier, entry), seen);
    else packages.push(specifier);
  }
  return seen;
}

test("kvt --help loads commander and a handful of small files, no verb and no other package", () => {
  const loaded = loadedBy(new URL("../../src/cli/main.ts", import.meta.url));
  expect([...new Set([...loaded.values()].flat())].toSorted()).toEqual(["commander", "node:fs"]);
  expect(loaded.size).toBeLessThanOrEqual(8);
  expect([...loaded.keys()].filter((file) => file.includes("/verbs/"))).toEqual([]);
});
