/** Signs without a blank before them. */
const CLOSING = /^(?:[.,;:!?%…)\]}’”]|\.{2,}|['’]\p{L}+)$/u;
/** Signs without a blank after them. */
const OPENING = /^[([{¿¡$€£#@]$/u;
/** Signs between words without any blank. */
const JOINING = /^[/‐‑]$/u;
/** The second half of a compound, as in „Obama 08“-Schild. */
const HYPHENATED = /^-\p{L}/u;
/** Words and signs of scripts that are written without blanks. */
const UNSPACED =
  /^[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\u3000-\u303F\uFF00-\uFFEF]+$/u;

/** For each mark that can open a quotation, the marks that close it. */
const QUOTES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ["„", "“”"],
  ["‚", "‘’"],
  ["“", "”“"],
  ["‘", "’"],
  ["«", "»"],
  ["»", "«"],
]);

/**
 * A sentence as people write it, from its tokens: no blank before a full stop or after an opening bracket, and quotation
 * marks stand at what they quote, whether German („ “, » «), English (“ ”, ") or Spanish (« »).
 */
export function detokenise(tokens: readonly string[]): string {
  /** closing marks of the quotations that are open */
  const open: string[] = [];
  let text = "";
  let joined = true;
  let closed = false;
  let previous = "";
  for (const token of tokens) {
    const closes = token !== "" && (open.at(-1)?.includes(token) ?? false);
    const possessive = token === "'" && !closes && /s$/u.test(previous);
    const closedBy = closes || possessive ? undefined : QUOTES.get(token);
    const opens = closedBy !== undefined;
    const attached =
      joined ||
      closes ||
      possessive ||
      (!opens && CLOSING.test(token)) ||
      JOINING.test(token) ||
      (closed && HYPHENATED.test(token)) ||
      (UNSPACED.test(token) && UNSPACED.test(previous));
    text += attached ? token : ` ${token}`;
    if (closes) open.pop();
    if (opens) open.push(closedBy);
    closed = closes;
    joined = opens || OPENING.test(token) || JOINING.test(token);
    previous = token;
  }
  return text;
}
