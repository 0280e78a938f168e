import { KvtError } from "../../errors.ts";
import { leafName } from "../ops/leaves.ts";
import { reachable, type Tensor } from "../tensor.ts";
import { at } from "../shape.ts";
import { Emitter, type Target } from "./emitter.ts";
import { emitTensors } from "./emit-tensors.ts";
import { encodeModel, type OnnxModel, type OnnxNode, type OnnxValue } from "./protobuf.ts";

/** Versions that ONNX Runtime 1.17 and later, and the ONNX checker 1.16 and later, accept. */
const IR_VERSION = 10;
const OPSET = 21;

export interface WriteOptions {
  /** where the model will run; some ops take another form there */
  readonly target?: Target;
  readonly graphName?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** name of a first output besides: an empty sequence of tensors */
  readonly emptySequence?: string;
}

export interface WrittenModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** names of inputs and parameters that the graph reads */
  readonly inputs: readonly string[];
  /** number of ONNX nodes */
  readonly nodes: number;
}

/** Writes a graph as an ONNX model whose outputs carry the given names. */
export function writeOnnx(outputs: Readonly<Record<string, Tensor>>, options: WriteOptions = {}): WrittenModel {
  const emit = new Emitter(options.target ?? "cpu");
  const results = Object.values(outputs);
  const leaves = new Map<string, Tensor>();
  for (const tensor of reachable(results)) {
    const leaf = leafName(tensor);
    if (leaf === undefined) continue;
    if (leaves.has(leaf)) throw new KvtError("shape", `onnx: expected one input named "${leaf}", got two`);
    leaves.set(leaf, tensor);
  }
  const names = emitTensors(emit, results);
  const named = nameOutputs(emit, new Map(Object.keys(outputs).map((name, i) => [name, at(names, i)])));
  const sequence = options.emptySequence === undefined ? [] : [emptySequence(options.emptySequence)];
  const nodes = [...named, ...sequence.map(({ node }) => node)];
  const all = withInner(nodes);
  const model: OnnxModel = {
    irVersion: IR_VERSION,
    opsets: { "": OPSET, ...(all.some((node) => node.domain !== "") ? { "com.microsoft": 1 } : {}) },
    producer: { name: "kv-transformer", version: "1" },
    graph: {
      name: options.graphName ?? "graph",
      nodes,
      initializers: emit.initializers,
      inputs: [...leaves].map(([name, { dtype, shape }]) => ({ name, type: dtype, shape })),
      outputs: [
        ...sequence.map(({ value }) => value),
        ...Object.entries(outputs).map(([name, { dtype, shape }]) => ({ name, type: dtype, shape })),
      ],
    },
    metadata: options.metadata ?? {},
  };
  return { bytes: encodeModel(model), inputs: [...leaves.keys()], nodes: all.length };
}

/** Gives each result its output's name: renamed at its node, or copied where it has a name already or is not a node's. */
function nameOutputs(emit: Emitter, outputs: ReadonlyMap<string, string>): OnnxNode[] {
  const renamed = new Map<string, string>();
  const made = new Set(emit.nodes.flatMap((node) => node.outputs));
  const copies: [string, string][] = [];
  for (const [name, result] of outputs) {
    if (made.has(result) && !renamed.has(result)) renamed.set(result, name);
    else copies.push([result, name]);
  }
  const rename = (name: string) => renamed.get(name) ?? name;
  return [
    ...emit.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) })),
    ...copies.map(([from, to]) => ({
      name: `Identity.${to}`,
      opType: "Identity",
      domain: "",
      inputs: [rename(from)],
      outputs: [to],
      attributes: {},
    })),
  ];
}

/** A node that makes an empty sequence, and the sequence. */
function emptySequence(name: string): { readonly node: OnnxNode; readonly value: OnnxValue } {
  return {
    node: {
      name: `SequenceEmpty.${name}`,
      opType: "SequenceEmpty",
      domain: "",
      inputs: [],
      outputs: [name],
      attributes: {},
    },
    value: { name, type: "float32", shape: [], sequence: true },
  };
}

/** Nodes with those of the graphs inside them. */
const withInner = (nodes: readonly OnnxNode[]): OnnxNode[] =>
  nodes.flatMap((node) => [
    node,
    ...Object.values(node.attributes).flatMap((value) => ("graph" in value ? withInner(value.graph.nodes) : [])),
  ]);
