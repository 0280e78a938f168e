import { describe, expect, it } from "vitest";
import { builtKvt } from "../support/built.ts";

interface Row {
  readonly attention: string;
  readonly mean: number;
}

const kvt = builtKvt();

/** Test metric of each formulation from one seed, by the command that a user would type. */
async function compared(task: string, attention: string, ...words: string[]): Promise<Record<string, number>> {
  const { code, out, err } = await kvt.run(
    "compare",
    task,
    "--attention",
    attention,
    "--seeds",
    "1",
    "--json",
    ...words,
  );
  expect(code, err).toBe(0);
  const { rows } = JSON.parse(out) as { readonly rows: readonly Row[] };
  return Object.fromEntries(rows.map(({ attention: name, mean }) => [name, mean]));
}

const ALL = "qkv,kv,kv+pos,q-kv,k,k+pos";
const THREE = "qkv,kv,kv+pos";

describe("the quick preset learns", () => {
  it("reverse with every formulation", async () => {
    const accuracy = await compared("reverse", ALL);
    expect(Object.keys(accuracy).join()).toBe(ALL);
    for (const [name, value] of Object.entries(accuracy)) expect(value, name).toBeGreaterThanOrEqual(0.99);
  });

  it.each(["sub", "copy"])("%s without a mistake", async (task) => {
    expect(await compared(task, THREE)).toEqual({ qkv: 1, kv: 1, "kv+pos": 1 });
  });

  it("swap, whose partner is half the length away", async () => {
    for (const value of Object.values(await compared("swap", THREE))) expect(value).toBeGreaterThanOrEqual(0.99);
  });

  it("sort at width 256", async () => {
    const accuracy = await compared("sort", THREE, "--set", "model.width=256");
    for (const [name, value] of Object.entries(accuracy)) expect(value, name).toBeGreaterThanOrEqual(0.9);
  });
});

describe("with grouped keys and values", () => {
  it("learns to reverse with one key and value head for two query heads", async () => {
    const accuracy = await compared("reverse", "qkv,q-kv", "--set", "model.keyHeads=1");
    for (const [name, value] of Object.entries(accuracy)) expect(value, name).toBeGreaterThanOrEqual(0.99);
  });
});

describe("on published pictures", () => {
  const data = process.env["KVT_DATA"];

  it.skipIf(!data)("reads handwritten digits in three epochs (needs KVT_DATA with mnist)", async () => {
    const accuracy = await compared("mnist", THREE, "--data", data ?? "");
    for (const [name, value] of Object.entries(accuracy)) expect(value, name).toBeGreaterThanOrEqual(0.95);
  });

  it.skipIf(!data)("tells clothes apart in four epochs (needs KVT_DATA with fashion-mnist)", async () => {
    const accuracy = await compared("fashion-mnist", THREE, "--data", data ?? "");
    for (const [name, value] of Object.entries(accuracy)) expect(value, name).toBeGreaterThanOrEqual(0.85);
  });
});

describe("on published photographs", () => {
  const data = process.env["KVT_DATA"];

  it.skipIf(!data)("tells ten classes apart (needs KVT_DATA with cifar-10)", async () => {
    const accuracy = await compared("cifar-10", "qkv,kv", "--data", data ?? "", "--set", "train.epochs=4");
    for (const [name, value] of Object.entries(accuracy)) expect(value, name).toBeGreaterThanOrEqual(0.35);
  });
});

describe("on published text", () => {
  const data = process.env["KVT_DATA"];

  it.skipIf(!data)("learns to spell Tiny Shakespeare (needs KVT_DATA with tiny-shakespeare)", async () => {
    const loss = await compared("chars", ALL, "--data", data ?? "", "--set", "train.steps=400");
    // Letters alone, without regard to their neighbours, have a loss of 3.3.
    for (const [name, value] of Object.entries(loss)) expect(value, name).toBeLessThanOrEqual(2.4);
  });
});

describe("on words", () => {
  it("counts in words (numbers, the author's size)", async () => {
    const accuracy = await compared("numbers", "qkv,kv+pos", "--set", "train.epochs=10");
    // Always saying "thousand" is right in 0.15 of all places.
    for (const [name, value] of Object.entries(accuracy)) expect(value, name).toBeGreaterThanOrEqual(0.4);
  });

  const data = process.env["KVT_DATA"];

  it.skipIf(!data)("translates English to German (needs KVT_DATA with multi30k)", async () => {
    const bleu = await compared("translate", "qkv,kv", "--data", data ?? "", "--set", "train.epochs=2");
    for (const [name, value] of Object.entries(bleu)) expect(value, name).toBeGreaterThanOrEqual(0.1);
  });
});

describe("on sets of pictures that tell nothing", () => {
  const last = [
    "anomaly.features=noise",
    "anomaly.images=4",
    "model.dropout=0",
    "model.inputDropout=0",
    "train.epochs=4",
  ];
  const settings = (position: string) => [...last, `anomaly.position=${position}`].flatMap((text) => ["--set", text]);

  it("a position map finds the odd one where it is always the last, and only there; others guess one of four", async () => {
    const known = await compared("anomaly", THREE, ...settings("last"));
    expect(known["kv+pos"]).toBeGreaterThanOrEqual(0.95);
    const unknown = await compared("anomaly", "kv+pos", ...settings("random"));
    // 2,400 sets: a standard deviation of 0.009 around 0.25.
    for (const value of [known["qkv"], known["kv"], unknown["kv+pos"]]) {
      expect(value).toBeGreaterThan(0.2);
      expect(value).toBeLessThan(0.3);
    }
  });

  const data = process.env["KVT_DATA"];

  it.skipIf(!data)("and on real ones all find it far above chance (needs KVT_DATA with cifar-100)", async () => {
    const accuracy = await compared("anomaly", THREE, "--data", data ?? "");
    for (const [name, value] of Object.entries(accuracy)) expect(value, name).toBeGreaterThanOrEqual(0.4);
  });
});
