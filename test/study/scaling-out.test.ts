import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { verbs } from "../../src/cli/verbs.ts";
import { isRecord } from "../../src/record.ts";
import { kvt } from "../cli/io.ts";

const folder = path.resolve(import.meta.dirname, "../../docs/scaling-out");
const files = readdirSync(folder);
const read = (file: string): string => readFileSync(path.join(folder, file), "utf8");
const ending = (suffix: string): string[] => files.filter((file) => file.endsWith(suffix));

test.each(ending(".sh"))("%s is a script that bash takes", (file) => {
  const { status, stderr } = spawnSync("bash", ["-n", path.join(folder, file)], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

test.each(ending(".yaml"))("%s is one object of Kubernetes", (file) => {
  const documents = parseAllDocuments(read(file));
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  expect(documents).toHaveLength(1);
  const value: unknown = documents[0]?.toJS();
  if (!isRecord(value) || !isRecord(value["metadata"])) throw new Error(`${file} is no object with metadata`);
  expect([value["apiVersion"], value["kind"], value["metadata"]["name"]].map((each) => typeof each)).toEqual([
    "string",
    "string",
    "string",
  ]);
  expect(value["spec"]).toBeTypeOf("object");
});

test("the indexed job has as many parts as pods", () => {
  const job = parseAllDocuments(read("kubernetes-indexed-job.yaml"))[0]?.toJS() as { spec: { completions: number } };
  expect(read("kubernetes-indexed-job.yaml")).toContain(`+ 1))/${job.spec.completions}"`);
});

test("the array of jobs has as many parts as tasks, also when one is sent again alone", () => {
  const script = read("slurm-array.sh");
  const tasks = /^#SBATCH --array=1-(\d+)$/m.exec(script)?.[1];
  expect(script).toContain(`\nparts=${tasks}\n`);
});

test.each(ending(".service"))("%s has the sections of a unit, a setting or a comment a line", (file) => {
  expect([...read(file).matchAll(/^\[(.+)\]$/gm)].map(([, name]) => name)).toEqual(["Unit", "Service", "Install"]);
  for (const line of read(file).split("\n")) expect(line).toMatch(/^(#.*|\[\w+\]|[A-Z]\w+=.+|)$/);
});

const systemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
test.skipIf(!systemd).each(ending(".service"))(
  `%s is taken by systemd${systemd ? "" : " [skipped: no systemd here]"}`,
  (file) => {
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", path.join(folder, file)], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  },
);

test("they use verbs and options that there are", async () => {
  let checked = 0;
  for (const file of files) {
    const text = read(file)
      .replace(/\\\n/g, " ")
      .replace(/args: \[(.*)\]/, (_, words: string) => words.replace(/,/g, ""));
    for (const [line] of text.matchAll(/kvt (worker|study run) .*/g)) {
      const verb = line.split(" ")[1] ?? "";
      expect(verbs.map(({ name }) => name)).toContain(verb);
      const help = (await kvt(`${verb} --help`)).out;
      for (const [option] of line.matchAll(/ --[a-z]+/g)) {
        expect(help, `${option} in ${file}`).toContain(option.trim());
        checked++;
      }
    }
  }
  expect(checked).toBeGreaterThan(8);
});
