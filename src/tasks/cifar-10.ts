import { readCifar } from "../data/cifar.ts";
import { cifarSettings } from "./cifar.ts";
import { imageTask } from "./image-task.ts";

/** What does this photograph show? 32 x 32 colour pictures, ten classes. */
export const cifar10 = imageTask({
  ...cifarSettings(40),
  name: "cifar-10",
  summary: "recognise what small photographs show, 10 classes",
  classNames: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
  images: (read) =>
    readCifar(read, {
      set: "cifar-10",
      train: ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"],
      test: "test_batch.bin",
      labelBytes: 1,
      classes: 10,
    }),
});
