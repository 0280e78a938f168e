/**
 * One benchmark subject: jax-js's training step on its WASM backend, compiled whole by its `jit`.
 *
 *   node train-step.js --shape char-gpt --attention kv --threads 2 [--batch 64]
 */
import { readFileSync } from "node:fs";
import { serve, subjectOptions } from "../../protocol.js";
import { causalMask, oneHotRows, sinusoid } from "../data.js";
import { createModel, initialParameters } from "./model.js";
import { installWebWorkers } from "./web-worker.js";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
const DECAY = 0.01;

const { shape, attention, threads } = subjectOptions();
await serve(async () => {
  installWebWorkers(threads);
  const jax = await import("@jax-js/jax");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const { numpy: np, tree } = jax;

  const initial = Object.entries(initialParameters(shape, attention));
  const treeOf = (valuesOf) =>
    Object.fromEntries(initial.map(([name, { dims, values }]) => [name, np.array(valuesOf(values)).reshape(dims)]));
  let state = {
    parameters: treeOf((values) => values),
    means: treeOf((values) => new Float32Array(values.length)),
    squares: treeOf((values) => new Float32Array(values.length)),
  };
  const data = makeData(np);
  const update = jax.jit(createUpdate(jax));

  let count = 0;
  return {
    version: JSON.parse(readFileSync(new URL("node_modules/@jax-js/jax/package.json", import.meta.url), "utf8"))
      .version,
    parameters: initial.reduce((sum, [, { values }]) => sum + values.length, 0),
    step: async () => {
      count++;
      const [loss, next] = update(state, tree.ref(data), 1 / (1 - BETA1 ** count), 1 / (1 - BETA2 ** count));
      state = await jax.blockUntilReady(next);
      return (await loss.data())[0];
    },
  };
});

/** (state, data, bias corrections of both moments) to [loss, next state]: gradient and AdamW. */
function createUpdate({ numpy: np, nn, tree, valueAndGrad }) {
  const decay = shape.optimizer === "adamw" ? 1 - shape.rate * DECAY : 1;
  const lossAndGradients = valueAndGrad(createModel({ numpy: np, nn }, shape, attention));
  return (state, data, correction1, correction2) => {
    const [loss, gradients] = lossAndGradients(tree.ref(state.parameters), data);
    const next = { parameters: {}, means: {}, squares: {} };
    for (const [name, gradient] of Object.entries(gradients)) {
      const mean = state.means[name].mul(BETA1).add(gradient.ref.mul(1 - BETA1));
      const square = state.squares[name].mul(BETA2).add(np.square(gradient).mul(1 - BETA2));
      const root = np.sqrt(square.ref.mul(correction2.ref)).add(EPSILON);
      const change = mean.ref.mul(correction1.ref).div(root).mul(shape.rate);
      next.parameters[name] = state.parameters[name].mul(decay).sub(change);
      next.means[name] = mean;
      next.squares[name] = square;
    }
    correction1.dispose();
    correction2.dispose();
    return [loss, next];
  };
}

function makeData(np) {
  const { batch, tokens, inputSize, classes } = shape;
  const matrix = (values, rows, columns) => np.array(values).reshape([rows, columns]);
  const labelled = shape.input === "patches" ? batch : batch * tokens;
  const rows = shape.input === "patches" ? batch * (tokens - 1) : batch * tokens;
  return {
    inputs: matrix(oneHotRows(rows, inputSize), rows, inputSize),
    targets: matrix(oneHotRows(labelled, classes), labelled, classes),
    ...(shape.causal ? { mask: matrix(causalMask(tokens), tokens, tokens) } : {}),
    ...(shape.positions === "sinusoid" ? { sinusoid: matrix(sinusoid(tokens, shape.width), tokens, shape.width) } : {}),
  };
}
