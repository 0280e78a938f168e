const ENTITIES: readonly (readonly [string, string])[] = [
  ["&quot;", '"'],
  ["&amp;", "&"],
  ["&lt;", "<"],
  ["&gt;", ">"],
];

/** ASCII signs but . , - and ', each a token of its own. */
const SIGN = /[ -&(-+:-@/[-`{-~]/gu;

/**
 * Tokens of mteval-v13a, as sacrebleu counts them: signs stand alone, full stops and commas too unless digits are on
 * both sides, a hyphen where it follows a digit.
 */
export function tokens13a(text: string): readonly string[] {
  let line = text.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
  for (const [entity, sign] of ENTITIES) line = line.replaceAll(entity, sign);
  line = ` ${line} `
    .replace(SIGN, " $& ")
    .replace(/([^0-9])([.,])/gu, "$1 $2 ")
    .replace(/([.,])([^0-9])/gu, " $1 $2")
    .replace(/([0-9])(-)/gu, "$1 $2 ");
  return line.split(/\s+/u).filter((token) => token !== "");
}
