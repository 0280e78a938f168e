import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { StudyDocument } from "../../src/study/study-document.ts";
import { tasks } from "../../src/tasks/index.ts";
import { builtKvt } from "../support/built.ts";

const data = process.env["KVT_DATA"] ?? "";
const hasData = data !== "" && existsSync(data);

describe.skipIf(!hasData)("a study of every task (skipped where KVT_DATA names no folder of data sets)", () => {
  const kvt = builtKvt();

  it("trains each, tests it, and shows it in the report with what it attends to", async () => {
    const names = tasks.map(({ name }) => name);
    const study = { tasks: names, attention: ["kv"], seeds: 1, budget: { steps: 2 } };
    writeFileSync(path.join(kvt.work, "all.json"), JSON.stringify(study));
    const { code, out, err } = await kvt.run("study", "run", "all.json", "--data", data, "--json");
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ planned: names.length, ran: names.length, failed: 0 });
    const folder = path.join(kvt.work, "runs", "studies", "all");
    const report = JSON.parse(readFileSync(path.join(folder, "report.json"), "utf8")) as StudyDocument;
    expect(report.tasks.map(({ task }) => task)).toEqual(names);
    for (const { task, formulations } of report.tasks) expect(formulations[0]?.mean, task).toSatisfy(Number.isFinite);
    const figures = readdirSync(path.join(folder, "figures"));
    for (const name of names) expect(figures, name).toContain(`${name}-attention-kv.svg`);
  });
});
