import { unknownWord } from "../../errors.ts";
import type { Formulation } from "../formulation.ts";
import { k } from "./k.ts";
import { kPos } from "./k-pos.ts";
import { kv } from "./kv.ts";
import { kvPos } from "./kv-pos.ts";
import { qOverKv } from "./q-kv.ts";
import { qkv } from "./qkv.ts";

export const formulations: readonly Formulation[] = [qkv, kv, kvPos, qOverKv, k, kPos];

/** The formulation of a name; a usage error with the nearest spelling for any other word. */
export function findFormulation(name: string): Formulation {
  const found = formulations.find((formulation) => formulation.name === name);
  if (found === undefined)
    throw unknownWord(
      "usage",
      "formulation",
      name,
      formulations.map((f) => f.name),
    );
  return found;
}
