import { KvtError } from "../errors.ts";
import type { Values } from "../runtime/values.ts";
import type { ParameterDescription, TrainingState } from "./program.ts";
import type { Checkpoint } from "./progress.ts";
import type { Safetensors } from "./safetensors.ts";

/** A checkpoint's tensors are named after their group and their parameter: `firstMoments/embedding.weight`. */
type Group = "parameters" | "firstMoments" | "secondMoments" | "best";

/** The tensors of a checkpoint. The best weights stand there only when they are not the present ones. */
export function checkpointTensors(
  { state, progress, best }: Checkpoint,
  parameters: readonly ParameterDescription[],
): Map<string, Values> {
  const groups: [Group, readonly Float32Array[]][] = [
    ["parameters", state.parameters],
    ["firstMoments", state.firstMoments],
    ["secondMoments", state.secondMoments],
  ];
  if (best !== null && progress.best?.step !== progress.step) groups.push(["best", best]);
  return new Map(groups.flatMap(([group, values]) => [...named(values, parameters, `${group}/`)]));
}

/** Weights alone, by the parameters' paths. */
export function weightTensors(
  values: readonly Float32Array[],
  parameters: readonly ParameterDescription[],
): Map<string, Values> {
  return new Map(named(values, parameters, ""));
}

/** The state in a checkpoint's tensors. Throws a `checkpoint` error that names `file` when they are of another model. */
export function readState(
  { tensors }: Safetensors,
  parameters: readonly ParameterDescription[],
  step: number,
  file: string,
): { state: TrainingState; best: readonly Float32Array[] | null } {
  const group = (name: Group): Float32Array[] => readWeights({ tensors, metadata: {} }, parameters, file, `${name}/`);
  const hasBest = [...tensors.keys()].some((name) => name.startsWith("best/"));
  return {
    state: {
      step,
      parameters: group("parameters"),
      firstMoments: group("firstMoments"),
      secondMoments: group("secondMoments"),
    },
    best: hasBest ? group("best") : null,
  };
}

/** One tensor a parameter, in the parameters' order. */
export function readWeights(
  { tensors }: Safetensors,
  parameters: readonly ParameterDescription[],
  file: string,
  prefix = "",
): Float32Array[] {
  const expected = new Set(parameters.map(({ path }) => prefix + path));
  const extra = [...tensors.keys()].find((name) => name.startsWith(prefix) && !expected.has(name));
  if (extra !== undefined) throw otherModel(file, extra, "no such tensor", `(${tensors.get(extra)?.shape.join(",")})`);
  return parameters.map(({ path, shape }) => {
    const found = tensors.get(prefix + path);
    const [want, got] = [`(${shape.join(",")})`, found === undefined ? "none" : `(${found.shape.join(",")})`];
    if (!(found?.data instanceof Float32Array) || want !== got) throw otherModel(file, prefix + path, want, got);
    return found.data;
  });
}

function otherModel(file: string, name: string, expected: string, got: string): KvtError {
  return new KvtError("checkpoint", `${file}: tensor "${name}": expected ${expected}, got ${got}`, {
    hint: "The file belongs to another model or to other options.",
  });
}

function* named(
  values: readonly Float32Array[],
  parameters: readonly ParameterDescription[],
  prefix: string,
): Iterable<[string, Values]> {
  for (const [i, { path, shape }] of parameters.entries())
    yield [prefix + path, { data: values[i] ?? new Float32Array(), shape }];
}
