import { figures, type Publication, type PublishedFigure } from "./publication.ts";

const at = (width: number, heads: number, values: Parameters<typeof figures>[3]): PublishedFigure[] =>
  figures("translate", { "model.width": width, "model.heads": heads }, "runs", values);

/**
 * English to German on Multi30k, corpus BLEU-4 of the test sentences after epoch 20, computed from the log of the
 * author's notebook `translation_transformer_pos.ipynb`, means of two runs. The log ends in the middle of width 256, and
 * there is none from German to English.
 */
export const translate: Publication = {
  name: "translate",
  summary: "English to German, Multi30k, two widths with one and four heads",
  source: "Borji 2023, log of the notebook translation_transformer_pos",
  metric: "BLEU, 0 … 1",
  figures: [
    ...at(64, 1, { qkv: 0.3674, kv: 0.3544, "kv+pos": 0.3095 }),
    ...at(64, 4, { qkv: 0.3785, kv: 0.358, "kv+pos": 0.3456 }),
    ...at(128, 1, { qkv: 0.3693, kv: 0.3636, "kv+pos": 0.3401 }),
    ...at(128, 4, { qkv: 0.3793, kv: 0.3774, "kv+pos": 0.3483 }),
    ...figures("translate", {}, "settings", {
      qkv: [0.3736, 0.0053],
      kv: [0.3634, 0.0087],
      "kv+pos": [0.3359, 0.0155],
    }),
  ],
  runs: 2,
  // The rate is width^(−½) · 4000^(−½).
  settingsOf: () => ({
    "model.width": [64, 128],
    "model.heads": [1, 4],
    "train.rate": [1.9764e-3, 1.3975e-3],
    "bleu.keepSpecials": [true],
  }),
  remarks: [
    {
      text: "published cross-attention takes the keys for queries when both texts are equally long; here it never does",
    },
    { text: "the published log ends before width 256 is complete; it is not repeated here" },
    { text: "published kv keeps three projections; here it has two" },
    { text: "the published loss divides by all words, padding too; here by the words that are there" },
    { text: "published texts are cut into words by spaCy; here by rules of our own, so the vocabularies differ" },
  ],
  coreSeconds: { quick: 1_500, half: 9_000, paper: 85_000 },
};
