import { axisOf } from "./axis.ts";
import type { AttentionFigure } from "./figure.ts";
import { asymmetry, headMatrices, matrixRows } from "./matrix.ts";

/** The numbers of a figure: for every layer and head both maps by rows, and ‖S − Sᵀ‖ / ‖S‖ of each. */
export interface AttentionNumbers {
  readonly run: string;
  readonly task: string;
  readonly attention: string;
  readonly split: string;
  readonly example: number;
  /** names of the positions, for rows and columns */
  readonly positions: readonly string[];
  readonly target: readonly string[];
  readonly layers: readonly {
    readonly heads: readonly {
      readonly asymmetry: { readonly scores: number | null; readonly weights: number | null };
      readonly scores: readonly (readonly number[])[];
      readonly weights: readonly (readonly number[])[];
    }[];
  }[];
}

export function attentionNumbers(figure: AttentionFigure): AttentionNumbers {
  const { run, task, attention, split, index, example } = figure;
  return {
    run,
    task,
    attention,
    split,
    example: index,
    positions: axisOf(example, figure.scores[0]?.shape[3] ?? 0).labels,
    target: example.kind === "tokens" ? example.target : [example.label],
    layers: figure.scores.map((values, layer) => {
      const weights = headMatrices(figure.weights[layer] ?? values);
      return {
        heads: headMatrices(values).map((scores, head) => {
          const weight = weights[head] ?? scores;
          return {
            asymmetry: { scores: asymmetry(scores), weights: asymmetry(weight) },
            scores: matrixRows(scores),
            weights: matrixRows(weight),
          };
        }),
      };
    }),
  };
}
