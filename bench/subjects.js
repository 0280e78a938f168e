/**
 * Our own subjects: the product's training step, and its floor, the same matrix products alone.
 *
 * @typedef {object} BenchmarkSubject
 * @property {(steps: number) => Promise<number[]>} run runs training steps and gives the seconds of each
 * @property {() => void | Promise<void>} release
 * @property {number} [parameters] how many numbers are trained
 *
 * @typedef {object} SubjectOptions
 * @property {number} threads
 * @property {number} [batch] examples a step, if not the shape's own
 */
import { input, matmul, slice, reshape, sum, add } from "../dist/graph/index.js";
import { defineOp } from "../dist/graph/op.js";
import { elements } from "../dist/graph/shape.js";
import { reachable } from "../dist/graph/tensor.js";
import { openNode } from "../dist/runtime/node.js";
import { openSession, toTensor } from "../dist/runtime/session.js";
import { openTrainingProgram, parametersOf, trainingGraph } from "../dist/train/training-program.js";
import { benchmarkTask } from "./task.js";

/** @param {number} steps @param {() => Promise<unknown>} step */
async function timed(steps, step) {
  const seconds = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    await step();
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

/**
 * The training step (forward, backward, optimizer) of one benchmark shape, no dropout.
 * @param {import("./shapes.js").ShapeName} name
 * @param {string} attention a formulation
 * @param {SubjectOptions} options
 * @returns {Promise<BenchmarkSubject>}
 */
export async function createSubject(name, attention, { threads, batch }) {
  const { request, feeds, rate } = benchmarkTask(name, attention, batch);
  const program = await openTrainingProgram(request, await openNode("cpu", threads));
  const parameters = program.parameters.reduce((all, { shape }) => all + shape.reduce((a, b) => a * b, 1), 0);
  return {
    parameters,
    run: (steps) => timed(steps, () => program.step(feeds, rate)),
    release: () => program.release(),
  };
}

/**
 * Only the matrix products of that step in ONNX Runtime: the step with everything between its products left out, so
 * that each product reads what the product before it wrote, lying as it lies in the step, or an input. Each product is
 * one node of ONNX Runtime. Products with a vector, which only stand for sums over rows or columns, are left out too.
 * @param {import("./shapes.js").ShapeName} name
 * @param {string} attention a formulation
 * @param {SubjectOptions} options
 * @returns {Promise<BenchmarkSubject>}
 */
export async function createFloor(name, attention, { threads, batch }) {
  const { request, feeds: examples } = benchmarkTask(name, attention, batch);
  const shapes = Object.fromEntries(Object.entries(examples).map(([label, { shape }]) => [label, shape]));
  const { outputs } = trainingGraph(request, parametersOf(request), shapes);
  const backend = await openNode("cpu", threads);
  const feeds = {};
  const operand = (size) => {
    const label = `operand${Object.keys(feeds).length}`;
    feeds[label] = toTensor(backend, {
      data: Float32Array.from({ length: size }, (_, i) => Math.sin(i) / 16),
      shape: [size],
    });
    return input(label, [size]);
  };
  const session = await openSession(backend, { corners: productsAlone(Object.values(outputs), operand) });
  return {
    run: (steps) => timed(steps, () => session.run(feeds)),
    release: () => session.release(),
  };
}

/** A product as one node of ONNX Runtime, transposing on the fly where it must: Gemm for XᵀdY, else FusedMatMul. */
const productNode = defineOp("productNode", {
  shape: (inputs, attributes) => ({ shape: matmul(...inputs, attributes).shape, dtype: "float32" }),
  evaluate: () => {
    throw new Error("productNode is only run by ONNX Runtime");
  },
  onnx: (emit, inputs, { inputs: [a] }, { transposeA, transposeB, scale }) =>
    transposeA && !transposeB && a.shape.length === 2
      ? emit.node("Gemm", inputs, { attributes: { transA: 1 } })
      : emit.node("FusedMatMul", inputs, {
          domain: "com.microsoft",
          attributes: { transA: Number(transposeA), transB: Number(transposeB), alpha: { float: scale } },
        }),
  samples: () => [],
});

/**
 * A graph of the products of another graph, reduced to the sum of one number of each result that no other product reads.
 * @param {(size: number) => import("../dist/graph/tensor.js").Tensor} operand a new input of so many numbers
 */
function productsAlone(outputs, operand) {
  const sources = new Map();
  const unread = new Set();
  // What stands for a tensor: the product it was made from without change of size, or an input.
  const source = (tensor) => {
    if (!sources.has(tensor)) sources.set(tensor, sourceOf(tensor) ?? operand(elements(tensor.shape)));
    return sources.get(tensor);
  };
  const sourceOf = (tensor) => {
    if (sources.has(tensor)) return sources.get(tensor);
    const size = elements(tensor.shape);
    for (const before of tensor.inputs) {
      if (elements(before.shape) !== size) continue;
      const found = sourceOf(before);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (const tensor of reachable(outputs)) {
    if (!isProduct(tensor)) continue;
    const [a, b] = tensor.inputs.map((x) => {
      const from = source(x);
      unread.delete(from);
      return reshape(from, x.shape);
    });
    const product = productNode([a, b], tensor.attributes);
    sources.set(tensor, product);
    unread.add(product);
  }
  const corners = [...unread].map((product) =>
    reshape(
      product.shape.reduce((corner, _, axis) => slice(corner, axis, 0, 1), product),
      [1],
    ),
  );
  return sum(corners.reduce((a, b) => add(a, b)));
}

const isProduct = ({ op, shape }) => op.name === "matmul" && Math.min(shape.at(-1), shape.at(-2)) > 1;
