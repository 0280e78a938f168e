import { div, logSoftmax, type Tensor } from "../../../src/graph/index.ts";
import { decode, encode, keepTokens, type EncoderDecoder } from "../../../src/models/encoder-decoder.ts";
import { translationObjective } from "../../../src/nn/word-output.ts";
import { elements } from "../../../src/graph/shape.ts";
import type { VectorCase } from "../format.ts";
import { checkGraph, required } from "../graph-case.ts";
import type { Quantity } from "../judge.ts";
import { headsOf } from "./attention.ts";

/** An encoder-decoder from its ids to memory, log-probabilities, the first cross-attention and the loss. */
export function encoderDecoderCase(vector: VectorCase): Promise<Quantity[]> {
  return checkGraph(vector, (scope, inputs) => {
    const [source, target, next] = ["src", "trgIn", "trgOut"].map((name) => required(inputs, name)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const options = optionsOf(vector, Math.max(Number(source.shape[1]), Number(target.shape[1])));
    const { padding } = options;
    const memory = encode(scope, source, options);
    const hidden = decode(scope, { target, memory, keep: keepTokens(source, padding) }, options);
    const smoothing = Number(vector.config["labelSmoothing"]);
    const { logits, lossSum } = translationObjective(scope, hidden, options.targetVocabulary, next, {
      smoothing,
      padding,
    });
    const cross = scope.observed.find(({ path }) => path === "decoder.0.cross")?.weights as Tensor;
    // The file divides by all rows, padding's too.
    const loss = div(lossSum, elements(next.shape as number[]));
    return { memory, logProbs: logSoftmax(logits), crossAttn: cross, loss };
  });
}

function optionsOf({ config, weights }: VectorCase, length: number): EncoderDecoder {
  const size = (name: string, axis: number) => Number(weights[name]?.shape[axis]);
  return {
    ...headsOf(config, weights["enc0.self.posW"]),
    width: size("srcEmb", 1),
    layers: Object.keys(weights).filter((name) => /^enc\d+\.self\.wk$/.test(name)).length,
    hidden: size("enc0.ff1.w", 0),
    dropout: 0,
    crossQuery: config.crossQuery === "sharedKey" ? "shared-key" : "own",
    sourceVocabulary: size("srcEmb", 0),
    targetVocabulary: size("trgEmb", 0),
    length,
    padding: config.pad ?? 0,
  };
}
