import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { openStudy } from "../../src/study/open-study.ts";
import { parseStudyFile } from "../../src/study/study-file.ts";
import { StudyStore } from "../../src/study/study-store.ts";

const root = mkdtempSync(path.join(os.tmpdir(), "kvt-owner-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const describeIn = async (out: string, file: string, text: string): Promise<void> => {
  const { study, cells } = await openStudy(await parseStudyFile(path.join(root, file), text), undefined);
  new StudyStore(path.join(root, out)).describe(study, cells);
};
const two = "{ tasks: [copy], attention: [qkv, kv], seeds: 2 }";
const other = "{ tasks: [sort], attention: [qkv, kv], seeds: 2 }";

it("keeps a study's folder from another study of the same name, and says what to do", async () => {
  await describeIn("runs", "a/widths.yaml", two);
  const file = path.join(root, "runs", "studies", "widths", "study.json");
  const before = readFileSync(file, "utf8");
  const refused = describeIn("runs", "b/widths.yaml", other);
  const [a, b] = ["a", "b"].map((folder) => path.join(root, folder, "widths.yaml"));
  await expect(refused).rejects.toMatchObject({
    kind: "usage",
    message: `${path.dirname(file)} belongs to another study: expected that of ${b}, got that of ${a}`,
    hint: expect.stringMatching(
      /Give this one a name of its own \(name: .*was moved, delete .*study\.json\.$/,
    ) as string,
  });
  expect(readFileSync(file, "utf8")).toBe(before);
  await describeIn("runs", "b/widths.yaml", other.replace("{", "{ name: other,"));
});

it("lets a file change, and a copy of it stand elsewhere", async () => {
  await describeIn("grown", "a/widths.yaml", two);
  await describeIn("grown", "a/widths.yaml", two.replace("seeds: 2", "seeds: 3"));
  await describeIn("grown", "b/widths.yaml", two.replace("seeds: 2", "seeds: [1, 2, 3]"));
  expect(JSON.parse(readFileSync(path.join(root, "grown", "studies", "widths", "study.json"), "utf8"))).toMatchObject({
    file: "../b/widths.yaml",
    seeds: [1, 2, 3],
  });
});

it("lets hosts that hold the file in different places change it one after the other", async () => {
  await describeIn("shared", "a/widths.yaml", two);
  await describeIn("shared", "b/widths.yaml", two.replace("seeds: 2", "seeds: 3"));
  await describeIn("shared", "a/widths.yaml", two);
  await describeIn("shared", "b/widths.yaml", two.replace("seeds: 2", "seeds: 1"));
});

it("does not take a study for the same that shares some cells alone", async () => {
  await describeIn("crossed", "a/widths.yaml", two.replace("seeds: 2", "seeds: [1, 2]"));
  await expect(describeIn("crossed", "b/widths.yaml", two.replace("seeds: 2", "seeds: [2, 3]"))).rejects.toThrow(
    "belongs to another study",
  );
});

it("replaces what is broken", async () => {
  await describeIn("broken", "a/widths.yaml", two);
  writeFileSync(path.join(root, "broken", "studies", "widths", "study.json"), "{");
  await describeIn("broken", "b/widths.yaml", other);
});
