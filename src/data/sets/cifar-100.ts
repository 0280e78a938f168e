import type { DataFile, DataSet } from "../data-set.ts";

const ROW_BYTES = 3_074;

/** The archive's checksum is its makers', those of the files are the ones that MXNet's loader knows them by. */
function part(name: string, rows: number, sha1: string): DataFile {
  return {
    name,
    bytes: rows * ROW_BYTES,
    checksum: { kind: "sha1", value: sha1 },
    content: { kind: "cifar", classes: [20, 100], rows },
  };
}

export const cifar100: DataSet = {
  name: "cifar-100",
  summary: "photographs, 32 x 32 colour, 100 classes, 50,000 + 10,000",
  licence: "none stated; cite Krizhevsky 2009",
  mirrors: ["https://www.cs.toronto.edu/~kriz/"],
  archive: {
    name: "cifar-100-binary.tar.gz",
    bytes: 168_513_733,
    checksum: { kind: "md5", value: "03b5dce01913d631647c71ecec9e9cb8" },
    extras: ["coarse_label_names.txt", "fine_label_names.txt"],
  },
  files: [
    part("train.bin", 50_000, "e207cd2e05b73b1393c74c7f5e7bea451d63e08e"),
    part("test.bin", 10_000, "8fb6623e830365ff53cf14adec797474f5478006"),
  ],
};
