import type { AttentionKind } from "../nn/scope.ts";
import { axesOf } from "./axis.ts";
import type { AttentionFigure } from "./figure.ts";
import { asymmetry, headMatrices, matrixRows } from "./matrix.ts";

/** The numbers of a figure: for every layer and head both maps by rows, and ‖S − Sᵀ‖ / ‖S‖ of each. */
export interface AttentionNumbers {
  readonly run: string;
  readonly task: string;
  readonly attention: string;
  /** where an example was shown */
  readonly split?: string;
  readonly example?: number;
  /** where a text of the user's own was */
  readonly prompt?: string;
  readonly target: readonly string[];
  readonly parts: readonly {
    readonly module: string;
    readonly kind: AttentionKind;
    /** names of the rows and of the columns */
    readonly queries: readonly string[];
    readonly keys: readonly string[];
    readonly layers: readonly {
      readonly heads: readonly {
        readonly asymmetry: { readonly scores: number | null; readonly weights: number | null };
        /** NaN, in JSON null, where causal attention does not look */
        readonly scores: readonly (readonly number[])[];
        readonly weights: readonly (readonly number[])[];
      }[];
    }[];
  }[];
}

export function attentionNumbers(figure: AttentionFigure): AttentionNumbers {
  const { run, task, attention, shown, example } = figure;
  return {
    run,
    task,
    attention,
    ...("prompt" in shown ? shown : { split: shown.split, example: shown.index }),
    target: example.kind === "tokens" ? example.target : [example.label],
    parts: figure.parts.map((part) => {
      const { queries, keys } = axesOf(example, part);
      const layers = part.scores.map((values, layer) => {
        const weights = headMatrices(part.weights[layer] ?? values);
        const heads = headMatrices(values).map((scores, head) => {
          const weight = weights[head] ?? scores;
          return {
            asymmetry:
              part.kind === "self"
                ? { scores: asymmetry(scores), weights: asymmetry(weight) }
                : { scores: null, weights: null },
            scores: matrixRows(scores),
            weights: matrixRows(weight),
          };
        });
        return { heads };
      });
      return { module: part.module, kind: part.kind, queries: queries.labels, keys: keys.labels, layers };
    }),
  };
}
