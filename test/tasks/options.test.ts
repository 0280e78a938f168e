import { describe, expect, test } from "vitest";
import { z } from "zod";
import { KvtError } from "../../src/errors.ts";
import { withDefaults } from "../../src/tasks/defaults.ts";
import { findTask, tasks } from "../../src/tasks/index.ts";
import { checkOptions, listOptions, resolveOptions, trainOptions } from "../../src/tasks/options.ts";

const reverse = findTask("reverse");
const mnist = findTask("mnist");

function failure(...settings: string[]): KvtError {
  try {
    resolveOptions(reverse, "quick", settings);
  } catch (error) {
    expect(error).toBeInstanceOf(KvtError);
    expect((error as KvtError).kind).toBe("usage");
    return error as KvtError;
  }
  throw new Error(`${settings.join(" ")} was accepted`);
}

describe("options are defaults, changed by the preset, changed by settings", () => {
  test("with no setting, quick is the defaults and paper changes them", () => {
    const quick = resolveOptions(reverse, "quick");
    expect(quick.data).toEqual({ length: 16, symbols: 10, trainSize: 10_000, validationSize: 1_000, testSize: 10_000 });
    expect(quick.model).toMatchObject({ width: 64, layers: 2, heads: 2 });
    expect(quick.train).toMatchObject({ epochs: 2, batch: 32, optimizer: "adam", rate: 3e-3, warmup: 5, clip: 5 });
    expect(quick).toEqual(reverse.options.parse({}));
    const paper = resolveOptions(reverse, "paper");
    expect(paper.data).toMatchObject({ length: 64, symbols: 10, trainSize: 50_000 });
    expect(paper.model).toMatchObject({ width: 256, layers: 2, heads: 2, dropout: 0.1, positionChannels: 10 });
    expect(resolveOptions(mnist, "paper").train).toMatchObject({
      optimizer: "adamw",
      decay: 0.01,
      clip: 0,
      epochs: 20,
    });
  });

  test("settings have the schema's types, and the last of one option wins", () => {
    const settings = [
      "model.width=32",
      "train.rate=5e-4",
      "train.optimizer=adamw",
      " model.width = 128 ",
      "train.epochs=0.5",
    ];
    const options = resolveOptions(reverse, "paper", settings);
    expect(options.model).toMatchObject({ width: 128, heads: 2 });
    expect(options.train).toMatchObject({ rate: 0.0005, optimizer: "adamw", epochs: 0.5 });
  });

  test("every preset of every task is valid, and stored options come back the same", () => {
    for (const task of tasks) {
      for (const preset of ["quick", "paper"] as const) {
        const options = resolveOptions(task, preset);
        expect(checkOptions(task, JSON.parse(JSON.stringify(options)))).toEqual(options);
      }
    }
  });
});

describe("a wrong setting is a usage error that says", () => {
  test("the nearest name of an unknown option", () => {
    const { message, hint } = failure("model.widht=3");
    expect(message).toBe('unknown option "model.widht": expected a group and key of reverse, such as model.width');
    expect(hint).toBe("Did you mean model.width?");
    expect(failure("modle.layers=3").hint).toBe("Did you mean model.layers?");
    expect(failure("train.width=3").hint).toBe("Did you mean model.width?");
  });

  test("the whole name when only the last part is given, spelt right or not", () => {
    expect(failure("width=3").hint).toBe("Did you mean model.width?");
    expect(failure("epohcs=3").hint).toBe("Did you mean train.epochs?");
    expect(failure("width").hint).toBe("Did you mean model.width?");
  });

  test("all names when none is near", () => {
    expect(failure("xyzzyxyzzyxyzzy=3").hint).toMatch(/^Options: model\.width, model\.layers, .*train\.checkpoint\.$/);
    expect(failure("model=3").message).toContain('unknown option "model"');
    expect(failure("__proto__.polluted=3").message).toContain('unknown option "__proto__.polluted"');
  });

  test("what was expected and what was got", () => {
    expect(failure("data.length=0").message).toBe("data.length: expected an integer from 1 to 4096, got 0");
    expect(failure("data.length=").message).toBe('data.length: expected an integer from 1 to 4096, got ""');
    expect(failure("data.length=abc").message).toBe('data.length: expected an integer from 1 to 4096, got "abc"');
    expect(failure("data.length=2.5").message).toBe("data.length: expected an integer from 1 to 4096, got 2.5");
    expect(failure("data.symbols=1").message).toBe("data.symbols: expected an integer from 2 to 256, got 1");
    expect(failure("train.rate=0").message).toBe("train.rate: expected a number above 0, got 0");
    expect(failure("train.beta1=1").message).toBe("train.beta1: expected a number of at least 0 and below 1, got 1");
    expect(failure("train.optimizer=sgd").message).toBe('train.optimizer: expected one of adam, adamw, got "sgd"');
    expect(failure("train.rate=Infinity").message).toBe("train.rate: expected a number above 0, got Infinity");
    expect(failure("train.rate=0").hint).toBe('"kvt train reverse --help" lists all options.');
  });

  test("that a value is missing", () => {
    const { message, hint } = failure("model.width");
    expect(message).toBe("--set model.width: expected a value, got none");
    expect(hint).toBe("Write --set model.width=VALUE, with VALUE an integer from 1 to 16384.");
  });

  test("that stored options are no options", () => {
    expect(() => checkOptions(reverse, null)).toThrow("options: expected an object, got null");
    expect(() => checkOptions(reverse, { model: 3 })).toThrow("model: expected an object, got 3");
  });

  test("which stored option is not known any more", () => {
    const stored = { ...resolveOptions(reverse, "quick"), model: { width: 64, depth: 2 } };
    expect(() => checkOptions(reverse, stored)).toThrow('unknown option "model.depth"');
  });
});

test("swap asks for an even length", () => {
  const swap = findTask("swap");
  expect(() => resolveOptions(swap, "quick", ["data.length=5"])).toThrow(
    "data.length: expected an integer from 1 to 4096, a multiple of 2, got 5",
  );
  expect(resolveOptions(swap, "quick", ["data.length=6"]).data["length"]).toBe(6);
});

/** Options that take any text: names of files and of languages. */
const TEXTS = /^(data\.(text|from|to|source|target|(validation|test)(Source|Target))|anomaly\.features)$/;

describe("the list of options", () => {
  test("has path, type, both presets and a description for every option of every task", () => {
    for (const task of tasks) {
      for (const option of listOptions(task)) {
        expect(option.description, `${task.name} ${option.path}`).not.toBe("");
        expect(option.default, `${task.name} ${option.path}`).toBeDefined();
        expect(option.paper, `${task.name} ${option.path}`).toBeDefined();
        if (!TEXTS.test(option.path)) expect(option.type, `${task.name} ${option.path}`).not.toBe("text");
      }
    }
    const list = listOptions(reverse);
    expect(list.find(({ path }) => path === "data.length")).toEqual({
      path: "data.length",
      type: "integer from 1 to 4096",
      default: 16,
      paper: 64,
      description: "symbols in a sequence",
    });
    expect(list.find(({ path }) => path === "train.optimizer")?.type).toBe("adam | adamw");
    expect(list[0]?.path).toBe("model.width");
  });
});

test("other defaults leave checks and descriptions as they are", () => {
  const changed = withDefaults(trainOptions, { epochs: 20, optimizer: "adamw" });
  expect(changed.parse({})).toEqual({ ...trainOptions.parse({}), epochs: 20, optimizer: "adamw" });
  expect(changed.safeParse({ epochs: 0 }).success).toBe(false);
  expect(changed.safeParse({ epoch: 3 }).success).toBe(false);
  expect(z.toJSONSchema(changed).properties?.["epochs"]).toMatchObject({
    description: "passes over the training data",
  });
});

test("an unknown task is a usage error with the nearest name", () => {
  expect(findTask("sort").name).toBe("sort");
  try {
    findTask("revers");
    expect.unreachable();
  } catch (error) {
    expect((error as KvtError).kind).toBe("usage");
    expect((error as KvtError).message).toMatch(/^unknown task "revers": expected one of reverse, sort, /);
    expect((error as KvtError).hint).toBe('Did you mean "reverse"?');
  }
});
