/** The benchmark models in TensorFlow.js. Linear layers work on (B·T, width). */
import { causalMask, sinusoid } from "../data.js";

/** @typedef {typeof import("@tensorflow/tfjs")} Tf */
/** @typedef {import("../../shapes.js").Shape} Shape */
/** @typedef {import("@tensorflow/tfjs").Tensor} Tensor */

/**
 * Creates the model's parameters on first use, by name.
 * @param {Tf} tf
 */
export function createParameters(tf) {
  const variables = new Map();
  const get = (name, make) => {
    if (!variables.has(name)) variables.set(name, tf.variable(tf.tidy(make)));
    return variables.get(name);
  };
  return {
    /** Uniform in ±1/√fan-in. */
    uniform: (name, dims, fanIn) =>
      get(name, () => tf.randomUniform(dims, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn))),
    normal: (name, dims) => get(name, () => tf.randomNormal(dims)),
    fill: (name, dims, value) => get(name, () => tf.fill(dims, value)),
    count: () => [...variables.values()].reduce((sum, variable) => sum + variable.size, 0),
  };
}

/**
 * x·w of two matrices, whose gradient transposes its operands explicitly. The WASM backend has a fast product only
 * for plain (rows, n)·(n, columns): with the library's own gradient, which asks for transposed operands, a step of
 * the GPT takes five times as long or more.
 * @param {Tf} tf
 */
function createProduct(tf) {
  return tf.customGrad((x, w, save) => {
    save([x, w]);
    const gradFunc = (dy, [x, w]) => [tf.matMul(dy, tf.transpose(w)), tf.matMul(tf.transpose(x), dy)];
    return { value: tf.matMul(x, w), gradFunc };
  });
}

/**
 * @param {Tf} tf
 * @param {Shape} shape
 * @param {"qkv" | "kv"} attention
 * @param {ReturnType<typeof createParameters>} parameters
 */
export function createModel(tf, shape, attention, parameters) {
  const { batch, tokens, width, heads } = shape;
  const headWidth = width / heads;
  const scale = (shape.scale === "width" ? width : headWidth) ** -0.5;
  const mask = shape.causal ? tf.tensor(causalMask(tokens), [tokens, tokens]) : undefined;

  const product = createProduct(tf);
  const linear = (name, x, inputs, outputs, bias = true) => {
    const y = product(x, parameters.uniform(`${name}.weight`, [inputs, outputs], inputs));
    return bias ? tf.add(y, parameters.uniform(`${name}.bias`, [outputs], inputs)) : y;
  };
  const layerNorm = (name, x) => {
    const { mean, variance } = tf.moments(x, -1, true);
    const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    const scaled = tf.mul(normal, parameters.fill(`${name}.weight`, [width], 1));
    return tf.add(scaled, parameters.fill(`${name}.bias`, [width], 0));
  };
  const gelu = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  const activate = shape.activation === "relu" ? tf.relu : gelu;

  const attend = (name, x) => {
    // (B·T, d) to (B, H, T, d / H)
    const project = (part) => {
      const all = linear(`${name}.${part}`, x, width, width, shape.projectionBias);
      return tf.transpose(tf.reshape(all, [batch, tokens, heads, headWidth]), [0, 2, 1, 3]);
    };
    const k = project("key");
    const q = attention === "qkv" ? project("query") : k;
    const v = project("value");
    let scores = tf.mul(tf.matMul(q, k, false, true), scale);
    if (mask !== undefined) scores = tf.add(scores, mask);
    const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
    return linear(`${name}.out`, tf.reshape(mixed, [batch * tokens, width]), width, width);
  };
  const feedForward = (name, x) => {
    const inner = activate(linear(`${name}.up`, x, width, shape.feedForward));
    return linear(`${name}.down`, inner, shape.feedForward, width);
  };
  const block = (name, x) => {
    if (shape.norm === "pre") {
      const attended = tf.add(x, attend(`${name}.attention`, layerNorm(`${name}.norm1`, x)));
      return tf.add(attended, feedForward(name, layerNorm(`${name}.norm2`, attended)));
    }
    const attended = layerNorm(`${name}.norm1`, tf.add(x, attend(`${name}.attention`, x)));
    return layerNorm(`${name}.norm2`, tf.add(attended, feedForward(name, attended)));
  };

  const embed = (inputs) => {
    // the WASM backend has no kernel for the gradient of a gather, so ids come as one-hot rows
    if (shape.input === "tokens") return product(inputs, parameters.normal("embedding", [shape.inputSize, width]));
    const embedded = linear("embedding", inputs, shape.inputSize, width);
    if (shape.input === "vectors") return embedded;
    const patches = tf.reshape(embedded, [batch, tokens - 1, width]);
    const token = tf.tile(parameters.normal("classToken", [1, 1, width]), [batch, 1, 1]);
    return tf.reshape(tf.concat([token, patches], 1), [batch * tokens, width]);
  };
  const head = (x) => {
    if (shape.head === "linear") return linear("head", x, width, shape.classes);
    if (shape.head === "norm-relu") {
      const hidden = tf.relu(layerNorm("head.norm", linear("head.hidden", x, width, width)));
      return linear("head", hidden, width, shape.classes);
    }
    const first = tf.reshape(tf.slice(tf.reshape(x, [batch, tokens, width]), [0, 0, 0], [batch, 1, width]), [
      batch,
      width,
    ]);
    return linear("head", gelu(linear("head.hidden", first, width, width)), width, shape.classes);
  };

  const sinusoids = shape.positions === "sinusoid" ? tf.tensor(sinusoid(tokens, width), [tokens, width]) : undefined;

  /** Logits of inputs (rows, size): one row per predicted label. */
  return (inputs) => {
    const positions = sinusoids ?? parameters.normal("positions", [tokens, width]);
    const embedded = tf.reshape(embed(inputs), [batch, tokens, width]);
    let x = tf.reshape(tf.add(embedded, positions), [batch * tokens, width]);
    for (let i = 0; i < shape.layers; i++) x = block(`block${i}`, x);
    return head(shape.finalNorm ? layerNorm("norm", x) : x);
  };
}
