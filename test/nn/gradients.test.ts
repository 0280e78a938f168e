import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findFormulation } from "../../src/attention/formulations/index.ts";
import { constant, input, mul, sum, type Tensor } from "../../src/graph/index.ts";
import { postNormBlock, preNormBlock } from "../../src/models/block.ts";
import { embedding, feedForward, gelu, geluTanh, layerNorm, linear, linearMap } from "../../src/nn/layers.ts";
import { crossEntropy, labelSmoothedDivergence, meanLoss } from "../../src/nn/loss.ts";
import { Scope } from "../../src/nn/scope.ts";
import { random } from "../../src/random.ts";
import { gradientError, normals } from "../support/gradient-check.ts";

const size = fc.integer({ min: 1, max: 5 });
const shapes = fc.array(size, { minLength: 1, maxLength: 3 });

/** The error of all gradients of Σ layer(x) ⊙ random, for x and every parameter. */
function errorOf(shape: readonly number[], seed: number, layer: (scope: Scope, x: Tensor) => Tensor): number {
  const scope = new Scope({ training: false });
  const x = input("x", shape);
  const y = layer(scope, x);
  const weights = normals(random(seed, "weights"), y.shape as number[]);
  const named = [["x", shape] as const, ...scope.parameters.map((p) => [p.path, p.shape] as const)];
  const values = Object.fromEntries(named.map(([name, of]) => [name, normals(random(seed, name), of)]));
  const wanted = [x, ...scope.parameters.map(({ tensor }) => tensor)];
  return gradientError(sum(mul(y, constant(weights.data, weights.shape))), wanted, values, seed);
}

const check = (layer: (scope: Scope, x: Tensor, seed: number) => Tensor, bound = 1e-6) =>
  fc.assert(
    fc.property(shapes, fc.nat(1e6), (shape, seed) => {
      expect(errorOf(shape, seed, (scope, x) => layer(scope, x, seed))).toBeLessThan(bound);
    }),
    { seed: 1, numRuns: 60 },
  );

/** A matrix product needs two axes. */
const checkMatrix = (layer: (scope: Scope, x: Tensor) => Tensor) =>
  fc.assert(
    fc.property(fc.tuple(size, shapes), fc.nat(1e6), ([rows, shape], seed) => {
      expect(errorOf([rows, ...shape], seed, layer)).toBeLessThan(1e-6);
    }),
    { seed: 1, numRuns: 60 },
  );

describe("gradients equal central differences for any shape", () => {
  it("gelu", () => check((_scope, x) => gelu(x)));
  it("gelu by tanh", () => check((_scope, x) => geluTanh(x)));
  it("layer norm", () =>
    fc.assert(
      fc.property(shapes, fc.integer({ min: 2, max: 6 }), fc.nat(1e6), (shape, width, seed) => {
        expect(errorOf([...shape, width], seed, layerNorm)).toBeLessThan(1e-5);
      }),
      { seed: 1, numRuns: 60 },
    ));
  it("linear", () => checkMatrix((scope, x) => linear(scope, x, 3)));
  it("linear without bias", () => checkMatrix((scope, x) => linear(scope, x, 3, { bias: false })));
  it("a linear map used twice", () =>
    checkMatrix((scope, x) => {
      const map = linearMap(scope, x.shape.at(-1) as number, x.shape.at(-1) as number);
      return map(map(x));
    }));
  it.each(["relu", "gelu", "gelu-tanh"] as const)("feed-forward network with %s", (activation) =>
    checkMatrix((scope, x) => feedForward(scope, x, { hidden: 4, activation, dropout: 0 })),
  );

  it("embedding, also of ids that recur", () => {
    fc.assert(
      fc.property(size, size, fc.array(fc.nat(99), { minLength: 1, maxLength: 8 }), (rows, width, ids) => {
        const of = constant(
          ids.map((id) => id % rows),
          [1, ids.length],
          "int32",
        );
        expect(errorOf([1], ids.length, (scope, x) => mul(embedding(scope, of, rows, width), sum(x)))).toBeLessThan(
          1e-6,
        );
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it.each([
    ["pre-norm", preNormBlock],
    ["post-norm", postNormBlock],
  ] as const)("%s block", (_name, block) => {
    const options = {
      attention: {
        formulation: findFormulation("kv+pos"),
        heads: 2,
        scale: "head",
        causal: true,
        bias: { input: true, output: true },
        position: { channels: 7, sharing: "per-head", positions: 5 },
      },
      feedForward: { hidden: 6, activation: "gelu", dropout: 0 },
      dropout: 0,
    } as const;
    fc.assert(
      fc.property(size, size, fc.nat(1e6), (batch, length, seed) => {
        expect(errorOf([batch, length, 4], seed, (scope, x) => block(scope, x, options))).toBeLessThan(1e-4);
      }),
      { seed: 1, numRuns: 30 },
    );
  });
});

describe("losses", () => {
  const logitsOf = fc.record({ rows: size, classes: fc.integer({ min: 3, max: 6 }), seed: fc.nat(1e6) });
  const lossError = (
    { rows, classes, seed }: { rows: number; classes: number; seed: number },
    loss: (logits: Tensor, targets: Tensor) => Tensor,
  ) => {
    const logits = input("logits", [rows, classes]);
    const stream = random(seed, "targets");
    const targets = constant([0, ...Array.from(stream.integers(rows - 1, classes))], [rows], "int32");
    const values = { logits: normals(random(seed, "logits"), [rows, classes]) };
    return gradientError(loss(logits, targets), [logits], values, seed);
  };

  it.each<[string, (logits: Tensor, targets: Tensor) => Tensor]>([
    ["cross-entropy", (logits, targets) => meanLoss(crossEntropy(logits, targets))],
    ["cross-entropy without one class", (logits, targets) => meanLoss(crossEntropy(logits, targets, 1))],
    [
      "label-smoothed divergence",
      (logits, targets) => meanLoss(labelSmoothedDivergence(logits, targets, { smoothing: 0.1, padding: 2 })),
    ],
  ])("%s has the gradient of central differences", (_name, loss) => {
    fc.assert(
      fc.property(logitsOf, (drawn) => {
        expect(lossError(drawn, loss)).toBeLessThan(1e-6);
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});

it("a layer says which width it expected", () => {
  const map = linearMap(new Scope({ training: false }), 64, 8);
  expect(() => map(input("x", ["B", "T", 32]))).toThrow("linear: expected input (B,T,64), got (B,T,32).");
});
