import { z } from "zod";

/** The same options with other defaults: `withDefaults(trainOptions, { epochs: 20 })`. */
export function withDefaults<S extends z.ZodRawShape>(
  schema: z.ZodObject<S, z.core.$strict>,
  defaults: Partial<z.output<z.ZodObject<S>>>,
): z.ZodObject<S, z.core.$strict> {
  const shape: Record<string, z.core.$ZodType> = { ...schema.shape };
  for (const [key, value] of Object.entries(defaults)) {
    const field = shape[key];
    if (!(field instanceof z.ZodDefault)) continue;
    const changed = z._default(field.unwrap(), value);
    shape[key] = field.description === undefined ? changed : changed.describe(field.description);
  }
  return z.strictObject(shape as S);
}
