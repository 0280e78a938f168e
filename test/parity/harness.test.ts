import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parity } from "./parity.ts";

interface Numbers {
  shape: number[];
  data: number[];
}
interface Case {
  name: string;
  config: Record<string, unknown>;
  inputs: Record<string, Numbers>;
  weights: Record<string, Numbers>;
  outputs: Record<string, Numbers>;
  cotangent?: Numbers;
  grads: Record<string, Numbers>;
  f32MaxAbsErr?: number;
}
interface Document {
  format: string;
  kind: string;
  cases: Case[];
}

const given = (file: string): Document =>
  JSON.parse(readFileSync(new URL(`vectors/${file}`, import.meta.url), "utf8")) as Document;

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "parity-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, document: unknown) =>
  writeFileSync(path.join(directory, name), typeof document === "string" ? document : JSON.stringify(document));

/** Runs the harness on the directory; its lines, and its counts. */
async function run() {
  const lines: string[] = [];
  const counts = await parity(directory, (line) => lines.push(line));
  expect(lines.at(-1)).toBe(`${counts.passed} passed, ${counts.failed} failed`);
  return { lines, ...counts };
}

/** One case of a given file, changed, as the only one in the directory. */
async function runChanged(file: string, change: (vector: Case, document: Document) => void, index = 0) {
  const document = given(file);
  const vector = document.cases[index] as Case;
  document.cases = [vector];
  change(vector, document);
  write(file, document);
  return run();
}

const bump = (numbers: Numbers | undefined, by: number, at = 0) => {
  (numbers as Numbers).data[at] = ((numbers as Numbers).data[at] as number) + by;
};

describe("a case fails when one number changes", () => {
  const changes: readonly [string, (vector: Case) => void, string][] = [
    ["an output", (v) => bump(v.outputs["out"], 1e-6, 7), "float64 out "],
    ["an attention weight", (v) => bump(v.outputs["attn"], 1e-6, 3), "float64 attn "],
    ["a score", (v) => bump(v.outputs["scores"], 1e-5, 4), "float64 scores "],
    ["the gradient of a weight", (v) => bump(v.grads["wk"], 1e-5, 5), "float64 grads.wk "],
    ["the gradient of the input", (v) => bump(v.grads["x"], 1e-5, 5), "float64 grads.x "],
    ["a weight", (v) => bump(v.weights["wv"], 1e-3, 1), "float64 out "],
    ["an input", (v) => bump(v.inputs["x"], 1e-3, 1), "float64 attn "],
  ];
  describe.each(["attention_kv.json", "attention_kv+pos.json"])("of %s", (file) => {
    it.each(changes)("%s", async (_what, change, expected) => {
      const { failed, passed, lines } = await runChanged(file, change);
      expect([passed, failed]).toEqual([0, 1]);
      expect(lines[0]).toContain(`FAIL ${expected}`);
    });
  });

  it("and names the quantity, its error and its tolerance", async () => {
    const { lines } = await runChanged("attention_kv.json", (v) => bump(v.grads["wk"], 1e-2));
    expect(lines[0]).toMatch(
      /^attention_kv\.json {2}kv\/bidirectional {2}float64 \S+ {2}float32 \S+ {2}FAIL float64 grads\.wk \S+ > 2\.0e-8 \(and 1 more\)$/,
    );
  });

  it("in float32 alone only beyond 1e-4", async () => {
    const { lines } = await runChanged("attention_kv.json", (v) => bump(v.outputs["out"], 1e-5));
    expect(lines[0]).toMatch(/FAIL float64 out \S+ > 2\.0e-8$/);
  });

  it("but a constant added to a row of scores passes only where the position map leaves it out", async () => {
    const shift = (v: Case) => {
      const scores = v.outputs["scores"] as Numbers;
      const width = scores.shape.at(-1) as number;
      for (let k = 0; k < width; k++) bump(scores, 0.5, k);
    };
    expect((await runChanged("attention_kv+pos.json", shift)).failed).toBe(0);
    expect((await runChanged("attention_kv.json", shift)).failed).toBe(1);
  });

  it.each([
    ["losses.json", (v: Case) => bump(v.outputs["targetDist"], 1e-6)],
    ["losses.json", (v: Case) => bump(v.outputs["lossPerNonPadToken"], 1e-6)],
    ["primitives.json", (v: Case) => bump(v.grads["b"], 1e-6)],
    ["model_sequence.json", (v: Case) => bump(v.outputs["loss"], 1e-6)],
    ["vit.json", (v: Case) => bump(v.outputs["attn0"], 1e-6)],
    ["block_gpt.json", (v: Case) => bump(v.grads["ln1.w"], 1e-5)],
    ["attention_cross.json", (v: Case) => bump(v.grads["memory"], 1e-5)],
  ])("of %s", async (file, change) => {
    expect((await runChanged(file, change)).failed).toBe(1);
  });

  it.each(["lr", "losses", "gradNorms", "finalWeights", "initialWeights"])("of a trajectory's %s", async (key) => {
    const change = (vector: unknown) => {
      const numbers = (vector as Record<string, number[] | Record<string, Numbers>>)[key];
      if (Array.isArray(numbers)) numbers[9] = (numbers[9] as number) + 1e-6;
      else bump(numbers?.["out2.w"], 1e-5);
    };
    expect((await runChanged("trajectory_encoder.json", change, 3)).failed).toBe(1);
  });

  it("of a schedule, an optimizer's course, clipping, a table, a reduction and a cost", async () => {
    const optim = given("optim.json") as unknown as {
      schedules: { cosineWarmup: { lr: number[] }[] };
      optimizers: { runs: Record<string, { params: Numbers }> };
      clipping: { cases: { norm: number }[] };
    };
    (optim.schedules.cosineWarmup[0] as { lr: number[] }).lr[3] = 8.1e-4;
    bump(optim.optimizers.runs["adamw-b2_0.999"]?.params, 1e-6, 9);
    (optim.clipping.cases[1] as { norm: number }).norm += 1e-6;
    write("optim.json", optim);
    const positional = given("positional.json") as unknown as Record<string, { table: Numbers; keyBias: Numbers }[]>;
    bump(positional["twoD"]?.[1]?.table, 1e-6);
    bump(positional["reduction"]?.[1]?.keyBias, 1e-6);
    write("positional.json", positional);
    const complexity = given("complexity.json") as unknown as {
      rows: { params: number; attnMacsPerLayer: { scores: number } }[];
      kvCache: { bytesPerTokenFp16: number }[];
    };
    (complexity.rows[11] as { params: number }).params += 1;
    (complexity.rows[12] as { attnMacsPerLayer: { scores: number } }).attnMacsPerLayer.scores += 1;
    (complexity.kvCache[6] as { bytesPerTokenFp16: number }).bytesPerTokenFp16 += 2;
    write("complexity.json", complexity);
    const { lines } = await run();
    const failures = lines.filter((line) => line.includes("FAIL"));
    expect(failures.map((line) => line.split("  ").slice(0, 2).join(" "))).toEqual([
      "complexity.json gpt/qkv/64/192/3/6",
      "complexity.json numbers/qkv/128/64/8/4",
      "complexity.json cache 300M/Q-GQA-4",
      "optim.json schedules.cosineWarmup 0",
      "optim.json optimizers.adamw-b2_0.999",
      "optim.json clipping 1",
      "positional.json twoD 1",
      "positional.json reduction 1",
    ]);
  });
});

describe("optional keys may be absent", () => {
  it.each([
    [
      "gradients and cotangent",
      (v: Case) => {
        v.grads = {};
        delete v.cotangent;
      },
    ],
    [
      "sizes that the weights show",
      (v: Case) => {
        for (const key of ["dim", "kHeads", "vHeads", "posDim", "posMap", "biasIn", "biasOut", "causal", "padMask"])
          delete v.config[key];
      },
    ],
    [
      "all outputs but one",
      (v: Case) => {
        v.outputs = { out: v.outputs["out"] as Numbers };
        delete v.f32MaxAbsErr;
      },
    ],
  ])("%s", async (_what, change) => {
    const { passed, failed } = await runChanged("attention_kv+pos.json", change);
    expect([passed, failed]).toEqual([1, 0]);
  });
});

describe("what cannot be compared is reported as failed, with the reason", () => {
  it.each<[string, (vector: Case, document: Document) => void, string]>([
    ["unknown kind", (_v, d) => (d.kind = "convolution"), 'kind "convolution" is not built'],
    ["another format", (_v, d) => (d.format = "kvt-parity-2"), 'format: expected kvt-parity-1, got "kvt-parity-2"'],
    ["no case", (_v, d) => (d.cases = []), "expected at least one case, got none"],
    ["unknown formulation", (v) => (v.config["formulation"] = "vq"), 'unknown formulation "vq"'],
    ["missing weight", (v) => delete v.weights["wv"], "weights: expected one for the parameter value.weight, got none"],
    ["extra weight", (v) => (v.weights["wx"] = { shape: [1], data: [1] }), 'the model has no parameter for "wx"'],
    ["missing input", (v) => (v.inputs = {}), 'inputs: expected "x", got'],
    ["unknown output", (v) => (v.outputs["norm"] = { shape: [], data: [1] }), 'outputs: "norm" is not built'],
    ["no loss", (v) => delete v.cotangent, "expected a cotangent or a loss to differentiate, got none"],
    [
      "nothing to compare",
      (v) => {
        v.outputs = {};
        v.grads = {};
      },
      "nothing to compare",
    ],
    ["broken tensor", (v) => (v.weights["wv"] as Numbers).data.pop(), "weights.wv: data does not fill the shape"],
    [
      "another shape",
      (v) => ((v.outputs["out"] as Numbers).shape = [12, 8]),
      "out: expected shape (12,8), got (2,6,8)",
    ],
  ])("%s", async (_what, change, reason) => {
    const { passed, failed, lines } = await runChanged("attention_kv.json", change);
    expect([passed, failed]).toEqual([0, 1]);
    expect(lines[0]).toContain("FAIL");
    expect(lines[0]).toContain(reason);
  });

  it("a case that fails does not stop the others", async () => {
    const document = given("primitives.json");
    (document.cases[1] as Case).name = "swish";
    (document.cases[2] as Case).inputs = {};
    write("a.json", document);
    write("b.json", "not JSON");
    write("c.json", [1, 2]);
    mkdirSync(path.join(directory, "d.json"));
    const { passed, failed, lines } = await run();
    expect([passed, failed]).toEqual([document.cases.length - 2, 5]);
    expect(lines.join("\n")).toContain('FAIL "swish" is not built');
    expect(lines.join("\n")).toMatch(/b\.json {2}FAIL .*JSON/);
    expect(lines.join("\n")).toContain("c.json  FAIL format: expected kvt-parity-1, got none");
    expect(lines.join("\n")).toMatch(/d\.json {2}FAIL .*EISDIR/);
  });

  it("an empty directory, and one that is not there", async () => {
    expect(await run()).toMatchObject({ passed: 0, failed: 1 });
    const lines: string[] = [];
    expect((await parity(path.join(directory, "none"), (line) => lines.push(line))).failed).toBe(1);
    expect(lines[0]).toContain("ENOENT");
  });
});

describe("npm run parity", () => {
  const script = fileURLToPath(new URL("../../scripts/parity.js", import.meta.url));
  const outside = { ...process.env, npm_lifecycle_event: "" };

  function call(args: readonly string[], cwd: string) {
    try {
      return {
        status: 0,
        text: execFileSync(process.execPath, [script, ...args], { cwd, env: outside, encoding: "utf8" }),
      };
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string };
      return { status, text: stdout };
    }
  }

  it("exits with 0 when all pass and with 1 when one fails, from any folder", () => {
    write("primitives.json", given("primitives.json"));
    const good = call([path.basename(directory)], path.dirname(directory));
    expect(good.text.trimEnd().split("\n").at(-1)).toBe("7 passed, 0 failed");
    expect(good.status).toBe(0);
    write("other.json", { format: "none" });
    const bad = call([directory], os.homedir());
    expect(bad.text.trimEnd().split("\n").at(-1)).toBe("7 passed, 1 failed");
    expect(bad.status).toBe(1);
  });

  it("exits with 2 and says how it is used when no directory is given", () => {
    expect(call([], directory)).toMatchObject({ status: 2 });
  });
});
