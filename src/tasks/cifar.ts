import type { ImageTaskDefinition } from "./image-task.ts";

/**
 * What CIFAR-10 and CIFAR-100 share, statistics of CIFAR-10 included, as in the paper. The author's setting is at one
 * point of his grid (width 128, 256 or 512, 2 or 4 layers, 2 or 4 heads): 256, 4, 4.
 */
export function cifarSettings(
  epochs: number,
): Pick<ImageTaskDefinition, "channels" | "height" | "width" | "mean" | "std" | "quick" | "paper"> {
  return {
    channels: 3,
    height: 32,
    width: 32,
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.247, 0.2435, 0.2616],
    quick: {
      model: { patch: 8, width: 64 },
      data: { trainSize: 0, validationSize: 1_000, augment: true },
      train: { epochs: 12, rate: 2e-3 },
    },
    paper: {
      model: { patch: 8, width: 256, layers: 4, heads: 4 },
      data: { trainSize: 0, validationSize: 5_000, testSize: 0, augment: true },
      train: { epochs, batch: 128, rate: 1e-3, schedule: "constant", warmup: 0, evaluations: 2 },
    },
  };
}
