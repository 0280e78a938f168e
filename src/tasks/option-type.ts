import { z } from "zod";

/** What one option takes, read from its JSON Schema. */
export interface OptionType {
  /** for lists: "integer from 1 to 512", "adam | adamw", "true | false" */
  readonly text: string;
  /** for errors, after "expected": "an integer from 1 to 512", "one of adam, adamw" */
  readonly expected: string;
  /** the value that a text on the command line means; a text that means none is given back for the schema to refuse */
  readonly parse: (text: string) => unknown;
}

type Json = z.core.JSONSchema.BaseSchema;

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: Json): string {
  // Integers carry the range of exact float64 integers, which says nothing to a reader.
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  const parts = [
    low !== undefined && high !== undefined ? `from ${low} to ${high}` : "",
    low !== undefined && high === undefined ? `of at least ${low}` : "",
    low === undefined && high !== undefined ? `of at most ${high}` : "",
    exclusiveMinimum === undefined ? "" : `above ${exclusiveMinimum}`,
    exclusiveMaximum === undefined ? "" : `below ${exclusiveMaximum}`,
  ];
  const range = parts.filter((part) => part !== "").join(" and ");
  const multiple = multipleOf === undefined ? "" : `, a multiple of ${multipleOf}`;
  return `${range === "" ? "" : ` ${range}`}${multiple}`;
}

function parseNumber(text: string): unknown {
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

function optionType(schema: Json): OptionType {
  if (schema.enum !== undefined) {
    const words = schema.enum.map(String);
    return { text: words.join(" | "), expected: `one of ${words.join(", ")}`, parse: (text) => text };
  }
  if (schema.type === "integer") {
    return { text: `integer${bounds(schema)}`, expected: `an integer${bounds(schema)}`, parse: parseNumber };
  }
  if (schema.type === "number") {
    return { text: `number${bounds(schema)}`, expected: `a number${bounds(schema)}`, parse: parseNumber };
  }
  if (schema.type === "boolean") {
    const parse = (text: string): unknown => ({ true: true, false: false })[text] ?? text;
    return { text: "true | false", expected: "true or false", parse };
  }
  return { text: "text", expected: "text", parse: (text) => text };
}

/** One option of a task, such as `model.width`. */
export interface OptionEntry {
  readonly group: string;
  readonly key: string;
  /** group and key joined by a dot */
  readonly path: string;
  readonly type: OptionType;
  readonly description: string;
}

function objectSchema(schema: Json | boolean | undefined): Json {
  return typeof schema === "object" ? schema : {};
}

/** The options of a schema with the groups model, data and train, in the order of the schema. */
export function optionEntries(options: z.ZodType): readonly OptionEntry[] {
  const { properties = {} } = z.toJSONSchema(options, { io: "input" });
  return Object.entries(properties).flatMap(([group, groupSchema]) =>
    Object.entries(objectSchema(groupSchema).properties ?? {}).map(([key, keySchema]) => {
      const schema = objectSchema(keySchema);
      const description = schema.description ?? "";
      return { group, key, path: `${group}.${key}`, type: optionType(schema), description };
    }),
  );
}
