import { ndarray, type NDArray } from "../../src/graph/index.ts";
import type { Scope } from "../../src/nn/scope.ts";

const ATTENTION: Readonly<Record<string, string>> = {
  wq: "query.weight",
  bq: "query.bias",
  wk: "key.weight",
  bk: "key.bias",
  wv: "value.weight",
  bv: "value.bias",
  wo: "output.weight",
  bo: "output.bias",
  posW: "position.weight",
  posB: "position.bias",
};

const MODULES: Readonly<Record<string, string>> = {
  attn: "attention",
  ff1: "ffn.up",
  ff2: "ffn.down",
  ln1: "norm1",
  ln2: "norm2",
  lnf: "norm",
  out1: "output.up",
  outNorm: "output.norm",
  out2: "output.down",
  head1: "head.up",
  head2: "head.down",
  self: "attention",
  ln3: "norm3",
  encNorm: "encoder.norm",
  decNorm: "decoder.norm",
};

const WHOLE: Readonly<Record<string, string>> = {
  cls: "class",
  pos: "position",
  posEmb: "position",
  tok: "token.weight",
  table: "weight",
  srcEmb: "source.weight",
  trgEmb: "target.weight",
};

/** The parameter that a weight of the vector files is: `block0.attn.wk` → `block.0.attention.key.weight`. */
export function parameterPath(name: string): string {
  const parts = name.split(".");
  const leaf = parts.pop() as string;
  const modules = parts.map(
    (part) => MODULES[part] ?? part.replace(/^block(\d+)$/, "block.$1").replace(/^(enc|dec)(\d+)$/, "$1oder.$2"),
  );
  const own = leaf === "w" ? "weight" : leaf === "b" ? "bias" : (ATTENTION[leaf] ?? WHOLE[leaf] ?? leaf);
  return [...modules, own].join(".");
}

/** Matrices of linear maps lie in the files as (out, in), in the product as (in, out). */
const isLinear = (name: string): boolean => /(^|\.)w[qkvo]?$/.test(name);

/** Values, gradients or results of a weight in the product's layout. */
export function inProductLayout(name: string, array: NDArray): NDArray {
  const [rows, columns, more] = array.shape;
  if (!isLinear(name) || rows === undefined || columns === undefined || more !== undefined) return array;
  const result = ndarray([columns, rows]);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) result.data[c * rows + r] = array.data[r * columns + c] as number;
  return result;
}

/** Weights by parameter path; throws unless they are exactly the model's parameters. */
export function bindWeights(
  parameters: Scope["parameters"],
  weights: Readonly<Record<string, NDArray>>,
): Record<string, NDArray> {
  const bound = Object.fromEntries(
    Object.entries(weights).map(([name, value]) => [parameterPath(name), inProductLayout(name, value)]),
  );
  for (const { path, shape } of parameters) {
    const given = bound[path];
    if (given === undefined) throw new Error(`weights: expected one for the parameter ${path}, got none`);
    if (given.shape.join() !== shape.join()) {
      throw new Error(`weights: expected (${shape.join()}) for the parameter ${path}, got (${given.shape.join()})`);
    }
  }
  const known = new Set(parameters.map(({ path }) => path));
  const extra = Object.keys(weights).find((name) => !known.has(parameterPath(name)));
  if (extra !== undefined) throw new Error(`weights: the model has no parameter for "${extra}"`);
  return bound;
}
