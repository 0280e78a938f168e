import type { DataFile, DataSet } from "../data-set.ts";

/** The archive's checksum is its makers', those of the files are the ones that MXNet's loader knows them by. */
function batch(name: string, sha1: string): DataFile {
  return {
    name,
    bytes: 30_730_000,
    checksum: { kind: "sha1", value: sha1 },
    content: { kind: "cifar", classes: [10], rows: 10_000 },
  };
}

export const cifar10: DataSet = {
  name: "cifar-10",
  summary: "photographs, 32 x 32 colour, 10 classes, 50,000 + 10,000",
  licence: "none stated; cite Krizhevsky 2009",
  mirrors: ["https://www.cs.toronto.edu/~kriz/"],
  archive: {
    name: "cifar-10-binary.tar.gz",
    bytes: 170_052_171,
    checksum: { kind: "md5", value: "c32a1d4ab5d03f1284b67883e8d87530" },
    extras: ["batches.meta.txt"],
  },
  files: [
    batch("data_batch_1.bin", "aadd24acce27caa71bf4b10992e9e7b2d74c2540"),
    batch("data_batch_2.bin", "c0ba65cce70568cd57b4e03e9ac8d2a5367c1795"),
    batch("data_batch_3.bin", "1dd00a74ab1d17a6e7d73e185b69dbf31242f295"),
    batch("data_batch_4.bin", "aab85764eb3584312d3c7f65fd2fd016e36a258e"),
    batch("data_batch_5.bin", "26e2849e66a845b7f1e4614ae70f4889ae604628"),
    batch("test_batch.bin", "67eb016db431130d61cd03c7ad570b013799c88c"),
  ],
};
