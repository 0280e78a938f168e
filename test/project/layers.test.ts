import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

/** From the innermost to the outermost; a folder may import those before it. */
const LAYERS = [
  "graph",
  "runtime",
  "nn",
  "attention",
  "models",
  "generate",
  "text",
  "data",
  "tasks",
  "train",
  "study",
  "report",
  "cli",
];

const root = path.join(import.meta.dirname, "../../src");
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const layerOf = (file: string): number => LAYERS.indexOf(file.split(path.sep)[0] ?? "");

/** Paths below src that a file imports, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), "utf8");
  const relative = [...text.matchAll(/from "(\.[^"]+)"|import\("(\.[^"]+)"\)/g)].map(([, a, b]) => a ?? b ?? "");
  return relative.map((target) => path.relative(root, path.join(root, path.dirname(file), target)));
}

it("knows every folder of src", () => {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual([...LAYERS].sort());
});

it("lets no folder import one that stands outside it", () => {
  const outward = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => target.includes(path.sep) && layerOf(file) >= 0 && layerOf(target) > layerOf(file))
      .map((target) => `${file} imports ${target}`),
  );
  expect(outward).toEqual([]);
  // It would notice: the outermost layer does import the others.
  expect(
    importsOf(path.join("cli", "verbs", "train.ts")).some((target) => layerOf(target) === LAYERS.indexOf("tasks")),
  ).toBe(true);
});
