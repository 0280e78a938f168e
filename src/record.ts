/** Whether a value is an object with keys, as `{…}` in JSON; arrays are none. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
