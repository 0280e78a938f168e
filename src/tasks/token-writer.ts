import { openDecoder, type DecoderRequest } from "../generate/decoder.ts";
import { untilStop, writeTokens } from "../generate/write.ts";
import { KvtError } from "../errors.ts";
import type { ClosedVocabulary } from "../text/closed-vocabulary.ts";
import type { TrainedModel, Writer } from "./uses.ts";

export interface TokenWriterRequest {
  readonly model: Pick<TrainedModel<unknown>, "backend" | "parameters">;
  readonly logits: DecoderRequest["logits"];
  /** the longest sequence that the model reads */
  readonly context: number;
  readonly vocabulary: ClosedVocabulary;
}

/** A writer on a causal model that reads each token once and keeps keys and values; it writes one text at a time. */
export async function tokenWriter({ model, logits, context, vocabulary }: TokenWriterRequest): Promise<Writer> {
  const decoder = await openDecoder({ ...model, logits });
  return {
    unknown: (prompt) => vocabulary.unknown(prompt),
    write(prompt, { stop, ...options }) {
      const ids = vocabulary.encode(prompt);
      if (ids.length === 0) {
        throw new KvtError("usage", "the prompt: expected at least one token, got none", {
          hint: "Give it a beginning to go on from.",
        });
      }
      const pieces = async function* (): AsyncGenerator<string> {
        for await (const id of writeTokens(decoder, ids, { ...options, context })) yield vocabulary.decode([id]);
      };
      return untilStop(pieces(), stop);
    },
    release: () => decoder.release(),
  };
}
