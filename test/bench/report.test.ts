import { expect, test } from "vitest";
import type { Task } from "../../bench/catalog.js";
import { measureGeneration } from "../../bench/generation.js";
import { measureMemory } from "../../bench/memory.js";
import { parseOptions } from "../../bench/options.js";
import { measureSpeed } from "../../bench/speed.js";
import { generationTable, memoryTable, speedTable } from "../../bench/table.js";
import { launchFake } from "./fakes.ts";

const STEP: Record<string, number> = { qkv: 1, kv: 0.9, "kv+pos": 0.945 };

/** Ours takes the time above, the floor 0.5 s. */
const own = (kind: string, task: Task) => launchFake(kind === "floor" ? 0.5 : (STEP[task.attention] ?? NaN));

const pytorch = { name: "pytorch", takes: () => true, launch: () => launchFake(2.7) };
const tfjs = { name: "tfjs", takes: ({ attention }: Task) => attention !== "kv+pos", launch: () => launchFake(9) };
const broken = { name: "jax-js", takes: () => true, launch: () => launchFake(9, "--cannot-start") };

function options(...argv: string[]) {
  return parseOptions(argv, { exit: false });
}

test("the report has our median, its ratio to the floor, each peer's ratio to ours and our own ratios", async () => {
  const notes: string[] = [];
  const smoke = options("char-gpt", "--attention", "kv,qkv,kv+pos", "--steps", "2");
  const { details, ...report } = await measureSpeed(smoke, [pytorch, tfjs, broken], (text) => notes.push(text), own);

  expect(JSON.parse(JSON.stringify(report))).toEqual({
    benchmarks: [
      { name: "char-gpt/kv", medianSeconds: 0.9, overFloor: 1.8, peers: { pytorch: 3, tfjs: 10 } },
      { name: "char-gpt/qkv", medianSeconds: 1, overFloor: 2, peers: { pytorch: 2.7, tfjs: 9 } },
      { name: "char-gpt/kv+pos", medianSeconds: 0.945, overFloor: 1.89, peers: { pytorch: 2.857 } },
    ],
    ratios: { "char-gpt": { "kv/qkv": 0.9, "kv+pos/kv": 1.05 } },
    versions: { ours: "fake 1.0", pytorch: "fake 1.0", tfjs: "fake 1.0" },
  });
  expect(notes).toContain("char-gpt/kv: jax-js failed and is left out: no such backend");

  const table = speedTable({ ...report, details });
  expect(table).toMatch(/char-gpt\/kv .*900 ms ± 0 % .*1\.80 × .*2700 ms {2}3\.00 × .*9000 ms {2}10\.00 ×/);
  expect(table).toContain("char-gpt: kv/qkv 0.900");
});

test("our own subject failing ends the benchmark with its words", async () => {
  const fail = () => launchFake(1, "--cannot-start");
  const run = measureSpeed(options("vit", "--attention", "kv", "--smoke"), [], () => {}, fail);
  await expect(run).rejects.toThrow("vit/kv ours: no such backend");
});

test("text: our step and tokens a second, reading the prefix again over that step, and each peer over ours", async () => {
  const SECONDS: Record<string, number> = { cached: 0.5, recomputed: 10, text: 128 };
  const ours = (kind: string) => launchFake(SECONDS[kind] ?? NaN);
  const writer = { ...pytorch, write: (kind: string) => launchFake(kind === "cached" ? 1 : 512) };
  const failing = { ...writer, name: "pytorch-pypi", write: () => launchFake(1, "--cannot-start") };
  const smoke = options("generate", "--smoke", "--attention", "k,kv");
  if (smoke.generation === undefined) throw new Error("nothing to write");
  const notes: string[] = [];
  const rows = await measureGeneration(
    smoke.generation,
    smoke,
    [writer, failing, tfjs],
    (text) => notes.push(text),
    ours,
  );
  const own = { stepSeconds: 0.5, recomputed: 20, tokensPerSecond: 2 };
  expect(rows).toEqual([
    { name: "generate/k", ...own, peers: { pytorch: { step: 2, text: 4 } } },
    { name: "generate/kv", ...own, peers: {} },
  ]);
  expect(notes).toContain("generate/k: pytorch-pypi text failed and is left out: no such backend");
  expect(generationTable(rows)).toMatch(/generate\/k .*500\.00 ms .*20\.0 × .*2 .*2\.00 × .*4\.00 ×/);

  const broken = (kind: string) => launchFake(1, ...(kind === "text" ? ["--cannot-start"] : []));
  await expect(measureGeneration(smoke.generation, smoke, [], () => {}, broken)).rejects.toThrow(
    "generate/k ours text: no such backend",
  );
});

test("memory is measured for each batch size in processes of their own", async () => {
  const rows = await measureMemory(options("memory", "--attention", "kv"), [pytorch], () => {}, own);
  expect(rows.map(({ name, batch }) => `${name} ${batch}`)).toEqual([
    "char-gpt/kv 16",
    "char-gpt/kv 32",
    "char-gpt/kv 64",
  ]);
  for (const row of rows) {
    expect(row.peakBytes).toBeGreaterThan(10e6);
    expect(row.peers["pytorch"]).toBeGreaterThan(0);
  }
  expect(memoryTable(rows)).toContain("char-gpt/kv");
});

test("the command line knows shapes, formulations and peers, and refuses others", () => {
  expect(options()).toMatchObject({
    shapes: ["char-gpt", "encoder", "vit", "translation"],
    attentions: ["qkv", "kv", "kv+pos"],
    threads: 2,
    generation: { attentions: ["qkv", "kv", "kv+pos", "q-kv", "k", "k+pos"], threads: 1 },
  });
  expect(options("generate", "--attention", "k")).toMatchObject({ shapes: [], generation: { attentions: ["k"] } });
  const some = options("vit", "--attention", "kv", "--threads", "1", "--peers", "tfjs,pytorch", "--json");
  expect(some).toMatchObject({
    shapes: ["vit"],
    attentions: ["kv"],
    threads: 1,
    json: true,
    smoke: false,
    memory: false,
    generation: undefined,
  });
  expect(some.wanted("tfjs")).toBe(true);
  expect(some.wanted("jax-js")).toBe(false);
  expect(options("--peers", "none").wanted("pytorch")).toBe(false);
  expect(options("memory")).toMatchObject({ memory: true, shapes: ["char-gpt"] });
  expect(() => options("gpt")).toThrow(
    "Allowed choices are char-gpt, encoder, vit, translation, generate, store, study, memory",
  );
  expect(() => options("--attention", "kv,vk")).toThrow('"vk" is not one of qkv, kv, kv+pos');
  expect(() => options("--steps", "0")).toThrow("whole number of at least 1");
  expect(() => options("--smok")).toThrow("--smoke");
});
