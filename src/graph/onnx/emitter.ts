import type { DType, Shape } from "../tensor.ts";
import type { OnnxAttribute, OnnxNode, OnnxTensor, OnnxType } from "./protobuf.ts";

/** Where the model will run: an op may take another form there. */
export type Target = "cpu" | "webgpu" | "cuda";

export type AttributeValue = number | string | readonly number[] | OnnxAttribute;

export interface EmitOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: "com.microsoft";
  /** number of results; the first is returned by `node`, all by `nodes` */
  readonly outputs?: number;
}

/** A real number as an attribute; a bare number is an integer attribute. */
export const float = (value: number): OnnxAttribute => ({ float: value });

/** Collects the nodes and constants of a model. Equal constants and equal nodes are emitted once. */
export class Emitter {
  readonly target: Target;
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  /** begins the name of everything that it emits */
  readonly #prefix: string;
  readonly #known = new Map<string, readonly string[]>();
  readonly #constants = new Map<string, string>();
  #count = 0;

  constructor(target: Target, prefix = "") {
    this.target = target;
    this.#prefix = prefix;
  }

  /** Emits a node and returns the names of its results. */
  nodesOf(opType: string, inputs: readonly string[], options: EmitOptions = {}): readonly string[] {
    const attributes = Object.fromEntries(
      Object.entries(options.attributes ?? {}).map(([name, value]) => [name, toAttribute(value)]),
    );
    const key = JSON.stringify([opType, options.domain, inputs, attributes], withBigInts);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const outputs = Array.from({ length: options.outputs ?? 1 }, () => `${this.#prefix}t${this.#count++}`);
    this.nodes.push({
      name: `${opType}.${this.nodes.length}`,
      opType,
      domain: options.domain ?? "",
      inputs,
      outputs,
      attributes,
    });
    this.#known.set(key, outputs);
    return outputs;
  }

  node(opType: string, inputs: readonly string[], options: EmitOptions = {}): string {
    return this.nodesOf(opType, inputs, options)[0] as string;
  }

  constant(type: OnnxType, shape: readonly number[], values: ArrayLike<number>): string {
    const data = packed(type, values);
    // Shapes, axes, scalars and short tables recur in every layer and are shared; for long ones looking is not worth it.
    const key = values.length <= 1024 ? `${type}:${shape.join()}:${Array.from(values).join()}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `${this.#prefix}c${this.initializers.length}`;
    this.initializers.push({ name, type, shape, data });
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  scalar(value: number, dtype: DType = "float32"): string {
    return this.constant(dtype, [], [value]);
  }

  int64s(values: readonly number[]): string {
    return this.constant("int64", [values.length], values);
  }

  /**
   * Reshape; dimensions that are symbols are kept in place (0), worked out (-1, one of them) or, where several have moved,
   * read off the shape of x.
   */
  reshape(x: string, from: Shape, to: Shape): string {
    const moved = to.filter((dimension, i) => typeof dimension === "string" && from[i] !== dimension);
    const target = to.map((dimension, i) => {
      if (typeof dimension === "number") return dimension;
      if (from[i] === dimension) return 0;
      return moved.length === 1 ? -1 : this.#dimension(x, from, dimension);
    });
    const numbers = target.filter((dimension) => typeof dimension === "number");
    if (numbers.length === target.length) return this.node("Reshape", [x, this.int64s(numbers)]);
    const parts = target.map((dimension) => (typeof dimension === "number" ? this.int64s([dimension]) : dimension));
    return this.node("Reshape", [x, this.node("Concat", parts, { attributes: { axis: 0 } })]);
  }

  /** Length of the axis of x that a symbol stands for, as a tensor of one int64. */
  #dimension(x: string, from: Shape, symbol: string): string {
    const axis = from.indexOf(symbol);
    if (axis < 0) throw new Error(`internal: reshape of (${from.join()}) needs "${symbol}", which it does not have`);
    return this.node("Shape", [x], { attributes: { start: axis, end: axis + 1 } });
  }
}

function packed(type: OnnxType, values: ArrayLike<number>): OnnxTensor["data"] {
  switch (type) {
    case "float32":
      return Float32Array.from(values);
    case "int32":
      return Int32Array.from(values);
    case "bool":
      return Uint8Array.from(values);
    case "int64":
      return BigInt64Array.from(Array.from(values, (value) => BigInt(value)));
  }
}

function toAttribute(value: AttributeValue): OnnxAttribute {
  if (typeof value === "number") return { int: value };
  if (typeof value === "string") return { string: value };
  if (Array.isArray(value)) return { ints: value as readonly number[] };
  return value as OnnxAttribute;
}

const withBigInts = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);
