import { imageTask, readMnistFiles } from "./image-task.ts";

/** Which article of clothing is this? 28 x 28 grey pictures, ten classes. */
export const fashionMnist = imageTask({
  name: "fashion-mnist",
  summary: "recognise articles of clothing",
  channels: 1,
  height: 28,
  width: 28,
  classNames: [
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
  ],
  // The statistics of MNIST, as in the paper; a linear map of the input changes little.
  mean: [0.1307],
  std: [0.3081],
  drawing: { margin: 0, centre: "box" },
  quick: { data: { trainSize: 0 }, train: { epochs: 4 } },
  images: (read) => readMnistFiles(read, "fashion-mnist", { height: 28, width: 28, classes: 10 }),
});
