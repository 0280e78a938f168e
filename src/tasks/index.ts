import { unknownWord } from "../errors.ts";
import { anomaly } from "./anomaly.ts";
import { chars } from "./chars.ts";
import { cifar10 } from "./cifar-10.ts";
import { cifar100 } from "./cifar-100.ts";
import { copy } from "./copy.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { mnist } from "./mnist.ts";
import { numbers } from "./numbers.ts";
import { reverse } from "./reverse.ts";
import { sort } from "./sort.ts";
import { sub } from "./sub.ts";
import { swap } from "./swap.ts";
import type { Task } from "./task.ts";
import { translate } from "./translate.ts";

/** Every task. To add one is to add its file and its line here. */
export const tasks: readonly Task[] = [
  reverse,
  sort,
  swap,
  sub,
  copy,
  mnist,
  fashionMnist,
  cifar10,
  cifar100,
  anomaly,
  chars,
  numbers,
  translate,
];

/** The task of that name. Throws a `usage` error with the nearest name when there is none. */
export function findTask(name: string): Task {
  const found = tasks.find((task) => task.name === name);
  if (found !== undefined) return found;
  const names = tasks.map((task) => task.name);
  throw unknownWord("usage", "task", name, names);
}
