import { existsSync } from "node:fs";
import path from "node:path";
import { build, type Rollup } from "vite";
import { expect, test } from "vitest";
import description from "../../package.json" with { type: "json" };

const root = path.resolve(import.meta.dirname, "../..");

/** The bundle of an entry for browsers, in memory. */
async function bundle(entry: string): Promise<Rollup.OutputChunk[]> {
  const result = await build({
    root,
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: false,
      target: "esnext",
      rollupOptions: { input: path.join(root, entry), preserveEntrySignatures: "strict", external: /^onnxruntime-/ },
    },
  });
  const [{ output }] = (Array.isArray(result) ? result : [result]) as [Rollup.RollupOutput];
  return output.filter((part) => part.type === "chunk");
}

test("the core can be bundled for browsers: it needs nothing of Node", async () => {
  const chunks = await bundle("src/index.ts");
  const modules = chunks.flatMap((chunk) => chunk.moduleIds);
  // Vite puts an empty module in the place of each module of Node.
  expect(modules.filter((id) => id.includes("__vite-browser-external") || id.startsWith("node:"))).toEqual([]);
  const imported = chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]);
  expect(imported.filter((name) => name.startsWith("onnxruntime-")).sort()).toEqual([
    "onnxruntime-web/wasm",
    "onnxruntime-web/webgpu",
  ]);
});

test("the part for Node is seen as such by the same measure", async () => {
  const modules = (await bundle("src/node.ts")).flatMap((chunk) => chunk.moduleIds);
  expect(modules.filter((id) => id.includes("__vite-browser-external"))).not.toEqual([]);
});

test("every export and binary of the package is built from a source or is a file", () => {
  const { exports, bin } = description;
  const targets = [
    ...Object.values(exports).flatMap((target) => (typeof target === "string" ? [target] : Object.values(target))),
    ...Object.values(bin),
  ];
  for (const target of targets) {
    const source = target.replace(/^\.\/dist\/(.*?)(\.d\.ts|\.js)$/, "./src/$1.ts");
    expect(existsSync(path.join(root, source)), source).toBe(true);
  }
});

test("the core offers what a program needs to define, train and keep a model", async () => {
  const core = await import("../../src/index.ts");
  const { graph } = core;
  const y = graph.matmul(graph.input("x", ["B", 2]), graph.parameter("w", [2, 3]));
  expect(y.shape).toEqual(["B", 3]);
  expect(graph.writeOnnx({ y }).inputs).toEqual(["x", "w"]);
  const task = core.findTask("reverse");
  const cost = core.taskCost(task, core.resolveOptions(task, "quick"), "kv");
  expect(cost.parameters).toBe(64_266);
});
