import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { formulations } from "../../src/attention/formulations/index.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { dataSets } from "../../src/data/catalogue.ts";
import { random } from "../../src/random.ts";
import { tasks } from "../../src/tasks/index.ts";
import { listOptions } from "../../src/tasks/options.ts";
import type { SequenceTask } from "../../src/tasks/sequence-task.ts";
import { kvt } from "../cli/io.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (page: string): string => readFileSync(path.join(root, page), "utf8");

/** Titles of a page, without code marks. */
const headings = (page: string): string[] =>
  [...outsideCode(read(page)).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title.replaceAll("`", ""));

const outsideCode = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, "");

/** The anchor that a title gets on the pages of a repository. */
const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const pages = [
  ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name)),
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md"].filter((name) =>
    existsSync(path.join(root, name)),
  ),
];

test.each(pages)("every link of %s leads somewhere", (page) => {
  for (const [, link = ""] of outsideCode(read(page)).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
    const [file = "", fragment] = link.split("#");
    const target = file === "" ? page : path.join(path.dirname(page), file);
    expect(existsSync(path.join(root, target)), `${link} in ${page}`).toBe(true);
    if (fragment !== undefined) expect(headings(target).map(anchor), link).toContain(fragment);
  }
});

test.each(pages.filter((page) => page !== "docs/README.md" && page.startsWith("docs/")))(
  "%s can be reached from the index",
  (page) => {
    const index = page.startsWith("docs/tasks/")
      ? "docs/tasks.md"
      : page.startsWith("docs/formulations/") && !page.endsWith("README.md")
        ? "docs/formulations/README.md"
        : "docs/README.md";
    expect(read(index)).toContain(`](${path.relative(path.dirname(index), page)})`);
  },
);

describe("the command line's page", () => {
  test.each(verbs.map(({ name, summary }) => [name, summary]))("has kvt %s, with an example", async (name) => {
    expect(headings("docs/cli.md")).toContain(name);
    const verb = await verbs.find((entry) => entry.name === name)?.load();
    for (const example of verb?.examples ?? []) expect(read("docs/cli.md")).toContain(`    ${example}\n`);
  });
});

test.each(formulations.map((formulation) => [formulation.name, formulation] as const))(
  "the formulation %s has a page with its projections and source",
  (name, { positionMap, source }) => {
    const page = read(`docs/formulations/${name.replace("+", "-")}.md`);
    expect(page).toMatch(new RegExp(`^# \`${name.replace("+", "\\+")}\`\n`));
    for (const heading of ["## Cost", "## When to use it", "## What is reported"]) expect(page).toContain(heading);
    expect(page.includes("position map: m weights and a bias")).toBe(positionMap);
    expect(page).toContain(source.split(",")[0]?.split(";")[0] ?? "");
  },
);

describe("the pages of tasks", () => {
  /** Rows of the table of options in a text: option → [quick, paper, what it is]. */
  const optionRows = (section: string): Map<string, string[]> =>
    new Map(
      [...section.matchAll(/^\| `(\w+\.\w+)` +\| (.*?) +\| (.*?) +\| (.*?) +\|$/gm)].map(
        ([, option = "", ...cells]): [string, string[]] => [option, cells],
      ),
    );
  const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  const pageOf = (task: string): string => read(`docs/tasks/${task}.md`);
  /** The rows of the page that a page links to as its options, which tasks of one kind share, and its own before them. */
  const optionsOf = (page: string): Map<string, string[]> => {
    const shared = /\]\(([\w-]+\.md)#options\)/.exec(page)?.[1];
    return new Map([...(shared === undefined ? [] : optionRows(read(`docs/tasks/${shared}`))), ...optionRows(page)]);
  };

  test.each(tasks.map((task) => [task.name, task] as const))(
    "have %s with the options of both presets, and no others",
    (name, task) => {
      expect(headings(`docs/tasks/${name}.md`)[0]).toBe(name);
      const rows = optionsOf(pageOf(name));
      const options = listOptions(task);
      for (const { path: option, default: quick, paper, description } of options) {
        const row = rows.get(option);
        // The description of an option of one task may say more than that of its kind.
        expect([option, row?.[0], row?.[1]]).toEqual([option, text(quick), text(paper)]);
        expect(description).toContain(row?.[2]);
      }
      expect([...rows.keys()].filter((option) => !options.some((known) => known.path === option))).toEqual([]);
    },
  );

  test.each(tasks.filter((task): task is SequenceTask => "example" in task).map((task) => [task.name, task] as const))(
    "show two examples of %s that hold",
    (name, { example }) => {
      const shown = [...pageOf(name).matchAll(/^- `([\d ]+)` → `([\d ]+)` — /gm)];
      expect(shown).toHaveLength(2);
      for (const [, given = "", wanted = ""] of shown) {
        const input = Int32Array.from(given.split(" "), Number);
        const known = { ...random(0, "unused"), integers: () => input };
        expect(example(known, { length: input.length, symbols: 10 }).target.join(" ")).toBe(wanted);
      }
    },
  );
});

test("every kind of error has a wrong and a right example", () => {
  const kinds = [...(/ErrorKind =([^;]+);/.exec(read("src/errors.ts"))?.[1] ?? "").matchAll(/\| "(\w+)"/g)].map(
    ([, kind = ""]) => kind,
  );
  expect(kinds).toContain("disk");
  const sections = read("docs/errors.md").split("\n## ").slice(1);
  expect(sections.map((section) => section.split("\n")[0])).toEqual(kinds);
  for (const section of sections) {
    expect(section).toContain("\nWrong: ");
    expect(section).toContain("\n    error: ");
    expect(section).toContain("\nRight: ");
  }
});

test("the errors of wrong usage and of wrong shapes are those that kvt tells", async () => {
  const [, shape = "", usage = ""] = read("docs/errors.md").split("\n## ");
  const examples = [...`${shape}${usage}`.matchAll(/^ {4}\$ kvt (.*)\n((?: {4}(?:error|hint): .*\n)+)/gm)];
  expect(examples.length).toBeGreaterThan(2);
  for (const [, line = "", told = ""] of examples) expect((await kvt(line)).err).toBe(told.replaceAll(/^ {4}/gm, ""));
});

test.each(dataSets.map(({ name, licence }) => [name, licence]))(
  "the page of data sets has %s and its licence",
  (name, licence) => {
    expect(read("docs/data.md")).toMatch(new RegExp(`^\\| \`${name}\` .*${licence.replace(/[()]/g, "\\$&")}`, "m"));
  },
);
