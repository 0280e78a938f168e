import { formulations, type Tensor } from "../../../src/index.ts";
import { makeTensor, type Shape } from "../../../src/graph/tensor.ts";
import { input } from "../../../src/graph/index.ts";
import type { Op } from "../../../src/graph/op.ts";
import { Scope } from "../../../src/nn/scope.ts";
import { trainOptions } from "../../../src/tasks/options.ts";
import { buildTask } from "../../../src/tasks/build.ts";
import { parametersOf, trainingGraph } from "../../../src/train/training-program.ts";
import { smallModels, smallTask } from "../../support/small-models.ts";

type Outputs = Readonly<Record<string, Tensor>>;

/** A graph that is opened to see where its nodes go. */
export interface NamedGraph {
  readonly name: string;
  readonly build: () => Outputs;
}

/** Options of the small models, which have their own sizes already. */
export const smallOptions = {
  model: {},
  data: {},
  train: trainOptions.parse({ batch: 4, optimizer: "adamw", decay: 0.01 }),
};

/** Training step of every model with every formulation, dropout on. */
export const trainingSteps: readonly NamedGraph[] = smallModels.flatMap((model) =>
  formulations.map(({ name: attention }) => ({
    name: `${model.name}, ${attention}`,
    build: () => {
      const request = { task: smallTask(model, attention), options: smallOptions, attention, seed: 1 };
      return trainingGraph(request, parametersOf(request)).outputs;
    },
  })),
);

/** Evaluation of every model, for any batch size. */
export const evaluations: readonly NamedGraph[] = smallModels.map((model) => ({
  name: model.name,
  build: () => {
    const request = { task: smallTask(model, "kv+pos"), options: smallOptions, attention: "kv+pos", seed: 1 };
    const { lossSum, correct, count } = buildTask(request, "B", new Scope({ training: false }));
    return { lossSum, correct, count };
  },
}));

/** A node that WebGPU has not, of an op that the product does not know. */
function foreign(onnx: Op["onnx"], inputs: readonly Tensor[], shape: Shape): Tensor {
  const missing = () => {
    throw new Error("internal: only written, never run");
  };
  return makeTensor(
    { name: "foreign", shape: missing, evaluate: missing, samples: () => [], onnx },
    inputs,
    {},
    shape,
    "float32",
  );
}

const INT64 = 7;
const FLOAT32 = 1;

/** What a step on WebGPU must not have: a one-hot by ONNX's own op, and a sum of 64-bit integers. */
export const fallingGraph: NamedGraph = {
  name: "OneHot and int64",
  build: () => ({
    hot: foreign(
      (emit, [x]) => emit.node("OneHot", [x as string, emit.scalar(5, "int32"), emit.constant("float32", [2], [0, 1])]),
      [input("ids", [4], "int32")],
      [4, 5],
    ),
    sum: foreign(
      (emit, [x]) => {
        const wide = emit.node("Cast", [x as string], { attributes: { to: INT64 } });
        return emit.node("Cast", [emit.node("Add", [wide, wide])], { attributes: { to: FLOAT32 } });
      },
      [input("x", [4])],
      [4],
    ),
  }),
};
