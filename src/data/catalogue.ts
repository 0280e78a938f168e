import { unknownWord } from "../errors.ts";
import type { DataSet } from "./data-set.ts";
import { bibleEnEs } from "./sets/bible-en-es.ts";
import { cifar10 } from "./sets/cifar-10.ts";
import { cifar100 } from "./sets/cifar-100.ts";
import { fashionMnist } from "./sets/fashion-mnist.ts";
import { mnist } from "./sets/mnist.ts";
import { multi30k } from "./sets/multi30k.ts";
import { tinyShakespeare } from "./sets/tiny-shakespeare.ts";

/** Every data set that the project can download and check. To add one is to add its file and its line here. */
export const dataSets: readonly DataSet[] = [
  mnist,
  fashionMnist,
  cifar10,
  cifar100,
  tinyShakespeare,
  multi30k,
  bibleEnEs,
];

/** The set of that name. Throws a `usage` error with the nearest name when there is none. */
export function findDataSet(name: string): DataSet {
  const found = dataSets.find((set) => set.name === name);
  if (found !== undefined) return found;
  const names = dataSets.map((set) => set.name);
  throw unknownWord("usage", "data set", name, names);
}
