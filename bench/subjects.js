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
import { reachable } from "../dist/graph/tensor.js";
import { openNode } from "../dist/runtime/node.js";
import { openSession, toTensor } from "../dist/runtime/session.js";
import { openTrainingProgram, parametersOf, trainingGraph } from "../dist/train/training-program.js";
import { benchmarkTask } from "./task.js";

/** @param {(step: () => Promise<unknown>) => Promise<void>} run */
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
 * @param {"char-gpt" | "encoder" | "vit"} name
 * @param {"qkv" | "kv" | "kv+pos"} attention
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
 * Only the matrix products of that step in ONNX Runtime: each as one plain MatMul of the same lengths, with operands
 * that already lie as it wants them, its result dropped at once.
 * @param {"char-gpt" | "encoder" | "vit"} name
 * @param {"qkv" | "kv" | "kv+pos"} attention
 * @param {SubjectOptions} options
 * @returns {Promise<BenchmarkSubject>}
 */
export async function createFloor(name, attention, { threads, batch }) {
  const { request } = benchmarkTask(name, attention, batch);
  const { outputs } = trainingGraph(request, parametersOf(request));
  const products = reachable(Object.values(outputs)).filter(({ op }) => op.name === "matmul");
  const backend = await openNode("cpu", threads);
  const buffers = new Map();
  const feeds = {};
  // Operands of one shape share their numbers, but each is an input of its own, so that no product is left out as equal.
  const operand = (label, shape) => {
    const key = shape.join();
    if (!buffers.has(key)) {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
      buffers.set(key, toTensor(backend, { data, shape }));
    }
    feeds[label] = buffers.get(key);
    return input(label, shape);
  };
  const corners = products.map(({ inputs: [a, b], attributes: { transposeA, transposeB } }, i) => {
    const product = matmul(operand(`a${i}`, laidOut(a.shape, transposeA)), operand(`b${i}`, laidOut(b.shape, transposeB)));
    return product.shape.reduce((corner, _, axis) => slice(corner, axis, 0, 1), product);
  });
  const total = corners.map((corner) => reshape(corner, [1])).reduce((a, b) => add(a, b));
  const session = await openSession(backend, { total: sum(total) });
  return {
    run: (steps) => timed(steps, () => session.run(feeds)),
    release: () => session.release(),
  };
}

/** @param {readonly number[]} shape @param {boolean} transposed */
const laidOut = (shape, transposed) => (transposed ? [...shape.slice(0, -2), shape.at(-1), shape.at(-2)] : [...shape]);
