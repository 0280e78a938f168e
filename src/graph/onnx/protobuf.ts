import { BinaryWriter } from "@bufbuild/protobuf/wire";

/*
 * The part of the ONNX protocol-buffer schema that models use, written field by field. The field numbers are those
 * of onnx.proto (https://github.com/onnx/onnx), version 1.16 and later.
 */

const DATA_TYPES = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
export type OnnxType = keyof typeof DATA_TYPES;

export type OnnxDimension = number | string;

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly OnnxDimension[];
  /** a sequence of tensors of the type, each of any shape */
  readonly sequence?: boolean;
}

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly graph: OnnxGraph };

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export interface OnnxModel {
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: { readonly name: string; readonly version: string };
  readonly graph: OnnxGraph;
  readonly metadata: Readonly<Record<string, string>>;
}

const VARINT = 0;
const FIXED32 = 5;
const BYTES = 2;

function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(field, BYTES).fork();
  write(writer);
  writer.join();
}

const text = (writer: BinaryWriter, field: number, value: string) => writer.tag(field, BYTES).string(value);
const int64 = (writer: BinaryWriter, field: number, value: number) => writer.tag(field, VARINT).int64(value);
const int32 = (writer: BinaryWriter, field: number, value: number) => writer.tag(field, VARINT).int32(value);

function writeAttribute(w: BinaryWriter, name: string, attribute: OnnxAttribute): void {
  text(w, 1, name);
  if ("float" in attribute) {
    w.tag(2, FIXED32).float(attribute.float);
    int32(w, 20, 1);
  } else if ("int" in attribute) {
    int64(w, 3, attribute.int);
    int32(w, 20, 2);
  } else if ("string" in attribute) {
    text(w, 4, attribute.string);
    int32(w, 20, 3);
  } else if ("floats" in attribute) {
    for (const value of attribute.floats) w.tag(7, FIXED32).float(value);
    int32(w, 20, 6);
  } else if ("graph" in attribute) {
    message(w, 6, (inner) => writeGraph(inner, attribute.graph));
    int32(w, 20, 5);
  } else {
    for (const value of attribute.ints) int64(w, 8, value);
    int32(w, 20, 7);
  }
}

function writeNode(w: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) text(w, 1, input);
  for (const output of node.outputs) text(w, 2, output);
  text(w, 3, node.name);
  text(w, 4, node.opType);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(w, 5, (inner) => writeAttribute(inner, name, attribute));
  }
  if (node.domain !== "") text(w, 7, node.domain);
}

function writeTensor(w: BinaryWriter, tensor: OnnxTensor): void {
  for (const dimension of tensor.shape) int64(w, 1, dimension);
  int32(w, 2, DATA_TYPES[tensor.type]);
  text(w, 8, tensor.name);
  w.tag(9, BYTES).bytes(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
}

function writeValue(w: BinaryWriter, value: OnnxValue): void {
  text(w, 1, value.name);
  message(w, 2, (type) => {
    if (value.sequence !== true) writeType(type, value.type, value.shape);
    else message(type, 4, (sequence) => message(sequence, 1, (element) => writeType(element, value.type)));
  });
}

function writeType(w: BinaryWriter, type: OnnxType, shape?: OnnxValue["shape"]): void {
  message(w, 1, (tensor) => {
    int32(tensor, 1, DATA_TYPES[type]);
    if (shape === undefined) return;
    message(tensor, 2, (dimensions) => {
      for (const dimension of shape) {
        message(dimensions, 1, (d) => {
          if (typeof dimension === "number") int64(d, 1, dimension);
          else text(d, 2, dimension);
        });
      }
    });
  });
}

function writeGraph(w: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) message(w, 1, (inner) => writeNode(inner, node));
  text(w, 2, graph.name);
  for (const tensor of graph.initializers) message(w, 5, (inner) => writeTensor(inner, tensor));
  for (const value of graph.inputs) message(w, 11, (inner) => writeValue(inner, value));
  for (const value of graph.outputs) message(w, 12, (inner) => writeValue(inner, value));
}

/** The bytes of an ONNX file. Raw tensor data is little-endian, as every machine that runs this is. */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const w = new BinaryWriter();
  int64(w, 1, model.irVersion);
  text(w, 2, model.producer.name);
  text(w, 3, model.producer.version);
  message(w, 7, (inner) => writeGraph(inner, model.graph));
  for (const [domain, version] of Object.entries(model.opsets)) {
    message(w, 8, (inner) => {
      text(inner, 1, domain);
      int64(inner, 2, version);
    });
  }
  for (const [key, value] of Object.entries(model.metadata)) {
    message(w, 14, (inner) => {
      text(inner, 1, key);
      text(inner, 2, value);
    });
  }
  return w.finish();
}
