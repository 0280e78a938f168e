/**
 * One benchmark subject: TensorFlow.js's training step on its WASM backend (forward, backward, Adam).
 *
 *   node train-step.js --shape char-gpt --attention kv --threads 2 [--batch 64]
 */
import { serve, subjectOptions } from "../../protocol.js";
import { oneHotRows } from "../data.js";
import { createModel, createParameters } from "./model.js";
import { startWasm } from "./threads.js";

const { shape, attention, threads } = subjectOptions();
await serve(async () => {
  const tf = await startWasm(threads);
  const parameters = createParameters(tf);
  const model = createModel(tf, shape, attention, parameters);
  const { inputs, targets } = makeBatch(tf);
  const optimizer = tf.train.adam(shape.rate);

  const lossOf = () => {
    const logits = model(inputs);
    const shifted = tf.sub(logits, tf.max(logits, -1, true));
    const logProbabilities = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
    return tf.neg(tf.mean(tf.sum(tf.mul(logProbabilities, targets), -1)));
  };
  tf.tidy(() => void model(inputs)); // creates the parameters
  return {
    version: tf.version_core,
    parameters: parameters.count(),
    step: () => {
      const loss = optimizer.minimize(lossOf, true);
      const value = loss.dataSync()[0];
      loss.dispose();
      return value;
    },
  };
});

/** Inputs: one-hot rows or patches (rows, size); targets: one-hot (rows, classes). */
function makeBatch(tf) {
  const { batch, tokens, inputSize, classes } = shape;
  const rows = shape.input === "patches" ? batch * (tokens - 1) : batch * tokens;
  const labelled = shape.input === "patches" ? batch : batch * tokens;
  return {
    inputs: tf.tensor(oneHotRows(rows, inputSize), [rows, inputSize]),
    targets: tf.tensor(oneHotRows(labelled, classes), [labelled, classes]),
  };
}
