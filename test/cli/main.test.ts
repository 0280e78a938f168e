import { describe, expect, test } from "vitest";
import { reportError } from "../../src/cli/exit.ts";
import { main } from "../../src/cli/main.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { KvtError } from "../../src/errors.ts";
import { formulations } from "../../src/attention/formulations/index.ts";
import { fakeIo, kvt } from "./io.ts";

describe("help", () => {
  test("without a command, kvt lists its commands", async () => {
    const { code, out, err } = await kvt("");
    expect(code).toBe(0);
    expect(err).toBe("");
    for (const { name, summary } of verbs) expect(out).toContain(`${name.padEnd(15)}${summary}`);
    expect(await kvt("--help")).toEqual({ code, out, err });
    expect(await kvt("help")).toEqual({ code, out, err });
  });

  test.each(verbs.map(({ name }) => name))("of %s has examples that call it", async (name) => {
    const { code, out, err } = await kvt(`${name} --help`);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [, examples = ""] = out.split("Examples:\n");
    expect(examples).toMatch(new RegExp(`^  kvt ${name}`));
    expect(await kvt(`help ${name}`)).toEqual({ code, out, err });
  });

  test.each(["compare", "train"])("of %s shows a task's options with both presets and what they are", async (name) => {
    const { out } = await kvt(`${name} --seed 3 reverse --help`);
    expect(out).toMatch(/^ {2}model\.width +64 +256 +integer \S.* +model width C$/m);
    expect(out).toMatch(/^ {2}train\.optimizer +adam +adam \| adamw /m);
  });

  test("of inspect shows the options of the task named by --task", async () => {
    expect((await kvt("inspect --task mnist --help")).out).toContain("model.patch");
  });

  test("of a verb without a task lists the tasks", async () => {
    const { out } = await kvt("compare --help");
    expect(out).toContain('Tasks; "kvt train TASK --help" lists the options of one:');
    expect(out).toContain("fashion-mnist");
  });

  test("--version prints one line", async () => {
    const { code, out, err } = await kvt("--version");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("wrong usage exits with 2, says what was expected and the nearest spelling, and prints nothing on stdout", () => {
  test.each([
    ["compar reverse", 'unknown command "compar"', 'Did you mean "compare"?'],
    ["reverse", 'unknown command "reverse"', 'Did you mean "kvt compare reverse"?'],
    ["compare reverse --seeds 1000000 --attention foo", "Expected a whole number from 1 to 1000.", undefined],
    ["compare reverse --seeds 1000 --attention foo", 'unknown formulation "foo"', undefined],
    ...["compare reverse", "train reverse", "inspect"].map((words): [string, string, string] => [
      `${words} --set model.width=64 --set model.heads=3`,
      'the options do not fit together: attention "block.0.attention": expected a width that 3 heads divide, got 64',
      "Set model.width to a multiple of model.heads.",
    ]),
    [
      "train reverse --set model.heads=4 --set model.keyHeads=3",
      "expected key heads that divide 4 heads, got 3",
      "Set model.keyHeads to a divisor of model.heads, or to 0.",
    ],
    ["compare revers", 'unknown task "revers"', 'Did you mean "reverse"?'],
    ["compare reverse --sed 3", 'unknown option "--sed"', "Did you mean --seed, --set?"],
    ["compare reverse --attention qkv,kvpos", 'unknown formulation "kvpos"', 'Did you mean "kv+pos"?'],
    ["compare reverse --attention kv,kv", 'expected every formulation and seed once, got "kv" twice', undefined],
    ["compare reverse --attention ,", "expected at least one formulation, got none", undefined],
    [
      "compare reverse --seeds 0",
      "Expected a whole number from 1 to 1000.",
      '"kvt compare --help" shows what it expects.',
    ],
    ["train reverse --seed 1.5", "Expected a whole number of at least 0.", '"kvt train --help" shows what it expects.'],
    ["train reverse --attention kvv", 'unknown formulation "kvv"', 'Did you mean "kv"?'],
    ["train reverse --device cudaa", 'unknown device "cudaa"', 'Did you mean "cuda"?'],
    ["train reverse --preset papr", 'unknown preset "papr"', 'Did you mean "paper"?'],
    ["train reverse --set model.widht=8", 'unknown option "model.widht"', "Did you mean model.width?"],
    ["train reverse --set model.width=wide", "model.width: expected an integer ", undefined],
    ["train reverse --set model.width", "--set model.width: expected a value, got none", undefined],
    ["train", 'missing required argument "task"', '"kvt train --help" shows what it expects.'],
    ["train reverse sort", "too many arguments", undefined],
    ["evaluate runs/x --split tset", 'unknown split "tset"', 'Did you mean "test"?'],
    ["attention runs/x --out maps.png", '--out: expected a file that ends in .svg or .json, got "maps.png"', undefined],
    ["attention runs/x --show score", 'unknown kind of map "score"', 'Did you mean "scores"?'],
    ["inspect --task mnis", 'unknown task "mnis"', 'Did you mean "mnist"?'],
    ["data lst", 'unknown action "lst"', 'Did you mean "list"?'],
    ["data verify mnits", 'unknown data set "mnits"', 'Did you mean "mnist"?'],
    ["--jsno", 'unknown option "--jsno"', undefined],
  ])("kvt %s", async (line, message, hint) => {
    const { code, out, err } = await kvt(line);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err).toMatch(/^error: /);
    if (hint !== undefined) expect(err).toContain(`hint: ${hint}`);
    expect(err).not.toContain("\n    at ");
    expect(err.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  });
});

describe("what fails exits with 1", () => {
  test.each([
    ["resume /nowhere", "no run in /nowhere: expected the file run.json"],
    ["attention /nowhere", "no run in /nowhere"],
    ["runs /nowhere", "/nowhere: expected a folder of runs, got nothing"],
    ["data verify --data /nowhere", '--data: expected a folder, got "/nowhere"'],
  ])("kvt %s", async (line, message) => {
    const { code, out, err } = await kvt(line);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain(message);
  });

  test("a fault of our own is one line, with its stack only when asked for", () => {
    const quiet = fakeIo();
    expect(reportError(new TypeError("x is undefined"), quiet.io)).toBe(1);
    expect(quiet.texts.err).toBe(
      "error: internal: x is undefined\nhint: This is a fault of kvt, not yours. KVT_DEBUG=1 shows where it happened.\n",
    );
    const loud = fakeIo({ KVT_DEBUG: "1" });
    reportError(new TypeError("x is undefined"), loud.io);
    expect(loud.texts.err).toContain("main.test.ts");
  });

  test("colours come on a terminal only, and never against NO_COLOR", () => {
    const error = new KvtError("data", "broken");
    const tell = (env: Record<string, string>, isTTY: boolean): string => {
      const { io, texts } = fakeIo(env, { isTTY });
      reportError(error, io);
      return texts.err;
    };
    expect(tell({}, true)).toContain("\u001b[31m");
    expect(tell({}, false)).toBe("error: broken\n");
    expect(tell({ NO_COLOR: "1" }, true)).toBe("error: broken\n");
  });
});

describe("inspect", () => {
  test("lists every formulation with the sizes of the options", async () => {
    const { code, out } = await kvt("inspect --width 32 --heads 1 --layers 1 --length 16");
    expect(code).toBe(0);
    for (const { name } of formulations) expect(out).toMatch(new RegExp(`^${name.replace("+", "\\+")} `, "m"));
    // The author's demonstration: 10,346 parameters with QKV, 9,290 with KV, 9,301 with KV+Pos.
    expect(out).toMatch(/^qkv +10,346 /m);
    expect(out).toMatch(/^kv +9,290 /m);
    expect(out).toMatch(/^kv\+pos +9,301 /m);
  });

  test("--json prints one document and nothing else", async () => {
    const { out, err } = await kvt("inspect --json --set data.length=32");
    const document = JSON.parse(out) as {
      rows: { attention: string; cacheBytesPerToken: number; cacheBytesPerSequence: number }[];
    };
    expect(document).toMatchObject({ task: "reverse", preset: "quick", options: { data: { length: 32 } } });
    expect(document.rows.map(({ attention }) => attention)).toEqual(formulations.map(({ name }) => name));
    for (const row of document.rows) expect(row.cacheBytesPerSequence).toBe(32 * row.cacheBytesPerToken);
    expect(err).toBe("");
  });
});

test("an error thrown while help is put together is told like any other", async () => {
  const { io, texts } = fakeIo();
  io.out.write = () => {
    throw new Error("the pipe broke");
  };
  expect(await main(["--help"], io)).toBe(1);
  expect(texts.err).toContain("internal: the pipe broke");
});
