import { figures, type Publication } from "./publication.ts";

/**
 * Token accuracy on sequences. Rows qkv, kv and kv+pos: output of the author's notebook `plot.ipynb`, where means and
 * population deviations are over files, one for each configuration and formulation (19 for reverse and sort, of which
 * three are not named, and 16 for the others). The other rows: Kayyam et al. 2026, Table 1, without deviations.
 */
export const synthetic: Publication = {
  name: "synthetic",
  summary: "reverse, sort, swap, sub and copy sequences of digits",
  source: "Borji 2023 (qkv, kv, kv+pos) and Kayyam et al. 2026 (q-kv, k, k+pos)",
  metric: "token accuracy",
  figures: [
    ...figures("reverse", {}, "settings", {
      qkv: [0.6978, 0.38],
      kv: [0.7046, 0.37],
      "kv+pos": [0.7181, 0.35],
      "q-kv": 0.701,
      k: 0.514,
      "k+pos": 0.581,
    }),
    ...figures("sort", {}, "settings", {
      qkv: [0.9708, 0.033],
      kv: [0.9664, 0.035],
      "kv+pos": [0.9628, 0.038],
      "q-kv": 0.958,
      k: 0.939,
      "k+pos": 0.957,
    }),
    ...figures("swap", {}, "settings", {
      qkv: [0.588, 0.42],
      kv: [0.5974, 0.41],
      "kv+pos": [0.6711, 0.37],
      "q-kv": 0.59,
      k: 0.446,
      "k+pos": 0.576,
    }),
    ...["sub", "copy"].flatMap((task) =>
      figures(task, {}, "settings", {
        qkv: [1, 0],
        kv: [1, 0],
        "kv+pos": [1, 0],
        "q-kv": 1,
        k: 1,
        "k+pos": 1,
      }),
    ),
  ],
  runs: 3,
  settingsOf: () => ({
    "data.length": [64, 128],
    "model.width": [64, 256],
    "model.layers": [2, 4],
    "model.heads": [2, 4],
  }),
  remarks: [
    {
      tasks: ["reverse", "sort"],
      text: "the published mean includes three more configurations, which are not named",
    },
    {
      text: "published runs have no seeds and other data for each formulation; here all formulations of a seed see the same",
    },
    {
      text: "the published sums are divided by the number of kv runs, whatever the formulation; here by the own number",
    },
  ],
  coreSeconds: { quick: 1_000, half: 11_000, paper: 440_000 },
};
