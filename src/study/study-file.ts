import { readFileSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { errorCode, onDisk } from "../disk.ts";
import { KvtError, nearest } from "../errors.ts";
import { studySchema, type StudyInput } from "./study-schema.ts";

/** Place of a value in a study file, such as ["grid", "model.width", 1]. */
export type StudyPath = readonly (string | number)[];

/** A study as its file says it, with its mistakes told by line. */
export interface StudyFile {
  readonly file: string;
  readonly name: string;
  readonly input: StudyInput;
  /** a `usage` error at a place in the file */
  errorAt(place: StudyPath, message: string, hint?: string): KvtError;
}

/** Reads a study's file, YAML or JSON. Throws a `usage` error with the line and, for a misspelt word, the nearest one. */
export async function readStudyFile(file: string): Promise<StudyFile> {
  return parseStudyFile(file, readText(file));
}

function readText(file: string): string {
  return onDisk("read", file, () => {
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      const got = { ENOENT: "nothing", EISDIR: "a folder" }[errorCode(error) ?? ""];
      if (got === undefined) throw error;
      throw new KvtError("usage", `${file}: expected a study's file, got ${got}`, {
        hint: "The smallest study is: { tasks: [copy], attention: [qkv, kv], seeds: 2 }",
      });
    }
  });
}

/** The same for a text. JSON is YAML too. */
export async function parseStudyFile(file: string, text: string): Promise<StudyFile> {
  const { isCollection, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const errorAtOffset = (offset: number, message: string, hint?: string): KvtError =>
    new KvtError("usage", `${file}:${lines.linePos(offset).line}: ${message}`, hint === undefined ? {} : { hint });

  /** Where the value stands, or its key, or the nearest thing around it. */
  const offsetOf = (place: StudyPath, key: boolean): number => {
    let node: unknown = document.contents;
    let offset = 0;
    for (const [depth, step] of place.entries()) {
      if (!isCollection(node)) break;
      const isLast = depth === place.length - 1;
      const pair = isMap(node)
        ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step))
        : undefined;
      const inner: unknown = pair === undefined ? node.get(step, true) : key && isLast ? pair.key : pair.value;
      const found = isPair(inner) ? inner.value : inner;
      if (isNode(found) && found.range) offset = found.range[0];
      else if (pair !== undefined && isNode(pair.key) && pair.key.range) offset = pair.key.range[0];
      node = found;
    }
    return offset;
  };

  const [broken] = document.errors;
  if (broken !== undefined) {
    throw errorAtOffset(broken.pos[0], `expected YAML or JSON: ${broken.message.replace(/\s+/g, " ")}`);
  }
  const raw: unknown = document.toJS();
  const result = studySchema.safeParse(raw);
  // A misspelt key first: it also makes the right one missing.
  const issues = result.error?.issues ?? [];
  const issue = deepest(issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]);
  if (issue !== undefined) {
    const extra = issue.code === "unrecognized_keys" ? [issue.keys[0] ?? ""] : [];
    const place = [...issue.path, ...extra].map((step) => (typeof step === "number" ? step : String(step)));
    throw errorAtOffset(offsetOf(place, extra.length > 0), ...wording(issue, place, raw));
  }
  const input = result.data as StudyInput;
  return {
    file,
    name: input.name ?? nameOf(file),
    input,
    errorAt: (place, message, hint) => errorAtOffset(offsetOf(place, true), message, hint),
  };
}

/** A name that serves as a folder's, from a file's. */
const nameOf = (file: string): string => path.parse(file).name.replace(/[^\w.+-]+/g, "-") || "study";

type Issue = z.core.$ZodIssue;

/** What is wrong inside the alternative that comes nearest, for a union says only that none fits. */
function deepest(issue: Issue | undefined): Issue | undefined {
  if (issue?.code !== "invalid_union") return issue;
  const inner = issue.errors
    .flatMap((issues) => issues.slice(0, 1))
    .filter(({ path: steps, code }) => steps.length > 0 || code === "unrecognized_keys")
    .at(0);
  return inner === undefined ? issue : deepest({ ...inner, path: [...issue.path, ...inner.path] });
}

const known: readonly [RegExp, readonly string[]][] = [
  [/^$/, Object.keys(studySchema.shape)],
  [/^tasks\.\d+$/, ["task", "preset", "set", "grid"]],
  [/^budget$/, ["steps", "macs", "time"]],
];

/** Message and hint of what the schema found. */
function wording(issue: Issue, place: StudyPath, raw: unknown): [message: string, hint: string | undefined] {
  const name = place.join(".");
  if (issue.code === "unrecognized_keys") {
    const parent = place.slice(0, -1).join(".");
    const keys = known.find(([pattern]) => pattern.test(parent))?.[1] ?? [];
    const near = nearest(String(place.at(-1)), keys);
    return [
      `unknown key "${name}": expected one of ${keys.join(", ")}`,
      near === undefined ? undefined : `Did you mean "${near}"?`,
    ];
  }
  const got = place.reduce<unknown>((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], raw);
  return [`${name === "" ? "the file" : name}: expected ${expectation(issue, place)}, got ${shown(got)}`, undefined];
}

function expectation(issue: Issue, place: StudyPath): string {
  const [first, second] = place.map(String);
  if (place.length === 0) return "an object with tasks, attention and more";
  if (first === "seeds") return "a whole number from 1 to 10000, or a list of seeds from 0";
  if (first === "budget" && second === "time") return "a time such as 30s, 20m or 2h";
  if (first === "budget" && second === "macs") return "a number above 0";
  if (first === "budget" && second === "steps") return "a whole number of at least 1";
  if (place.length === 1 && (first === "attention" || first === "tasks")) {
    return issue.code === "too_small"
      ? "at least one value"
      : `a list, such as [${first === "tasks" ? "copy" : "qkv, kv"}]`;
  }
  if (first === "threads") return "a whole number from 1 to 1024";
  if (first === "name") return "letters, digits and . _ + - alone";
  if (issue.code === "too_small" && issue.origin === "array") return "at least one value";
  if (issue.code === "invalid_value") return `one of ${issue.values.join(", ")}`;
  if (place.at(-2) === "grid") return "a list of values";
  if (issue.code === "invalid_type") return `${/^[aeio]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`;
  if (place.includes("grid") || place.includes("set")) {
    const inGrid = place.lastIndexOf("grid") === place.length - 2;
    return inGrid ? "a list of numbers, texts, true or false" : "a number, a text, true or false";
  }
  if (first === "tasks") return "a task's name, or an object with task, set, grid and preset";
  return issue.message.replace(/^.*expected /i, "").replace(/, received.*$/, "");
}

const shown = (value: unknown): string =>
  typeof value === "number"
    ? String(value)
    : (value === null ? "nothing" : (JSON.stringify(value) ?? "nothing")).slice(0, 80);
