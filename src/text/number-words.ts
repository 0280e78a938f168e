const SMALL =
  "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** A number from 1 to 9,999 in English words, without hyphens and "and": 1,234 is one thousand two hundred thirty four. */
export function numberWords(number: number): string[] {
  if (number === 0) return [];
  if (number < 20) return [SMALL[number - 1] as string];
  if (number < 100) return [TENS[Math.floor(number / 10) - 2] as string, ...numberWords(number % 10)];
  const [unit, name] = number < 1000 ? ([100, "hundred"] as const) : ([1000, "thousand"] as const);
  return [SMALL[Math.floor(number / unit) - 1] as string, name, ...numberWords(number % unit)];
}
