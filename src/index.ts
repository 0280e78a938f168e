/** The core: graphs, models, tasks and training. It runs in Node and in browsers; `node.ts` adds what needs Node. */

export { KvtError, type ErrorKind } from "./errors.ts";
export { random, type Random } from "./random.ts";

/** Tensor programs: `graph.matmul(x, w)`, `graph.gradient(loss, parameters)`, `graph.writeOnnx({ y })`. */
export * as graph from "./graph/index.ts";
export type { DType, Shape, Tensor } from "./graph/index.ts";

export { attention, type AttentionInputs, type AttentionOptions } from "./attention/attend.ts";
export { attentionCost, type AttentionCost, type AttentionSize } from "./attention/cost.ts";
export { defineFormulation, type Formulation } from "./attention/formulation.ts";
export { findFormulation, formulations } from "./attention/formulations/index.ts";

export { postNormBlock, preNormBlock, type BlockOptions } from "./models/block.ts";
export { classification, type Objective } from "./nn/objective.ts";
export { crossEntropy, labelSmoothedDivergence, meanLoss, type SmoothingOptions, type TokenLoss } from "./nn/loss.ts";
export { embedding, feedForward, gelu, geluTanh, layerNorm, linear, linearMap } from "./nn/layers.ts";
export { Scope } from "./nn/scope.ts";

export { matmulMacs, taskCost, type TaskCost } from "./tasks/cost.ts";
export { encoderDecoder, encoderDecoderOptions, type EncoderDecoder } from "./models/encoder-decoder.ts";
export { gpt, gptOptions, type Gpt } from "./models/gpt.ts";
export { sequenceEncoder, sequenceEncoderOptions, type SequenceEncoder } from "./models/sequence-encoder.ts";
export { visionTransformer, visionTransformerOptions, type VisionTransformer } from "./models/vision-transformer.ts";

export { openDecoder, type Decoder, type DecoderRequest } from "./generate/decoder.ts";
export { beamSearch, type Hypothesis, type SearchOptions, type SearchRequest } from "./generate/beam.ts";
export { sampleToken, type SamplingOptions } from "./generate/sampling.ts";
export { untilStop, writeTokens, type WritingRequest } from "./generate/write.ts";

export { nltkBleu, sacreBleu } from "./text/bleu.ts";
export { buildTokenizer, readTokenizer } from "./text/tokenizer.ts";
export { alignedText } from "./text/aligned.ts";

export { findTask, tasks } from "./tasks/index.ts";
export { checkOptions, listOptions, resolveOptions, trainOptions, type ListedOption } from "./tasks/options.ts";
export type {
  Assets,
  Classifier,
  Dimensions,
  TrainedModel,
  Translation,
  TranslationOptions,
  Translator,
  Writer,
} from "./tasks/uses.ts";
export type { Options, PresetName, Split, Task, TaskData, TrainOptions } from "./tasks/task.ts";

export { parseDevice, type Backend, type Device, type DeviceRequest } from "./runtime/backend.ts";
export { openSession, toTensors, toValues, type Session } from "./runtime/session.ts";
export type { Feeds, Values } from "./runtime/values.ts";
export { openWeb } from "./runtime/web.ts";

export type { RunEvent, RunResult } from "./train/events.ts";
export { runLoop, type LoopOutcome, type LoopRequest, type RunStore } from "./train/loop.ts";
export type { TrainingProgram, TrainingState } from "./train/program.ts";
export type { Checkpoint, Progress } from "./train/progress.ts";
export { readSafetensors, writeSafetensors, type Safetensors } from "./train/safetensors.ts";
export { openTrainingProgram, type ProgramRequest } from "./train/training-program.ts";

export { holm } from "./study/holm.ts";
export { pairedTest } from "./study/paired-test.ts";
export {
  mean,
  meanInterval,
  pairedDifference,
  populationDeviation,
  sampleDeviation,
  type Interval,
} from "./study/statistics.ts";
export type { StudyDocument } from "./study/study-document.ts";
