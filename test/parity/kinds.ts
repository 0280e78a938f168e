import { caseSchema, type VectorCase, type VectorFile } from "./format.ts";
import type { Check } from "./check.ts";
import type { Quantity } from "./judge.ts";
import { attentionCase } from "./kinds/attention.ts";
import { bleuChecks } from "./kinds/bleu.ts";
import { blockCase } from "./kinds/block.ts";
import { complexityChecks } from "./kinds/complexity.ts";
import { encoderDecoderCase } from "./kinds/encoder-decoder.ts";
import { lossCase } from "./kinds/loss.ts";
import { modelCase } from "./kinds/model.ts";
import { optimizerChecks } from "./kinds/optimizer.ts";
import { positionalChecks } from "./kinds/positional.ts";
import { primitiveCase } from "./kinds/primitive.ts";
import { trajectoryCase } from "./kinds/trajectory.ts";

interface Kind {
  /** what a file's `kind` says; the first that matches is taken */
  readonly pattern: RegExp;
  readonly checks: (file: VectorFile) => Check[];
}

const eachCase =
  (run: (raw: unknown, file: VectorFile) => Promise<Quantity[]>) =>
  (file: VectorFile): Check[] => {
    const cases: unknown = file["cases"];
    if (!Array.isArray(cases)) throw new Error("cases: expected a list, got none");
    return cases.map((raw: unknown, i) => {
      const { name = undefined } = (raw ?? {}) as { readonly name?: unknown };
      return { name: typeof name === "string" ? name : `case ${i}`, run: async () => run(raw, file) };
    });
  };

const eachVector = (run: (vector: VectorCase, file: VectorFile) => Promise<Quantity[]>) =>
  eachCase((raw, file) => run(caseSchema.parse(raw), file));

const kinds: readonly Kind[] = [
  { pattern: /bleu/i, checks: bleuChecks },
  { pattern: /encoder-decoder/i, checks: eachVector(encoderDecoderCase) },
  { pattern: /numbers.*(layer|block)/i, checks: eachVector(blockCase) },
  { pattern: /trajector/i, checks: eachCase(trajectoryCase) },
  { pattern: /schedule|optimi[sz]er/i, checks: optimizerChecks },
  { pattern: /parameter counts|MACs/i, checks: complexityChecks },
  { pattern: /sinusoid|positional/i, checks: positionalChecks },
  { pattern: /primitive/i, checks: eachVector(primitiveCase) },
  { pattern: /block/i, checks: eachVector(blockCase) },
  { pattern: /\bvit\b|encoder|\bgpt\b/i, checks: eachVector(modelCase) },
  { pattern: /cross-entropy|label-smoothed/i, checks: eachVector(lossCase) },
  { pattern: /attention/i, checks: eachVector(attentionCase) },
];

/** The checks of a file; throws when its kind is not built or it holds none. */
export function checksOf(file: VectorFile): Check[] {
  const kind = kinds.find(({ pattern }) => pattern.test(file.kind));
  if (kind === undefined) throw new Error(`kind "${file.kind}" is not built`);
  const checks = kind.checks(file);
  if (checks.length === 0) throw new Error("expected at least one case, got none");
  return checks;
}
