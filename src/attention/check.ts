import { formatShape, shapeError } from "../graph/shape.ts";
import type { AttentionInputs, AttentionOptions } from "./attend.ts";
import { projectionOf } from "./formulation.ts";

/** Throws a shape error unless queries are (B,T,C), memory (B,S,C) and keep (B,S) of one B, C and S. */
export function checkInputs({ queries, memory = queries, keep }: AttentionInputs): void {
  const [batch, , width] = queries.shape;
  if (queries.shape.length !== 3) throw shapeError("attention", "queries (B,T,C)", formatShape(queries.shape));
  if (memory.shape.length !== 3 || memory.shape[0] !== batch || memory.shape[2] !== width) {
    throw shapeError("attention", `memory (B,S,C) = (${batch},S,${width})`, formatShape(memory.shape));
  }
  if (keep !== undefined && formatShape(keep.shape) !== formatShape(memory.shape.slice(0, 2))) {
    throw shapeError("attention", `keep (B,S) = ${formatShape(memory.shape.slice(0, 2))}`, formatShape(keep.shape));
  }
}

/** Throws a shape error unless heads divide the width, and key and value heads divide the heads. */
export function checkHeads(
  { heads, keyHeads = heads, valueHeads = keyHeads, formulation }: AttentionOptions,
  width: number,
): void {
  if (!Number.isInteger(width / heads)) {
    const hint = "Set model.width to a multiple of model.heads.";
    throw shapeError("attention", `a width that ${heads} heads divide`, String(width), hint);
  }
  const counts = { key: keyHeads, value: valueHeads };
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isInteger(heads / count)) continue;
    const hint = `Set model.${name}Heads to a divisor of model.heads, or to 0.`;
    throw shapeError("attention", `${name} heads that divide ${heads} heads`, String(count), hint);
  }
  if (projectionOf(formulation, "value") === "key" && valueHeads !== keyHeads) {
    const expected = `as many value heads as key heads, for values of ${formulation.name} are its keys`;
    const hint = "Set model.valueHeads to 0.";
    throw shapeError("attention", expected, `${valueHeads} and ${keyHeads}`, hint);
  }
}
