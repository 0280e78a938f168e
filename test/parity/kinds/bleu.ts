import { z } from "zod";
import { ndarray } from "../../../src/graph/index.ts";
import { nltkBleu, sacreBleu, type BleuCounts } from "../../../src/text/bleu.ts";
import { tokens13a } from "../../../src/text/tokens-13a.ts";
import type { Check } from "../check.ts";
import { EXACT, type Quantity, type Tolerance } from "../judge.ts";

const counts = z.looseObject({
  matches: z.array(z.number()),
  totals: z.array(z.number()),
  hypLength: z.number(),
  refLength: z.number(),
});
type Counts = z.output<typeof counts>;

const corpusSchema = z.looseObject({
  name: z.string(),
  hypotheses: z.array(z.string()),
  references: z.array(z.array(z.string())),
  nltk: counts.extend({ tokenisation: z.literal("whitespace"), value: z.number() }),
  sacrebleu13a: counts.extend({
    hypTokens: z.array(z.array(z.string())),
    refTokens: z.array(z.array(z.array(z.string()))),
    bp: z.number(),
    precisions: z.array(z.number()),
    exp: z.number(),
    none: z.number(),
  }),
});

const fileSchema = z.looseObject({ corpora: z.array(z.unknown()).default([]) });

export function bleuChecks(raw: unknown): Check[] {
  return fileSchema.parse(raw).corpora.map((given, i) => {
    const { name = `corpus ${i}` } = (given ?? {}) as { readonly name?: string };
    return { name, run: () => Promise.resolve(bleuCase(corpusSchema.parse(given))) };
  });
}

function quantity(
  name: string,
  expected: readonly number[],
  actual: readonly number[],
  tolerance?: Tolerance,
): Quantity {
  return { name, expected: ndarray([expected.length], expected), float64: ndarray([actual.length], actual), tolerance };
}

const countQuantities = (name: string, expected: Counts, actual: BleuCounts): Quantity[] => [
  quantity(`${name} matches`, expected.matches, actual.matches, EXACT),
  quantity(`${name} totals`, expected.totals, actual.totals, EXACT),
  quantity(
    `${name} lengths`,
    [expected.hypLength, expected.refLength],
    [actual.hypothesisLength, actual.referenceLength],
    EXACT,
  ),
];

/** A score, and its logarithm where it is above 0: 1e-78 and 1e-155 differ too. */
const scoreQuantities = (name: string, expected: number, actual: number): Quantity[] => [
  quantity(name, [expected], [actual]),
  ...(expected > 0 ? [quantity(`log ${name}`, [Math.log(expected)], [Math.log(actual)])] : []),
];

function bleuCase({ hypotheses, references, nltk, sacrebleu13a: sacre }: z.output<typeof corpusSchema>): Quantity[] {
  const words = (text: string) => text.split(" ").filter((word) => word !== "");
  const ours = nltkBleu(
    hypotheses.map(words),
    references.map((given) => given.map(words)),
  );
  const [exp, none] = [sacreBleu(hypotheses, references, "exp"), sacreBleu(hypotheses, references, "none")];
  const same = (a: unknown, b: unknown) => Number(JSON.stringify(a) === JSON.stringify(b));
  const tokens = [
    same(sacre.hypTokens, hypotheses.map(tokens13a)),
    same(
      sacre.refTokens,
      references.map((given) => given.map(tokens13a)),
    ),
  ];
  return [
    ...countQuantities("nltk", nltk, ours),
    ...scoreQuantities("nltk", nltk.value, ours.score),
    quantity("sacrebleu tokens are the same", [1, 1], tokens, EXACT),
    ...countQuantities("sacrebleu", sacre, exp),
    quantity("sacrebleu brevity penalty", [sacre.bp], [exp.brevityPenalty]),
    quantity("sacrebleu precisions", sacre.precisions, exp.precisions),
    ...scoreQuantities("sacrebleu exp", sacre.exp, exp.score),
    ...scoreQuantities("sacrebleu none", sacre.none, none.score),
  ];
}
