/** Whether a value is an object with keys, as `{…}` in JSON; arrays are none. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The values of nested objects by their paths, as `--set` names them: { model: { width: 64 } } → { "model.width": 64 }. */
export function flatten(value: unknown, at = ""): Record<string, unknown> {
  if (!isRecord(value)) return at === "" ? {} : { [at]: value };
  const entries = Object.entries(value).map(([key, inner]) => flatten(inner, at === "" ? key : `${at}.${key}`));
  return Object.assign({}, ...entries) as Record<string, unknown>;
}
