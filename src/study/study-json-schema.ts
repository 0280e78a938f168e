import { z } from "zod";
import { formulations } from "../attention/formulations/index.ts";
import { isRecord } from "../record.ts";
import { tasks } from "../tasks/index.ts";
import { studySchema } from "./study-schema.ts";

type Json = Record<string, unknown>;

/**
 * JSON Schema of a study's file for editors, with the names of all tasks and formulations and every option with its type
 * and description, so that an editor completes and checks them while one types.
 */
export function studyJsonSchema(): Json {
  const schema = z.toJSONSchema(studySchema, { io: "input" }) as Json;
  const properties = objectAt(schema, "properties");
  const taskNames = { enum: tasks.map(({ name }) => name) };
  const names = { ...objectAt(properties, "attention"), items: { enum: formulations.map(({ name }) => name) } };
  const [name, entry] = alternatives(objectAt(objectAt(properties, "tasks"), "items"));
  const entryProperties = objectAt(entry, "properties");
  const options = optionSchemas();
  const set = { type: "object", additionalProperties: false, properties: options };
  const grid = {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries(options).map(([path, option]) => [
        path,
        { type: "array", minItems: 1, items: option, description: option["description"] },
      ]),
    ),
  };
  const described = (of: Json, key: string, by: Json): Json => ({
    description: objectAt(of, key)["description"],
    ...by,
  });
  const own = {
    ...entryProperties,
    task: described(entryProperties, "task", taskNames),
    set: described(entryProperties, "set", set),
    grid: described(entryProperties, "grid", grid),
  };
  return {
    ...schema,
    title: "A study of kvt",
    properties: {
      ...properties,
      attention: names,
      tasks: {
        ...objectAt(properties, "tasks"),
        items: {
          anyOf: [
            { ...name, ...taskNames },
            { ...entry, properties: own },
          ],
        },
      },
      set: described(properties, "set", set),
      grid: described(properties, "grid", grid),
    },
  };
}

/** Every option that any task has, by its path; where tasks differ in what they take, all of it. */
function optionSchemas(): Record<string, Json> {
  const all = new Map<string, Json[]>();
  for (const { options } of tasks) {
    const { properties = {} } = z.toJSONSchema(options, { io: "input" });
    for (const [group, of] of Object.entries(properties)) {
      for (const [key, option] of Object.entries(objectAt(of as Json, "properties"))) {
        // The default is that of one task; a study's file leaves the option out to have it.
        const { default: _, ...rest } = option as Json;
        const before = all.get(`${group}.${key}`) ?? [];
        if (!before.some((other) => JSON.stringify(other) === JSON.stringify(rest))) {
          all.set(`${group}.${key}`, [...before, rest]);
        }
      }
    }
  }
  return Object.fromEntries(
    [...all].map(([path, found]) => {
      const [first = {}] = found;
      return [path, found.length === 1 ? first : { description: first["description"], anyOf: found }];
    }),
  );
}

function objectAt(of: Json, key: string): Json {
  const value = of[key];
  return isRecord(value) ? value : {};
}

function alternatives(of: Json): [Json, Json] {
  const [first, second] = Array.isArray(of["anyOf"]) ? (of["anyOf"] as Json[]) : [];
  return [first ?? {}, second ?? {}];
}
