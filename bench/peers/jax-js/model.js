/**
 * The benchmark models in jax-js. A function owns the arrays that it is given (they are gone after use), so that
 * whatever serves twice is passed on as `x.ref` first.
 */

/** @typedef {import("../../shapes.js").Shape} Shape */
/** @typedef {import("@jax-js/jax").numpy.Array} Array */
/** @typedef {Record<string, Array>} Parameters by name */

/**
 * Initial parameters, as plain numbers.
 * @param {Shape} shape
 * @param {"qkv" | "kv"} attention
 * @returns {Record<string, { dims: number[], values: Float32Array }>}
 */
export function initialParameters(shape, attention) {
  const { width, tokens, inputSize, classes } = shape;
  const parameters = {};
  const fill = (name, dims, value) => {
    const size = dims.reduce((product, dim) => product * dim, 1);
    parameters[name] = { dims, values: Float32Array.from({ length: size }, value) };
  };
  const uniform = (range) => () => (2 * Math.random() - 1) * range;
  const linear = (name, inputs, outputs, bias = true) => {
    fill(`${name}.weight`, [inputs, outputs], uniform(inputs ** -0.5));
    if (bias) fill(`${name}.bias`, [outputs], uniform(inputs ** -0.5));
  };
  const norm = (name) => {
    fill(`${name}.weight`, [width], () => 1);
    fill(`${name}.bias`, [width], () => 0);
  };

  linear("embedding", inputSize, width, shape.input !== "tokens");
  if (shape.positions === "learned") fill("positions", [tokens, width], uniform(1));
  if (shape.input === "patches") fill("classToken", [1, 1, width], uniform(1));
  for (let i = 0; i < shape.layers; i++) {
    for (const part of attention === "qkv" ? ["query", "key", "value"] : ["key", "value"]) {
      linear(`block${i}.${part}`, width, width, shape.projectionBias);
    }
    linear(`block${i}.out`, width, width);
    linear(`block${i}.up`, width, shape.feedForward);
    linear(`block${i}.down`, shape.feedForward, width);
    norm(`block${i}.norm1`);
    norm(`block${i}.norm2`);
  }
  if (shape.finalNorm) norm("norm");
  if (shape.head !== "linear") linear("head.hidden", width, width);
  if (shape.head === "norm-relu") norm("head.norm");
  linear("head", width, classes);
  return parameters;
}

/**
 * @param {typeof import("@jax-js/jax")} jax
 * @param {Shape} shape
 * @param {"qkv" | "kv"} attention
 */
export function createModel({ numpy: np, nn }, shape, attention) {
  const { batch, tokens, width, heads } = shape;
  const headWidth = width / heads;
  const scale = (shape.scale === "width" ? width : headWidth) ** -0.5;

  const linear = (p, name, x) => {
    const y = np.matmul(x, p[`${name}.weight`]);
    return p[`${name}.bias`] === undefined ? y : y.add(p[`${name}.bias`]);
  };
  const layerNorm = (p, name, x) => nn.standardize(x).mul(p[`${name}.weight`]).add(p[`${name}.bias`]);
  const gelu = (x) => nn.gelu(x, { approximate: false });
  const activate = shape.activation === "relu" ? nn.relu : gelu;

  const attend = (p, name, x, mask) => {
    // (B·T, d) to (B, H, T, d / H)
    const project = (part, input) =>
      linear(p, `${name}.${part}`, input).reshape([batch, tokens, heads, headWidth]).transpose([0, 2, 1, 3]);
    const k = project("key", x.ref);
    const q = attention === "qkv" ? project("query", x.ref) : k.ref;
    const v = project("value", x);
    let scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(scale);
    if (mask !== undefined) scores = scores.add(mask);
    const mixed = np.matmul(nn.softmax(scores), v).transpose([0, 2, 1, 3]);
    return linear(p, `${name}.out`, mixed.reshape([batch * tokens, width]));
  };
  const feedForward = (p, name, x) => linear(p, `${name}.down`, activate(linear(p, `${name}.up`, x)));
  const block = (p, name, x, mask) => {
    if (shape.norm === "pre") {
      const attended = x.ref.add(attend(p, name, layerNorm(p, `${name}.norm1`, x), mask));
      return attended.ref.add(feedForward(p, name, layerNorm(p, `${name}.norm2`, attended)));
    }
    const attended = layerNorm(p, `${name}.norm1`, x.ref.add(attend(p, name, x, mask)));
    return layerNorm(p, `${name}.norm2`, attended.ref.add(feedForward(p, name, attended)));
  };

  const embed = (p, inputs) => {
    const embedded = linear(p, "embedding", inputs);
    if (shape.input !== "patches") return embedded.reshape([batch, tokens, width]);
    const token = np.tile(p.classToken, [batch, 1, 1]);
    return np.concatenate([token, embedded.reshape([batch, tokens - 1, width])], 1);
  };
  const head = (p, x) => {
    if (shape.head === "linear") return linear(p, "head", x);
    if (shape.head === "norm-relu") {
      return linear(p, "head", nn.relu(layerNorm(p, "head.norm", linear(p, "head.hidden", x))));
    }
    const first = x.reshape([batch, tokens, width]).slice([], 0, []);
    return linear(p, "head", gelu(linear(p, "head.hidden", first)));
  };

  /**
   * Mean cross-entropy of inputs (rows, size) and one-hot targets (rows, classes).
   * @param {Parameters} p
   * @param {{ inputs: Array, targets: Array, mask?: Array, sinusoid?: Array }} data
   */
  return (p, data) => {
    let x = embed(p, data.inputs)
      .add(data.sinusoid ?? p.positions)
      .reshape([batch * tokens, width]);
    for (let i = 0; i < shape.layers; i++) x = block(p, `block${i}`, x, data.mask?.ref);
    data.mask?.dispose();
    const logits = head(p, shape.finalNorm ? layerNorm(p, "norm", x) : x);
    const rows = logits.shape[0];
    return nn
      .logSoftmax(logits)
      .mul(data.targets)
      .sum()
      .mul(-1 / rows);
  };
}
