import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { builtKvt, ended } from "../support/built.ts";
import { temporaryFolder } from "../train/folder.ts";
import { kvt } from "./io.ts";

const built = builtKvt();

/** Writes a study whose cells take about a second, in a folder of its own. */
function studyIn(name: string, text: string): string {
  const folder = path.join(built.work, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "study.yaml"), text);
  return folder;
}

const tiny =
  "tasks: [copy]\nattention: [qkv, kv]\nseeds: 2\nset: { data.trainSize: 256, data.testSize: 64, data.validationSize: 32, train.epochs: 1, data.length: 4 }\n";

interface Printed {
  readonly planned: number;
  readonly ran: number;
  readonly skipped: number;
  readonly failed: number;
  readonly left: number;
  readonly report: string | null;
}

describe("kvt study", () => {
  it("plans, runs, continues, reports and says how it stands", async () => {
    const folder = studyIn("whole", tiny);
    const words = [path.join(folder, "study.yaml"), "--out", path.join(folder, "runs")];
    const plan = await built.run("study", "plan", ...words, "--json");
    expect(plan.code).toBe(0);
    const planned = JSON.parse(plan.out) as {
      cells: { id: string; seconds: number; parameters: number }[];
      toRun: number;
    };
    expect(planned.toRun).toBe(4);
    expect(planned.cells.every(({ seconds, parameters }) => seconds > 0 && parameters > 0)).toBe(true);
    expect(existsSync(path.join(folder, "runs"))).toBe(false);

    const first = await built.run("study", "run", ...words, "--json");
    expect([first.code, first.err.includes("error")]).toEqual([0, false]);
    const { report, ...counts } = JSON.parse(first.out) as Printed;
    expect(counts).toEqual({ planned: 4, ran: 4, skipped: 0, failed: 0, left: 0 });
    const html = readFileSync(path.join(built.work, report ?? ""), "utf8");
    expect(html).toContain("copy");
    expect(readdirSync(path.join(folder, "runs", "studies", "study")).toSorted()).toEqual([
      "figures",
      "files.json",
      "report.html",
      "report.json",
      "study.json",
      "tables",
    ]);

    writeFileSync(path.join(folder, "study.yaml"), tiny.replace("seeds: 2", "seeds: 3"));
    const more = JSON.parse((await built.run("study", "run", ...words, "--json")).out) as Printed;
    expect(more).toMatchObject({ planned: 6, ran: 2, skipped: 4 });

    const status = await built.run("study", "status", ...words);
    expect(status.out).toMatch(/^task +attention +finished\ncopy +qkv +3\ncopy +kv +3\n +all +6\n$/);
  }, 60_000);

  it("answers entries of one task apart that are problems of their own", async () => {
    const tasks = "[{ task: copy, set: { data.length: 4 } }, { task: copy, set: { data.length: 6 } }]";
    const folder = studyIn(
      "apart",
      tiny.replace("[copy]", tasks).replace(", data.length: 4", "").replace("train.epochs: 1", "train.steps: 2"),
    );
    const words = [path.join(folder, "study.yaml"), "--out", path.join(folder, "runs")];
    const { code, out, err } = await built.run("study", "run", ...words);
    expect(code, err).toBe(0);
    const again = await built.run("study", "report", ...words);
    for (const text of [out, again.out]) {
      expect(text).toMatch(/^copy, length 4: With 2 seeds, kv /m);
      expect(text).toMatch(/^copy, length 6: With 2 seeds, kv /m);
    }
    const report = path.join(folder, "runs", "studies", "study");
    const page = readFileSync(path.join(report, "report.html"), "utf8");
    for (const length of [4, 6]) expect(page).toContain(`reaches on copy, length ${length} (`);
    const [head = "", row = ""] = readFileSync(path.join(report, "tables", "copy-2-differences.csv"), "utf8").split(
      "\n",
    );
    expect(head).toMatch(/^task,data\.length,setting,attention,/);
    expect(row).toMatch(/^copy,6,the one setting,kv,qkv,2,/);
  }, 60_000);

  it("is interrupted cleanly, and the same command goes on", async () => {
    const folder = studyIn("interrupted", tiny.replace("256", "3200"));
    const words = [
      "study",
      "run",
      path.join(folder, "study.yaml"),
      "--out",
      path.join(folder, "runs"),
      "--processes",
      "1",
    ];
    const child = built.start(...words);
    let [err, sent] = ["", false];
    const told = ended(child);
    child.stderr?.on("data", (text: string) => {
      err += text;
      // One cell is finished, the next one begun.
      if (err.includes("finished, test") && !sent) sent = child.kill("SIGINT");
    });
    const { code, err: all } = await told;
    expect(code).toBe(130);
    expect(all).toContain("interrupted:");
    expect(all).toContain(`continue with: kvt ${words.join(" ")}`);
    const cells = readdirSync(path.join(folder, "runs", "cells"));
    const isDone = (name: string): boolean => existsSync(path.join(folder, "runs", "cells", name, "result.json"));
    expect(cells.some(isDone)).toBe(true);
    const again = await built.run(...words, "--json");
    expect(again.code).toBe(0);
    const printed = JSON.parse(again.out) as Printed;
    expect(printed).toMatchObject({ planned: 4, failed: 0, left: 0 });
    expect(printed.skipped).toBe(cells.filter(isDone).length);
  }, 60_000);

  it("runs the other cells where one fails, and says which, why and how to run it again", async () => {
    const folder = studyIn(
      "failing",
      tiny.replace("data.trainSize: 256", "data.trainSize: 256, train.rate: 1e30, train.clip: 0"),
    );
    const { code, out, err } = await built.run(
      "study",
      "run",
      path.join(folder, "study.yaml"),
      "--out",
      path.join(folder, "runs"),
    );
    expect(code).toBe(1);
    expect(out).toContain("4 cells: 0 run, 0 finished before, 4 failed");
    expect(err).toMatch(/failed: copy kv seed 1: .*(loss|gradient norm|weight)/);
    expect(err).toContain("--retry");
    const status = await built.run(
      "study",
      "status",
      path.join(folder, "study.yaml"),
      "--out",
      path.join(folder, "runs"),
      "--json",
    );
    expect(JSON.parse(status.out)).toMatchObject({ planned: 4, failed: 4, finished: 0 });
  }, 60_000);

  it("asks before very many cells, and refuses a grid of millions without asking", async () => {
    const folder = temporaryFolder();
    const fileOf = (name: string, values: number): string => {
      const list = Array.from({ length: values }, (_, i) => i + 1).join(", ");
      const grid = `{ data.length: [${list}], train.epochs: [${list}], train.steps: [${list}] }`;
      const file = path.join(folder, name);
      writeFileSync(file, `tasks: [copy]\nattention: [kv]\ngrid: ${grid}\n`);
      return file;
    };
    const large = await kvt(`study plan ${fileOf("large.yaml", 100)}`);
    expect(large.code).toBe(2);
    expect(large.err).toContain("3,000,000 cells: expected at most 1,000, and nobody can be asked here");
    expect(large.err).toContain("--yes");
    const huge = await kvt(`study plan ${fileOf("huge.yaml", 150)} --yes`);
    expect(huge.code).toBe(2);
    expect(huge.err).toContain("huge.yaml:3: expected at most 1,000,000 settings, got 3,375,000");
  });

  it("has a schema that names every option for editors", async () => {
    const { code, out } = await kvt("study schema");
    expect(code).toBe(0);
    const schema = JSON.parse(out) as {
      properties: Record<string, { properties?: Record<string, unknown>; items?: unknown }>;
    };
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(["tasks", "attention", "seeds", "grid", "budget"]),
    );
    expect(Object.keys(schema.properties["grid"]?.properties ?? {})).toEqual(
      expect.arrayContaining(["model.width", "data.length", "train.rate", "anomaly.position"]),
    );
    expect(schema.properties["attention"]?.items).toEqual({
      enum: expect.arrayContaining(["qkv", "kv+pos"]) as string[],
    });
  });

  it.each([
    ["study", 2, /missing required argument/],
    ["study pln x.yaml", 2, /unknown action "pln".*\nhint: Did you mean "plan"/],
    ["study run", 2, /expected a study's file, got none/],
    ["study run /nowhere.yaml", 2, /expected a study's file, got nothing/],
    ["study run x.yaml y.yaml", 2, /too many arguments/],
    ["study run x.yaml --shard 4/3", 2, /--shard: expected the part and their number/],
    ["study run x.yaml --shard 0/3", 2, /--shard: expected/],
  ])("answers %j with %i", async (line, expected, message) => {
    const { code, err } = await kvt(line);
    expect([code, err]).toEqual([expected, expect.stringMatching(message)]);
  });

  it("has nothing to report before a cell is finished", async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, "study.yaml");
    writeFileSync(file, tiny);
    const { code, err } = await kvt(`study report ${file} --out ${path.join(folder, "runs")}`);
    expect(code).toBe(1);
    expect(err).toContain("expected one to report");
    rmSync(file);
  });
});
