import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fileSchema } from "./format.ts";
import { judge } from "./judge.ts";
import { checksOf } from "./kinds.ts";

const folder = new URL("vectors/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const read = (file: string) => fileSchema.parse(JSON.parse(readFileSync(new URL(file, folder), "utf8")));

describe.each(files)("numbers made with PyTorch: %s", (file) => {
  const checks = checksOf(read(file));

  for (const check of checks) {
    it(`${check.name}: the oracle and ONNX Runtime give the same`, async () => {
      const { float64, failures } = judge(await check.run());
      expect(failures).toEqual([]);
      expect(float64).toBeTypeOf("number");
    });
  }

  it("every case of the file is checked", () => {
    const { cases } = read(file);
    if (Array.isArray(cases)) expect(checks.length).toBe(cases.length);
  });
});
