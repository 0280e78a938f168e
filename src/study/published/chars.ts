import { figures, type Publication } from "./publication.ts";

/**
 * Loss on Tiny Shakespeare after the last iteration, in nats a character: output of the author's notebook
 * `gpt_dev_pos.ipynb`, the mean of its two runs, which are 1.5235 and 1.5051 (qkv), 1.5390 and 1.5570 (kv), 1.5187 and
 * 1.5235 (kv+pos); the deviation is half their distance.
 */
export const chars: Publication = {
  name: "chars",
  summary: "write Shakespeare character by character, a GPT",
  source: "Borji 2023, notebook gpt_dev_pos",
  metric: "loss, nats a character",
  figures: figures("chars", {}, "runs", { qkv: [1.5143, 0.0092], kv: [1.548, 0.009], "kv+pos": [1.5211, 0.0024] }),
  runs: 2,
  settingsOf: () => ({}),
  remarks: [
    { text: "the published loss is a mean over 200 random batches; here every held-out character counts once" },
    { text: "the published loss is measured before the last update; here after it" },
    { text: "published runs share one seed of the program's start; here each formulation has the same seeds" },
  ],
  coreSeconds: { quick: 500, half: 5_000, paper: 40_000 },
};
