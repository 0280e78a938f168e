import { expect, it } from "vitest";
import { attentionStrip } from "../../src/report/study/attention-strip.ts";
import { advice } from "../../src/report/study/cost-section.ts";
import { differenceChart } from "../../src/report/study/difference-chart.ts";
import { inline, openCharts, openPictures, standalone } from "../../src/report/study/draw.ts";
import { problemsOf } from "../../src/report/study/costs.ts";
import { frontier } from "../../src/report/study/frontier.ts";
import { escapeMarkup, html } from "../../src/report/study/markup.ts";
import { colourVariables, looksOf } from "../../src/report/study/palette.ts";
import { tableCsv, tableHtml, tableMarkdown, type ReportTable } from "../../src/report/study/table.ts";
import { budgetTable, formulationTable } from "../../src/report/study/tables.ts";
import { probability, settingName, titleOf } from "../../src/report/study/words.ts";
import { summariseStudy } from "../../src/study/summarise.ts";
import { bucketMeans, evenly } from "../../src/study/thin.ts";
import { inputOf } from "../study/finished-cells.ts";

const hostile = `<img src=x onerror="alert('1')"> & | *b*`;

const table: ReportTable = {
  name: "t",
  caption: hostile,
  columns: [{ title: "task" }, { title: "mean", align: "right" }],
  rows: [[hostile, "0.5000"]],
  records: [{ task: 'a "b", c\nd', mean: 0.1 + 0.2, none: null }],
};

it("lets no text become a tag, neither in tags nor in attributes", () => {
  const text = tableHtml(table).toString();
  expect(text).not.toContain("<img");
  expect(text).not.toMatch(/="[^"]*onerror="/);
  expect(text).toContain("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; | *b*");
  expect(html`<p>${[html`<b>${"<"}</b>`, "&", null, 3]}</p>`.toString()).toBe("<p><b>&lt;</b>&amp;3</p>");
  expect(escapeMarkup("a\u0000b\u001bc")).toBe("a�b�c");
});

it("keeps Markdown's own signs out of cells", () => {
  const lines = tableMarkdown(table).split("\n");
  expect(lines.at(-2)).toBe(`| &lt;img src=x onerror="alert('1')"\\> &amp; \\| \\*b\\* | 0.5000 |`);
  expect(lines[3]).toBe("| --- | ---: |");
});

it("writes numbers in full and quotes what CSV would split", () => {
  expect(tableCsv(table)).toBe('task,mean,none\n"a ""b"", c\nd",0.30000000000000004,\n');
});

it("finds the frontier, whichever side is better", () => {
  const at = (cost: number, reached: number) => ({ cost, reached });
  const all = [at(3, 0.7), at(1, 0.5), at(2, 0.4), at(2, 0.7), at(4, 0.9), at(4, 0.9), at(Number.NaN, 1)];
  expect(frontier(all, true)).toEqual([at(1, 0.5), at(2, 0.7), at(4, 0.9)]);
  expect(frontier(all, false)).toEqual([at(1, 0.5), at(2, 0.4)]);
  expect(frontier([], true)).toEqual([]);
});

it("weighs models for the same problem alone, and names the problem", () => {
  const input = inputOf({
    copy: [
      { qkv: [0.7], kv: [0.8] },
      { qkv: [0.9], kv: [1] },
      { qkv: [0.75], kv: [0.7] },
    ],
  });
  const places = ["random", "last", "random"];
  const settings = input.study.settings.map((setting, i) => {
    return { ...setting, varied: { "anomaly.position": places[i], "model.width": 2 ** i } };
  });
  const [task] = summariseStudy({ ...input, study: { ...input.study, settings } }).tasks;
  if (task === undefined) throw new Error("no task");
  expect(problemsOf(task).map(({ varied, settings: all }) => [varied, all.length])).toEqual([
    [{ "anomaly.position": "random" }, 2],
    [{ "anomaly.position": "last" }, 1],
  ]);
  // Of one size all: the best of each place, and not that of the easier place for both.
  const budget = budgetTable(task, "copy", false).records.filter((row) => row["budget"] === "parameters");
  expect(budget.map((row) => [row["anomaly.position"], row["attention"], row["mean"]])).toEqual([
    ["random", "kv", 0.8],
    ["last", "kv", 1],
  ]);
  const entry = { "anomaly.position": "last", "data.length": [8, 16] };
  expect(titleOf({ ...task, entry })).toBe("copy, position last, length 8 or 16");
  expect(formulationTable({ ...task, entry }, "copy-2").caption).toContain("copy, position last, length 8 or 16: ");
  expect(formulationTable({ ...task, entry }, "copy-2").records[0]).toMatchObject({
    task: "copy",
    "anomaly.position": "last",
    "data.length": "[8,16]",
  });
});

it("advises nothing to ship where no model learned", () => {
  const adviceOf = (qkv: number): string => {
    const input = inputOf({ copy: [{ qkv: [qkv], kv: [0.11] }, { qkv: [0.9] }] }, { guessing: 0.1 });
    const settings = input.study.settings.map((setting, i) => ({ ...setting, varied: { "data.length": i } }));
    const [task] = summariseStudy({ ...input, study: { ...input.study, settings } }).tasks;
    const [problem] = task === undefined ? [] : problemsOf(task);
    return task === undefined || problem === undefined ? "" : advice(task, problem);
  };
  expect(adviceOf(0.12)).toMatch(
    /^With length 0: none is worth shipping: the best reaches token accuracy 0\.12\d*, and guessing 0\.1/,
  );
  expect(adviceOf(0.7)).toMatch(/^With length 0: ship qkv/);
});

it("writes what sets a task apart in full beside its differences", async () => {
  const [task] = summariseStudy(inputOf({ anomaly: [{ qkv: [0.7, 0.8], kv: [0.8, 0.7] }] })).tasks;
  const label = "anomaly, position random";
  const rows = (task?.comparisons ?? []).map((comparison) => ({ ...comparison, label }));
  const spec = differenceChart(rows, { title: "t", subtitle: [], looks: looksOf(["qkv", "kv"]) });
  if (spec === null) throw new Error("no chart");
  const { svg } = await (await openCharts())("differences", "differences", spec);
  for (const line of label.split(", ")) expect(svg).toContain(`>${line}<`);
});

it("thins curves without losing their ends or their means", () => {
  const points = Array.from({ length: 1000 }, (_, i) => ({ step: i + 1, value: i }));
  const thin = evenly(points, 120);
  expect([thin.length, thin[0]?.step, thin.at(-1)?.step]).toEqual([120, 1, 1000]);
  const means = bucketMeans(points, 100);
  expect(means).toHaveLength(100);
  expect(means[0]).toEqual({ step: 10, value: 4.5 });
  expect(bucketMeans(points.slice(0, 7), 100)).toEqual(points.slice(0, 7));
});

it("gives every formulation a look of its own, the same in every study", () => {
  const names = ["qkv", "kv", "kv+pos", "q-kv", "k", "k+pos", "new"];
  const looks = looksOf(names);
  expect(new Set([...looks.values()].map(({ light }) => light)).size).toBe(names.length);
  expect(looksOf(["kv"]).get("kv")).toEqual(looks.get("kv"));
});

it("has colours that stand out from the paper, light and dark", () => {
  for (const paper of ["light", "dark"] as const) {
    const colours = new Map([...colourVariables(paper).matchAll(/(--[\w-]+):(#\w{6})/g)].map(([, a, b]) => [a, b]));
    const ground = luminance(colours.get("--paper") ?? "");
    for (const [name, colour] of colours) {
      const least = name?.startsWith("--look") ? 3 : /ink|quiet|link/.test(name ?? "") ? 4.5 : 1;
      expect(contrast(luminance(colour ?? ""), ground), `${name} on ${paper}`).toBeGreaterThanOrEqual(least);
    }
  }
});

/** Relative luminance and contrast as WCAG 2 has them. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const contrast = (a: number, b: number): number => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

it("names settings by as much of their options as tells them apart", () => {
  expect(settingName({ "model.width": 32, "data.length": 8 })).toBe("width 32, length 8");
  expect(settingName({ "model.steps": 1, "train.steps": 2 })).toBe("model.steps 1, train.steps 2");
  expect(settingName({})).toBe("the one setting");
  expect([probability(null), probability(0.0004), probability(0.04)]).toEqual(["–", "< 0.001", "0.040"]);
});

it("draws long attention in a bounded size, with ids and colours of its own, as a file that stands alone", async () => {
  const size = 100;
  const data = Float32Array.from({ length: 8 * size * size }, (_, i) => Math.sin(i * i));
  const values = { data, shape: [1, 8, size, size] };
  const layers = [values, values, values, values];
  const tokens = Array.from({ length: size }, (_, i) => `<${i}>`);
  const figure = attentionStrip("a", {
    run: "run<1>",
    task: "copy",
    attention: "kv",
    shown: { split: "test", index: 0 },
    example: { kind: "tokens", tokens, target: tokens },
    parts: [{ module: "block.attention", kind: "self", scores: layers, weights: layers }],
  });
  expect(figure.description).toContain("layers 1 and 4 of 4, heads 1 to 3 of 8, the first 32 of 100 positions");
  expect(figure.svg.length).toBeLessThan(250_000);
  expect(figure.svg).not.toContain("<1>");
  expect(inline(figure)).not.toContain("http");
  const file = standalone(figure);
  expect(file).not.toContain("var(");
  expect(file).toContain('xmlns="http://www.w3.org/2000/svg"');
  const picture = (await openPictures())(file);
  expect([...picture.slice(1, 4)]).toEqual([..."PNG"].map((sign) => sign.charCodeAt(0)));
});
