import { imageTask, readMnistFiles } from "./image-task.ts";

/** Which digit was written? 28 x 28 grey pictures, classes 0 … 9. */
export const mnist = imageTask({
  name: "mnist",
  summary: "recognise handwritten digits",
  channels: 1,
  height: 28,
  width: 28,
  classNames: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
  mean: [0.1307],
  std: [0.3081],
  // In the middle of a box of 20 pixels, by centre of mass (LeCun et al. 1998).
  drawing: { margin: 4, centre: "mass" },
  images: (read) => readMnistFiles(read, "mnist", { height: 28, width: 28, classes: 10 }),
});
