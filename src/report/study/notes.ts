import { html, type Html } from "./markup.ts";

/** What the words of a report mean, for readers who meet them for the first time. */
const TERMS: readonly (readonly [term: string, meaning: string])[] = [
  [
    "Formulation",
    "How attention gets its queries, keys and values: qkv projects all three; kv uses the keys as queries; kv+pos adds a " +
      "learned map of positions to the scores; q-kv uses the keys as values; k has one projection for all.",
  ],
  ["Setting", "One combination of the options that the study varies. A run is a setting, a formulation and a seed."],
  [
    "Seed",
    "The number that all randomness of a run follows from: first weights, order of the data, generated data. Runs of one " +
      "setting that differ in the seed alone tell how much of a result is chance.",
  ],
  [
    "±, sd",
    "Sample standard deviation. Over seeds it tells chance; over settings it tells how much the sizes matter. The " +
      "two are not the same, so they stand apart.",
  ],
  [
    "Author's figure",
    "Mean and population deviation of the settings' means, as Borji 2023 computes it: for the comparison with his tables. " +
      "Its ± is the spread between sizes, not chance.",
  ],
  [
    "Pair, difference",
    "Two runs that differ in the formulation alone: same setting, same seed. Their difference is free of what both share. " +
      "A table compares every two formulations; the answer speaks of the differences to the first.",
  ],
  [
    "95 % interval",
    "Of the mean difference, from drawing the pairs anew many times (bootstrap); marked (t) where they are too few for that and " +
      "it follows from Student's t. Over several settings each setting counts once, by the mean of its pairs. Where it leaves out 0, a difference is shown. Where it does not, " +
      "none is shown, which does not prove that there is none.",
  ],
  [
    "p and p, Holm",
    "How often chance alone would give a mean difference at least as large, if there were none. The more tests, the more " +
      "of them come out small by chance; Holm's correction takes that into account. It counts the tests over settings of " +
      "all tasks together, for they are the study's question, and apart those in single settings; and tests of the " +
      "metric apart from tests of the loss.",
  ],
  [
    "Test loss",
    "What training lowers, on the test split: for most tasks the cross-entropy, in nats a prediction. Lower is better. It " +
      "tells how sure a model is of what is right, so it can still differ where all accuracies are 1.",
  ],
  [
    "Multiply-accumulates (MACs)",
    "A multiplication and an addition, the unit of a model's computation; counted in the matrix products of the forward pass.",
  ],
  [
    "Cache",
    "Bytes of keys and values that writing token by token must keep of each token, in 32-bit numbers, over all layers.",
  ],
  [
    "Frontier",
    "The models that none is as good as for less: the best choices for some budget. All others cost more for no gain here. " +
      "Neighbours that differ by less than their ± may have their order by chance.",
  ],
  [
    "Asymmetry",
    "‖S − Sᵀ‖ / ‖S‖ of a map S, below it: 0 where what position i makes of j is what j makes of i, about 1.4 for independent numbers.",
  ],
];

export const notesSection = (): Html =>
  html`<section aria-labelledby="notes">
    <h2 id="notes">What the words mean</h2>
    <dl class="notes">
      ${TERMS.map(
        ([term, meaning]) =>
          html`<dt>${term}</dt>
            <dd>${meaning}</dd> `,
      )}
    </dl>
  </section>`;
