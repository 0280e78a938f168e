import { input, type Tensor } from "../../../src/graph/index.ts";
import { gpt } from "../../../src/models/gpt.ts";
import { sequenceEncoder } from "../../../src/models/sequence-encoder.ts";
import { tiedDecoder } from "../../../src/models/tied-decoder.ts";
import { visionTransformer } from "../../../src/models/vision-transformer.ts";
import { Scope } from "../../../src/nn/scope.ts";
import type { ComplexityRow } from "./complexity.ts";

const PICTURES = {
  mnist: { side: 28, channels: 1, classes: 10 },
  "fashion-mnist": { side: 28, channels: 1, classes: 10 },
  cifar10: { side: 32, channels: 3, classes: 10 },
  cifar100: { side: 32, channels: 3, classes: 100 },
} as const;

/** Trainable numbers of a row's model, counted in the model as it is built. */
export function modelSize(row: ComplexityRow): number {
  const scope = new Scope({ training: false });
  const picture = /^vit-(.+?)(?:-p\d+)?$/.exec(row.name)?.[1];
  if (row.name === "synthetic") symbolModel(scope, row);
  else if (row.name === "anomaly") setModel(scope, row);
  else if (row.name === "gpt") characterModel(scope, row);
  else if (row.name === "numbers") numbersModel(scope, row);
  else if (picture !== undefined && picture in PICTURES) pictureModel(scope, row, picture as keyof typeof PICTURES);
  else throw new Error(`model "${row.name}" is not built`);
  return scope.size;
}

const common = ({ formulation, dim, heads, layers, posDim }: ComplexityRow) => ({
  formulation,
  width: dim,
  heads,
  keyHeads: 0,
  valueHeads: 0,
  layers,
  hidden: 0,
  dropout: 0,
  positionChannels: posDim ?? 1,
  positionMap: "shared" as const,
});

function symbolModel(scope: Scope, row: ComplexityRow): Tensor {
  const ids = input("ids", [1, row.n], "int32");
  return sequenceEncoder(scope, ids, { ...common(row), symbols: 10, classes: 10, length: row.n });
}

/** Width of the picture features that the anomaly task starts from. */
const FEATURES = 512;

function setModel(scope: Scope, row: ComplexityRow): Tensor {
  const x = input("x", [1, row.n, FEATURES]);
  return sequenceEncoder(scope, x, { ...common(row), classes: 1, length: row.n, positional: false });
}

function pictureModel(scope: Scope, row: ComplexityRow, name: keyof typeof PICTURES): Tensor {
  const { side, channels, classes } = PICTURES[name];
  const patch = side / Math.sqrt(row.n - 1);
  return visionTransformer(scope, input("image", [1, channels, side, side]), { ...common(row), patch, classes });
}

const CHARACTERS = 65;

function characterModel(scope: Scope, row: ComplexityRow): Tensor {
  const ids = input("ids", [1, row.n], "int32");
  return gpt(scope, ids, { ...common(row), positionMap: "per-head", vocabulary: CHARACTERS, length: row.n });
}

const WORDS = 30;

function numbersModel(scope: Scope, row: ComplexityRow): Tensor {
  const ids = input("ids", [1, row.n], "int32");
  const own = { residual: "normalised", dropoutFeedForward: 0 } as const;
  return tiedDecoder(scope, ids, { ...common(row), ...own, vocabulary: WORDS, length: row.n });
}
