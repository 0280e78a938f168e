import { figures, type Publication } from "./publication.ts";

type Row = readonly [
  rate: number,
  length: number,
  qkv: readonly [number, number],
  kv: readonly [number, number],
  kvPos: readonly [number, number],
];

/** rate, words, and for each formulation the accuracy and its deviation over five runs */
const rows: readonly Row[] = [
  [1e-3, 16, [0.7252, 0.023], [0.6868, 0.034], [0.7216, 0.02]],
  [1e-3, 32, [0.6513, 0.04], [0.4556, 0.082], [0.6206, 0.041]],
  [1e-3, 64, [0.273, 0.011], [0.267, 0.013], [0.2674, 0.018]],
  [1e-3, 128, [0.2098, 0.014], [0.2262, 0.038], [0.2388, 0.019]],
  [1e-4, 16, [0.3847, 0.044], [0.2452, 0.023], [0.367, 0.034]],
  [1e-4, 32, [0.1858, 0.024], [0.1991, 0.014], [0.1867, 0.042]],
  [1e-4, 64, [0.1372, 0.008], [0.1399, 0.028], [0.1329, 0.017]],
  [1e-4, 128, [0.1385, 0.007], [0.1408, 0.009], [0.1423, 0.021]],
];

/**
 * Next-word accuracy after the last epoch, computed from the logs of the author's notebook `numbers_pos.ipynb` (120
 * runs): the mean of five runs with their population deviation; the mean of all is over the 40 runs of a formulation.
 */
export const numbers: Publication = {
  name: "numbers",
  summary: "count to 9,999 in words",
  source: "Borji 2023, logs of the notebook numbers_pos",
  metric: "accuracy",
  figures: [
    ...rows.flatMap(([rate, length, qkv, kv, kvPos]) =>
      figures("numbers", { "train.rate": rate, "data.length": length }, "runs", { qkv, kv, "kv+pos": kvPos }),
    ),
    ...figures("numbers", {}, "runs", { qkv: [0.3382, 0.218], kv: [0.2951, 0.179], "kv+pos": [0.3347, 0.21] }),
  ],
  runs: 5,
  settingsOf: () => ({ "train.rate": [1e-3, 1e-4], "data.length": [16, 32, 64, 128] }),
  remarks: [
    {
      text: "published validation leaves out up to a third of the windows, drawn at random; here all of them count",
    },
  ],
  coreSeconds: { quick: 130, half: 640, paper: 1_600 },
};
