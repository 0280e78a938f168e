import { gzipText, type DataSet } from "../data-set.ts";

export const multi30k: DataSet = {
  name: "multi30k",
  summary: "captions of pictures in English and German, 29,000 + 1,014 + 1,000 pairs",
  licence: "none stated, for research and education; cite Elliott et al. 2016",
  mirrors: ["https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"],
  files: [
    gzipText(
      29_000,
      "train.de.gz",
      [637_044, "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6"],
      [2_110_398, "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72"],
    ),
    gzipText(
      29_000,
      "train.en.gz",
      [568_929, "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f"],
      [1_801_238, "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6"],
    ),
    gzipText(
      1_014,
      "val.de.gz",
      [24_681, "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a"],
      [75_981, "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660"],
    ),
    gzipText(
      1_014,
      "val.en.gz",
      [21_650, "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28"],
      [63_297, "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227"],
    ),
    gzipText(
      1_000,
      "test_2016_flickr.de.gz",
      [22_890, "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8"],
      [70_649, "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16"],
    ),
    gzipText(
      1_000,
      "test_2016_flickr.en.gz",
      [21_077, "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9"],
      [62_076, "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182"],
    ),
  ],
};
