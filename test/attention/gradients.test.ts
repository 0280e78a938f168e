import fc from "fast-check";
import { expect, it } from "vitest";
import { constant, mul, ndarray, sum, type NDArray } from "../../src/graph/index.ts";
import { Scope } from "../../src/nn/scope.ts";
import { random } from "../../src/random.ts";
import { attentionCases, buildAttention } from "../support/attention-case.ts";
import { gradientError, normals } from "../support/gradient-check.ts";

it("gradients of inputs and parameters equal central differences, whatever the formulation, masks, sharing and role", () => {
  fc.assert(
    fc.property(attentionCases, (drawn) => {
      const { scope, out, inputs, values } = buildAttention(drawn);
      const weights = normals(random(drawn.seed, "weights"), out.shape as number[]);
      const loss = sum(mul(out, constant(weights.data, weights.shape)));
      const wanted = [...inputs, ...scope.parameters.map(({ tensor }) => tensor)];
      expect(gradientError(loss, wanted, values, drawn.seed)).toBeLessThan(1e-5);
    }),
    { seed: 1, numRuns: 300 },
  );
});

it("so do they under dropout on the attention weights", () => {
  fc.assert(
    fc.property(attentionCases, (drawn) => {
      const scope = new Scope({ training: true });
      const { out, inputs, values } = buildAttention({ ...drawn, options: { ...drawn.options, dropout: 0.4 } }, scope);
      expect(scope.dropoutSites).toHaveLength(1);
      const stream = random(drawn.seed, "dropout");
      const odd = (count: number) =>
        ndarray(
          [count],
          Array.from({ length: count }, () => stream.uint32() | 1),
        );
      const masks: Record<string, NDArray> = {};
      for (const { path, rows, columns } of scope.dropoutSites) {
        masks[`${path}.rows`] = odd(rows);
        masks[`${path}.columns`] = odd(columns);
      }
      const wanted = [...inputs, ...scope.parameters.map(({ tensor }) => tensor)];
      const loss = sum(mul(out, out));
      expect(gradientError(loss, wanted, { ...values, ...masks }, drawn.seed)).toBeLessThan(1e-5);
    }),
    { seed: 2, numRuns: 60 },
  );
});
