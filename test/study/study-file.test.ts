import { describe, expect, it } from "vitest";
import { KvtError } from "../../src/errors.ts";
import { findTask } from "../../src/tasks/index.ts";
import { resolveOptions } from "../../src/tasks/options.ts";
import { fittingCost } from "../../src/study/fitting-cost.ts";
import { planStudy } from "../../src/study/plan-cells.ts";
import { countCells, resolveStudy } from "../../src/study/study.ts";
import { parseStudyFile, readStudyFile } from "../../src/study/study-file.ts";

const study = async (text: string) =>
  resolveStudy(await parseStudyFile("some/widths.yaml", text), { findTask, resolveOptions });

/** Message and hint of the error that a file is refused with. */
async function refusal(text: string): Promise<string[]> {
  try {
    await study(text);
  } catch (error) {
    if (!(error instanceof KvtError)) throw error;
    expect(error.kind).toBe("usage");
    return [error.message, ...(error.hint === undefined ? [] : [error.hint])];
  }
  throw new Error("it was taken");
}

describe("a study's file", () => {
  it("may be the smallest", async () => {
    const smallest = await study("tasks: [copy]\nattention: [qkv, kv]\nseeds: 2\npreset: quick\n");
    expect(smallest).toMatchObject({
      name: "widths",
      attention: ["qkv", "kv"],
      seeds: [1, 2],
      device: "cpu",
      threads: 1,
    });
    expect(smallest.settings).toHaveLength(1);
    expect(smallest.settings[0]).toMatchObject({ task: "copy", preset: "quick", varied: {} });
    expect(smallest.settings[0]?.options).toEqual(resolveOptions(findTask("copy"), "quick"));
  });

  it("may be JSON", async () => {
    expect((await study('{"tasks": ["copy"], "attention": ["kv"], "seeds": [7, 3]}')).seeds).toEqual([7, 3]);
  });

  it("makes a setting of every combination, the last option changing fastest", async () => {
    const { settings } = await study(`
tasks: [copy, { task: sort, preset: paper, set: { data.length: 12 }, grid: { train.rate: [1e-3, 1e-4] } }]
attention: [kv]
set: { train.epochs: 2 }
grid: { model.width: [32, 64], data.length: [8, 16] }
`);
    expect(settings.map(({ task, preset, varied }) => [task, preset, varied])).toEqual([
      ["copy", "quick", { "model.width": 32, "data.length": 8 }],
      ["copy", "quick", { "model.width": 32, "data.length": 16 }],
      ["copy", "quick", { "model.width": 64, "data.length": 8 }],
      ["copy", "quick", { "model.width": 64, "data.length": 16 }],
      ["sort", "paper", { "model.width": 32, "train.rate": 0.001 }],
      ["sort", "paper", { "model.width": 32, "train.rate": 0.0001 }],
      ["sort", "paper", { "model.width": 64, "train.rate": 0.001 }],
      ["sort", "paper", { "model.width": 64, "train.rate": 0.0001 }],
    ]);
    expect(settings[7]?.options).toMatchObject({
      model: { width: 64 },
      data: { length: 12 },
      train: { rate: 1e-4, epochs: 2 },
    });
    expect(new Set(settings.map(({ key }) => key)).size).toBe(8);
  });

  it("counts its cells without making them", async () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1).join(", ");
    const file = await parseStudyFile(
      "huge.yaml",
      `{ tasks: [copy, sort], attention: [qkv, kv], seeds: 5, grid: { data.length: [${values}], model.width: [${values}], train.epochs: [${values}] } }`,
    );
    const refused = "huge.yaml:1: expected at most 1,000,000 settings, got 2,000,000";
    expect(() => countCells(file)).toThrow(refused);
    expect(() => resolveStudy(file, { findTask, resolveOptions })).toThrow(refused);
    const fewer = { ...file, input: { ...file.input, tasks: ["copy"] } };
    expect(countCells(fewer)).toBe(100 ** 3 * 2 * 5);
  });

  it("of more than a million settings is refused with the line of the grid that has most", async () => {
    const values = Array.from({ length: 200 }, (_, i) => i + 1).join(", ");
    const file = await parseStudyFile(
      "huge.yaml",
      `attention: [kv]\ntasks:\n  - copy\n  - task: sort\n    grid:\n      model.width: [${values}]\n      train.epochs: [${values}]\n      data.length: [${values}]\n`,
    );
    expect(() => countCells(file)).toThrow("huge.yaml:5: expected at most 1,000,000 settings, got 8,000,001");
  });

  it("tells the settings of a task apart that stands more than once", async () => {
    const varied = async (text: string) => (await study(text)).settings.map((setting) => setting.varied);
    expect(
      await varied(
        "{ attention: [kv], tasks: [{ task: copy, set: { model.width: 32, train.epochs: 2 } }, sort, { task: copy, set: { model.width: 64, train.epochs: 2 } }] }",
      ),
    ).toEqual([{ "model.width": 32 }, {}, { "model.width": 64 }]);
    const { width } = resolveOptions(findTask("copy"), "quick").model as unknown as { width: number };
    expect(
      await varied(
        "{ attention: [kv], tasks: [{ task: copy, grid: { data.length: [8, 16] } }, { task: copy, set: { model.width: 8 } }] }",
      ),
    ).toEqual([
      { "data.length": 8, "model.width": width },
      { "data.length": 16, "model.width": width },
      { "data.length": expect.any(Number) as number, "model.width": 8 },
    ]);
    expect(await varied("{ attention: [kv], tasks: [copy, { task: copy, preset: paper }] }")).toEqual([
      { preset: "quick" },
      { preset: "paper" },
    ]);
    // However an entry writes a value, it is the same one.
    expect(
      await varied(
        '{ attention: [kv], tasks: [{ task: copy, grid: { train.rate: ["1e-3", "2e-3"] } }, { task: copy, set: { train.rate: 0.001, model.width: 8 } }] }',
      ),
    ).toEqual([
      { "train.rate": 0.001, "model.width": width },
      { "train.rate": 0.002, "model.width": width },
      { "train.rate": 0.001, "model.width": 8 },
    ]);
  });

  it("takes entries that differ in more than the model and its training for problems of their own", async () => {
    const entries = async (tasks: string) =>
      (await study(`{ attention: [kv], tasks: [${tasks}] }`)).settings.map(({ entry }) => entry);
    expect(await entries("{ task: anomaly, grid: { anomaly.position: [random, last] } }")).toEqual([
      undefined,
      undefined,
    ]);
    expect(await entries("{ task: copy, set: { model.width: 8 } }, { task: copy, set: { train.epochs: 1 } }")).toEqual([
      undefined,
      undefined,
    ]);
    const [random, last] = [{ "anomaly.position": "random" }, { "anomaly.position": "last" }];
    expect(
      await entries(
        "{ task: anomaly, set: { anomaly.position: random } }, { task: anomaly, set: { anomaly.position: last } }, mnist, { task: anomaly, set: { model.width: 64 } }",
      ),
    ).toEqual([random, last, undefined, random]);
    const lengths = { "data.length": [8, 16] };
    expect(
      await entries(
        "{ task: copy, grid: { data.length: [8, 16] } }, { task: copy, grid: { data.length: [16, 8] }, set: { model.width: 8 } }, { task: copy, set: { data.length: 8, model.width: 12 } }",
      ),
    ).toEqual([lengths, lengths, lengths, lengths, { "data.length": 8 }]);
    expect(await entries("copy, { task: copy, preset: paper }")).toEqual([{ preset: "quick" }, { preset: "paper" }]);
  });

  it("gives a cell the same identity, however its setting is told", async () => {
    const ids = async (text: string) =>
      (
        await planStudy(await study(text), undefined, {
          findTask,
          taskCost: fittingCost,
          dimensions: () => Promise.resolve({}),
        })
      ).cells.map(({ id }) => id);
    expect(
      await ids(
        "{ attention: [kv], seeds: 1, tasks: [{ task: copy, set: { model.width: 32 } }, { task: copy, set: { model.width: 64 } }] }",
      ),
    ).toEqual(await ids("{ attention: [kv], seeds: 1, tasks: [copy], grid: { model.width: [32, 64] } }"));
  });

  it.each([
    ["2m", 120],
    ["1.5h", 5400],
    ["30 s", 30],
  ])("takes a budget of time such as %s", async (time, seconds) => {
    expect((await study(`{ tasks: [copy], attention: [kv], budget: { time: ${time} } }`)).budget.seconds).toBe(seconds);
  });

  it.each([
    [
      "tasks: [copy]\natention: [kv]",
      [/^some\/widths.yaml:2: unknown key "atention": expected one of name, tasks, att/, /"attention"/],
    ],
    ["tasks: [copy,\n  cpoy]\nattention: [kv]", [/yaml:2: unknown task "cpoy": expected one of reverse/, /"copy"/]],
    ["tasks: [copy]\nattention:\n  - kv\n  - kv-pos", [/yaml:4: unknown formulation "kv-pos"/, /"kv\+pos"/]],
    [
      "tasks: [copy]\nattention: [kv]\ngrid:\n  train.epochs: [1]\n  model.widht: [1, 2]",
      [/yaml:5: copy: unknown option "model.widht"/, /model.width/],
    ],
    [
      "tasks:\n  - copy\n  - mnist\nattention: [kv]\ngrid:\n  data.length: [8, 16]",
      [/yaml:6: mnist: unknown option "data.length"/, /write it under their entries: \{ task: NAME, grid: … \}/],
    ],
    [
      "tasks:\n  - task: copy\n    set:\n      model.widht: 2\nattention: [kv]",
      [/yaml:4: copy: unknown option "model.widht"/, /model.width/],
    ],
    [
      "tasks: [copy]\nattention: [kv]\ngrid:\n  model.width: []",
      [/yaml:4: grid.model.width: expected at least one value, got \[\]$/],
    ],
    [
      "tasks: [copy]\nattention: [kv]\ngrid:\n  model.width: 64",
      [/yaml:4: grid.model.width: expected a list of values, got 64$/],
    ],
    [
      "tasks: [copy]\nattention: [kv]\ngrid:\n  model.width: [64, abc]",
      [/yaml:4: copy: model.width: expected an integer from 1 to \d+, got "abc"$/, /lists all options/],
    ],
    [
      "tasks: [copy]\nattention: [kv]\ngrid:\n  model.width:\n  - 64\n  - 32\n  - 64",
      [/yaml:7: grid.model.width: expected every value once, got 64 twice/],
    ],
    ["tasks: [copy]\nattention: [kv, kv]", [/yaml:2: attention: expected every value once, got kv twice/]],
    ["tasks: [copy, copy]\nattention: [kv]", [/yaml:1: copy has the same setting twice/]],
    [
      "tasks: [copy]\nattention: [kv]\nseeds: -1",
      [/yaml:3: seeds: expected a whole number from 1 to 10000, or a list of seeds from 0, got -1/],
    ],
    ["tasks: [copy]\nattention: [kv]\nseeds: [1, 1]", [/yaml:3: seeds: expected every value once/]],
    [
      "tasks: [copy]\nattention: [kv]\nbudget: { time: soon }",
      [/yaml:3: budget.time: expected a time such as 30s, 20m or 2h, got "soon"/],
    ],
    [
      "tasks: [copy]\nattention: [kv]\nset: { train.steps: 5 }\nbudget: { macs: 1e9 }",
      [/yaml:3: budget.macs sets train.steps: expected one of them, got both/],
    ],
    [
      "tasks: [copy]\nattention: [kv]\nset: { model.width: 8 }\ngrid: { model.width: [8, 16] }",
      [/yaml:3: model.width stands in set and in grid: expected one/],
    ],
    [
      "tasks: [{ task: copy, grd: { a: [1] } }]\nattention: [kv]",
      [/yaml:1: unknown key "tasks.0.grd": expected one of task/, /"grid"/],
    ],
    ["tasks: [copy]\nattention: [kv]\npreset: quik", [/yaml:3: preset: expected one of quick, paper, got "quik"/]],
    ["tasks: [copy\nattention: [kv]", [/yaml:\d: expected YAML or JSON: /]],
    ["", [/yaml:1: the file: expected an object with tasks, attention and more, got nothing/]],
    ["tasks: []\nattention: [kv]", [/yaml:1: tasks: expected at least one value, got \[\]/]],
  ])("is refused with the line: %j", async (text, expected) => {
    const told = await refusal(text);
    expect(told).toHaveLength(expected.length);
    for (const [i, pattern] of expected.entries()) expect(told[i]).toMatch(pattern);
  });

  it("must be there", async () => {
    await expect(readStudyFile("/nowhere/study.yaml")).rejects.toThrow(
      "/nowhere/study.yaml: expected a study's file, got nothing",
    );
  });
});
