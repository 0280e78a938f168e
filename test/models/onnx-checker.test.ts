import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { formulations } from "../../src/attention/formulations/index.ts";
import { input, writeOnnx } from "../../src/graph/index.ts";
import { Scope } from "../../src/nn/scope.ts";
import { trainOptions } from "../../src/tasks/train-options.ts";
import { adamUpdate } from "../../src/train/optimizer.ts";
import { parametersOf, trainingGraph } from "../../src/train/training-program.ts";
import { smallModels, smallTask } from "../support/small-models.ts";

const python = (args: readonly string[]) => spawnSync("python3", args, { encoding: "utf8", timeout: 60_000 });
const hasChecker = python(["-c", "import onnx"]).status === 0;

/** Checks every file, shapes included; prints what is wrong with the first that is not valid. */
const CHECK = `
import sys, onnx
for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
print(len(sys.argv) - 1, "valid")
`;

const folder = mkdtempSync(path.join(os.tmpdir(), "onnx-checker-"));
afterAll(() => rmSync(folder, { recursive: true }));

const targets = ["cpu", "webgpu", "cuda"] as const;

describe.skipIf(!hasChecker)("the ONNX checker (skipped where python3 cannot import onnx)", () => {
  it.each(smallModels)("accepts training and inference graphs of the $name", (model) => {
    const files = formulations.flatMap(({ name }) => {
      const train = trainOptions.parse({ batch: 4, optimizer: "adamw", decay: 0.01, clip: 1 });
      const options = { model: {}, data: {}, train };
      const request = { task: smallTask(model, name), options, attention: name, seed: 1 };
      const { outputs } = trainingGraph(request, parametersOf(request));
      const inference = model.logits(
        new Scope({ training: false }),
        input("x", model.shape("B", "T"), model.dtype),
        name,
      );
      return targets.flatMap((target) =>
        Object.entries({ training: outputs, inference: { logits: inference } }).map(([kind, results]) => {
          const file = path.join(folder, `${model.name}-${name}-${target}-${kind}.onnx`.replaceAll(" ", "-"));
          const sequence = kind === "training" ? { emptySequence: "none" } : {};
          writeFileSync(file, writeOnnx(results, { target, ...sequence }).bytes);
          return file;
        }),
      );
    });
    const { stdout, stderr } = python(["-c", CHECK, ...files]);
    expect(stderr).toBe("");
    expect(stdout.trim()).toBe(`${formulations.length * targets.length * 2} valid`);
  });

  it("accepts a training graph that is updated row by row", () => {
    const train = trainOptions.parse({ batch: 4, optimizer: "adamw", decay: 0.01, clip: 1 });
    const update = adamUpdate(
      {
        parameters: input("state.parameters", [3, 4]),
        firstMoments: input("state.firstMoments", [3, 4]),
        secondMoments: input("state.secondMoments", [3, 4]),
      },
      [input("weight", [5, 2]), input("bias", [1])],
      train,
    );
    const file = path.join(folder, "rows.onnx");
    writeFileSync(file, writeOnnx({ ...update }).bytes);
    const { stdout, stderr } = python(["-c", CHECK, file]);
    expect(stderr).toBe("");
    expect(stdout.trim()).toBe("1 valid");
  });

  it("refuses a model that is cut in half", () => {
    const { bytes } = writeOnnx({ y: input("x", [2]) });
    const file = path.join(folder, "half.onnx");
    writeFileSync(file, bytes.subarray(0, bytes.length / 2));
    expect(python(["-c", CHECK, file]).status).toBe(1);
  });
});
