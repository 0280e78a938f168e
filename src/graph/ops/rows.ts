import { evaluate } from "../evaluate.ts";
import type { NDArray } from "../ndarray.ts";
import { emitTensors } from "../onnx/emit-tensors.ts";
import { Emitter } from "../onnx/emitter.ts";
import { defineOp } from "../op.ts";
import { at, elements, formatShape, shapeError } from "../shape.ts";
import { reachable, type Shape, type Tensor } from "../tensor.ts";
import { add, mul } from "./elementwise.ts";
import { input, leafName } from "./leaves.ts";
import { sum } from "./reduce.ts";

/**
 * Acts within rows: its ops are elementwise or reduce the last axis. It gets a row, (C), or whole matrices, (K, C);
 * scalars are the same for every row.
 */
type RowFunction = (operands: readonly Tensor[], scalars: readonly Tensor[]) => readonly Tensor[];

interface MapRows {
  readonly f: RowFunction;
  /** how many of the inputs are matrices; scalars follow */
  readonly matrices: number;
  /** which of the results */
  readonly index: number;
}

/** The function's results for operands of the given shape, with the leaves that stand for its inputs, in order. */
function body({ f, matrices }: MapRows, inputs: number, shape: Shape) {
  const leaves = Array.from({ length: inputs }, (_, i) => input(`${BODY}x${i}`, i < matrices ? shape : []));
  const results = f(leaves.slice(0, matrices), leaves.slice(matrices));
  const other = reachable(results).find((tensor) => leafName(tensor) !== undefined && !leaves.includes(tensor));
  if (other !== undefined) {
    const got = `"${leafName(other) ?? ""}", which it takes from outside`;
    throw shapeError("mapRows", "a function of its operands alone", got, "Pass it as an operand or a scalar.");
  }
  return { leaves, results };
}

/** Names inside the function's graph; those of the graph around it begin otherwise. */
const BODY = "row.";

const mapRowsOp = defineOp<MapRows>("mapRows", {
  shape: (inputs, attributes) => {
    const matrices = inputs.slice(0, attributes.matrices);
    const shape = at(matrices, 0).shape;
    if (shape.length !== 2 || shape.some((dimension) => typeof dimension === "string")) {
      throw shapeError("mapRows", "matrices of a size known while building", formatShape(shape));
    }
    for (const [i, x] of inputs.entries()) {
      const expected = formatShape(i < matrices.length ? shape : []);
      if (formatShape(x.shape) !== expected) throw shapeError("mapRows", expected, formatShape(x.shape));
    }
    const result = at(body(attributes, inputs.length, shape).results, attributes.index);
    const allowed = [shape, shape.slice(0, 1)].map(formatShape);
    if (result.dtype !== "float32" || !allowed.includes(formatShape(result.shape))) {
      throw shapeError("mapRows", `a float32 result of ${allowed.join(" or ")}`, formatShape(result.shape));
    }
    return { shape: result.shape, dtype: result.dtype };
  },
  evaluate: (inputs, attributes) => {
    const { leaves, results } = body(attributes, inputs.length, at(inputs, 0).shape);
    const values = leaves.map(({ attributes: { name } }, i) => [name as string, at(inputs, i)] as const);
    return at(evaluate([at(results, attributes.index)], Object.fromEntries(values)), 0);
  },
  onnx(emit, inputs, { inputs: [matrix] }, attributes) {
    const { shape } = matrix as Tensor;
    const [rows, columns] = shape as readonly [number, number];
    const { matrices, index } = attributes;
    // An accelerator has no such cache to spare.
    if (emit.target !== "cpu" || rows === 1) {
      const { leaves, results } = body(attributes, inputs.length, shape);
      const names = new Map(leaves.map((leaf, i) => [leaf, at(inputs, i)]));
      return at(emitTensors(emit, results, names), index);
    }
    const inner = new Emitter(emit.target, BODY);
    const { leaves, results } = body(attributes, inputs.length, [columns]);
    const made = emitTensors(inner, results);
    const value = (name: string, own: Shape) => ({ name, type: "float32" as const, shape: own });
    const nameOf = ({ attributes: { name } }: Tensor): string => name as string;
    // What Scan carries from row to row comes first: the scalars, unchanged.
    const scalars = leaves.slice(matrices).map(nameOf);
    const kept = scalars.map((name) => inner.node("Identity", [name]));
    const graph = {
      name: "row",
      nodes: inner.nodes,
      initializers: inner.initializers,
      inputs: [
        ...scalars.map((name) => value(name, [])),
        ...leaves.slice(0, matrices).map((leaf) => value(nameOf(leaf), [columns])),
      ],
      outputs: [...kept.map((name) => value(name, [])), ...made.map((name, i) => value(name, at(results, i).shape))],
    };
    const outputs = emit.nodesOf("Scan", [...inputs.slice(matrices), ...inputs.slice(0, matrices)], {
      attributes: { body: { graph }, num_scan_inputs: matrices },
      outputs: scalars.length + made.length,
    });
    return at(outputs, scalars.length + index);
  },
  samples: (random) => {
    const matrix = (...shape: [number, number]): NDArray => ({
      shape,
      data: Float64Array.from({ length: elements(shape) }, () => random.normal()),
    });
    const inputs = [matrix(3, 4), matrix(3, 4), { shape: [], data: Float64Array.of(0.5) }];
    const f: RowFunction = ([x, y], [scale]) => {
      const product = mul(x as Tensor, y as Tensor);
      return [add(product, scale as Tensor), mul(product, 3), sum(product, { axes: [-1] })];
    };
    return [0, 1, 2].map((index) => ({ inputs, attributes: { f, matrices: 2, index } }));
  },
});

/** Tensors by name; what is undefined is not there. */
type Named = Readonly<Record<string, Tensor | undefined>>;

const namesOf = (named: Named): string[] => Object.keys(named).filter((name) => named[name] !== undefined);
const valuesOf = (named: Named): Tensor[] => Object.values(named).filter((tensor) => tensor !== undefined);
const named = (names: readonly string[], values: readonly Tensor[]): Named =>
  Object.fromEntries(names.map((name, i) => [name, at(values, i)]));

/**
 * Applies a function to the rows of matrices (K, C); results are (K, C), or (K) where it reduces the row. They are those
 * of the function for whole matrices. On a processor it is computed row after row, so that what lies between its operands
 * and its results stays in the cache instead of passing through memory once an op.
 */
export function mapRows<M extends Named, S extends Named, R extends Named>(
  matrices: M,
  scalars: S,
  f: (rows: M, scalars: S) => R,
): R {
  const apply = (rows: readonly Tensor[], numbers: readonly Tensor[]): R =>
    f(named(namesOf(matrices), rows) as M, named(namesOf(scalars), numbers) as S);
  const [rows, numbers] = [valuesOf(matrices), valuesOf(scalars)];
  const whole = apply(rows, numbers);
  const inputs = [...rows, ...numbers];
  const results = valuesOf(whole);
  if (new Set(results).size < results.length || results.some((result) => inputs.includes(result))) {
    throw shapeError("mapRows", "results that the function makes, each its own", "an operand or the same result twice");
  }
  const attributes: Omit<MapRows, "index"> = { f: (a, b) => valuesOf(apply(a, b)), matrices: rows.length };
  const made = results.map((_, index) => mapRowsOp(inputs, { ...attributes, index }));
  return named(namesOf(whole), made) as R;
}
