import { describe, expect, it } from "vitest";
import { summariseStudy } from "../../src/study/summarise.ts";
import { inputOf, type Grid } from "./finished-cells.ts";

const atRandom: Grid = [
  { qkv: [0.5, 0.52], kv: [0.53, 0.51] },
  { qkv: [0.6, 0.63], kv: [0.58, 0.6] },
];
const last: Grid = [
  { qkv: [0.5, 0.52], kv: [0.95, 0.96] },
  { qkv: [0.6, 0.63], kv: [0.99, 0.97] },
  { qkv: [0.55, 0.57], kv: [0.98, 0.97] },
];

describe("entries of one task that are problems of their own", () => {
  const input = inputOf({ random: atRandom, last, "random, wider": [{ qkv: [0.7, 0.71], kv: [0.69, 0.7] }] });
  const settings = input.study.settings.map((setting) => {
    return { ...setting, task: "anomaly", entry: { "anomaly.position": setting.task.replace(/,.*/, "") } };
  });
  const { tasks, tests } = summariseStudy({ ...input, study: { ...input.study, settings } });

  it("are summarised, compared and answered apart; those with the same problem together", () => {
    expect(tasks.map(({ task, entry, settings: all }) => [task, entry, all.length])).toEqual([
      ["anomaly", { "anomaly.position": "random" }, 3],
      ["anomaly", { "anomaly.position": "last" }, 3],
    ]);
    const [alone] = summariseStudy(inputOf({ last })).tasks;
    expect(tasks[1]?.formulations).toEqual(alone?.formulations);
    expect(tasks[1]?.comparisons[0]?.p).toBe(alone?.comparisons[0]?.p);
    expect(tasks[0]?.answer).toMatch(/^Over 3 settings with 2 seeds each, kv is .*no difference is shown/);
    expect(tasks[1]?.answer).toMatch(/^Over 3 settings with 2 seeds each, kv is .*: a difference is shown/);
  });

  it("count each in the tests that are corrected together", () => {
    expect(tests.metric).toEqual({ overall: 2, settings: 6 });
  });
});
