export { type DType, type Dimension, type Shape, type Tensor } from "./tensor.ts";
export { inModule } from "./path.ts";
export { constant, input, parameter, scalar } from "./ops/leaves.ts";
export {
  add,
  cast,
  div,
  equal,
  erf,
  exp,
  greater,
  halfOnePlus,
  less,
  log,
  maximum,
  minimum,
  mul,
  neg,
  relu,
  sqrt,
  step,
  sub,
  tanh,
  where,
} from "./ops/elementwise.ts";
export { argmax, max, mean, sum, sumTo, type ReduceOptions } from "./ops/reduce.ts";
export { concat, expand, headOf, reshape, slice, transpose } from "./ops/layout.ts";
export { flatten, matmul } from "./ops/matmul.ts";
export { fewRowsLayerNorm, inverseDeviation, logSoftmax, softmax, standardise } from "./ops/normalise.ts";
export { gather, gatherElements, oneHot, scatterAdd } from "./ops/indexing.ts";
export { dropoutMask } from "./ops/dropout.ts";
export { split } from "./ops/part.ts";
export { mapRows } from "./ops/rows.ts";
export { withPullback } from "./ops/custom.ts";
export { gradient } from "./gradient.ts";
export { evaluate } from "./evaluate.ts";
export { ndarray, type NDArray } from "./ndarray.ts";
export { print } from "./print.ts";
export { writeOnnx, type WriteOptions, type WrittenModel } from "./onnx/write.ts";
export { allOps } from "./op.ts";
