import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findFormulation } from "../../src/attention/formulations/index.ts";
import { evaluate, ndarray, type NDArray, type Tensor } from "../../src/graph/index.ts";
import { random } from "../../src/random.ts";
import { attentionCases, buildAttention, type AttentionCase } from "../support/attention-case.ts";
import { distance, normals } from "../support/gradient-check.ts";

const self = attentionCases.map((drawn) => ({ ...drawn, memory: undefined }));
const cross = fc.tuple(attentionCases, fc.integer({ min: 1, max: 5 })).map(([drawn, memory]) => ({ ...drawn, memory }));

const withFormulation = (drawn: AttentionCase, name: string): AttentionCase => {
  const formulation = findFormulation(name);
  const { keyHeads, valueHeads } = drawn.options;
  const shared = "value" in formulation.projections ? valueHeads : keyHeads;
  return {
    ...drawn,
    options: { ...drawn.options, formulation, ...(shared === undefined ? {} : { valueHeads: shared }) },
  };
};

/** A copy of (B,T,C) with new numbers wherever `changes(batch, position)` says so. */
function changed(x: NDArray, changes: (batch: number, position: number) => boolean, seed: number): NDArray {
  const [, length = 1, width = 1] = x.shape;
  const fresh = normals(random(seed, "changed"), x.shape);
  return ndarray(
    x.shape,
    x.data.map((value, i) => {
      const position = Math.floor(i / width);
      return changes(Math.floor(position / length), position % length) ? (fresh.data[i] as number) : value;
    }),
  );
}

/** Largest change of (B,T,C) over the positions that are compared. */
function difference(a: NDArray, b: NDArray, compares: (batch: number, position: number) => boolean): number {
  const [, length = 1, width = 1] = a.shape;
  return a.data.reduce((worst, value, i) => {
    const position = Math.floor(i / width);
    if (!compares(Math.floor(position / length), position % length)) return worst;
    return Math.max(worst, Math.abs(value - (b.data[i] as number)));
  }, 0);
}

const output = ({ out }: ReturnType<typeof buildAttention>, values: Readonly<Record<string, NDArray>>): NDArray =>
  evaluate([out], values)[0] as NDArray;

describe("scores before the softmax", () => {
  const asymmetry = (drawn: AttentionCase): number => {
    const { scope, values } = buildAttention(drawn);
    const [scores] = evaluate([scope.observed[0]?.scores as Tensor], values) as [NDArray];
    const [, , rows = 0, columns = 0] = scores.shape;
    const transposed = scores.data.map((_, i) => {
      const [matrix, cell] = [Math.floor(i / (rows * columns)), i % (rows * columns)];
      return scores.data[matrix * rows * columns + (cell % columns) * columns + Math.floor(cell / columns)] as number;
    });
    return distance(scores, ndarray(scores.shape, transposed));
  };

  it.each(["kv", "k"])("of %s are symmetric", (name) => {
    fc.assert(
      fc.property(self, (drawn) => {
        expect(asymmetry(withFormulation(drawn, name))).toBeLessThan(1e-12);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it.each(["qkv", "q-kv", "kv+pos", "k+pos"])("of %s are not", (name) => {
    const position = { channels: 10, sharing: "shared", positions: 6 } as const;
    const several = self
      // Heads one number wide make QKᵀ symmetric where there is no bias.
      .filter(({ width, options }) => width > options.heads)
      .map((drawn) => ({ ...drawn, queries: 3, options: { ...drawn.options, position } }));
    fc.assert(
      fc.property(several, (drawn) => {
        expect(asymmetry(withFormulation(drawn, name))).toBeGreaterThan(1e-3);
      }),
      { seed: 1, numRuns: 50 },
    );
  });
});

it("under the causal mask what comes later changes nothing", () => {
  const causal = self.map((drawn) => ({ ...drawn, queries: 5, options: { ...drawn.options, causal: true } }));
  fc.assert(
    fc.property(causal, fc.nat(3), (drawn, t) => {
      const built = buildAttention(drawn);
      const before = output(built, built.values);
      const x = changed(built.values["x"] as NDArray, (_batch, position) => position > t, drawn.seed);
      const after = output(built, { ...built.values, x });
      expect(difference(before, after, (_batch, position) => position <= t)).toBeLessThan(1e-12);
      expect(difference(before, after, (_batch, position) => position > t)).toBeGreaterThan(1e-6);
    }),
    { seed: 1, numRuns: 100 },
  );
});

it("without it what comes later does change the output", () => {
  const open = self.map((drawn) => ({
    ...drawn,
    queries: 5,
    padding: false,
    options: { ...drawn.options, causal: false },
  }));
  fc.assert(
    fc.property(open, (drawn) => {
      const built = buildAttention(drawn);
      const x = changed(built.values["x"] as NDArray, (_batch, position) => position > 0, drawn.seed);
      const after = output(built, { ...built.values, x });
      expect(difference(output(built, built.values), after, (_b, position) => position === 0)).toBeGreaterThan(1e-6);
    }),
    { seed: 1, numRuns: 50 },
  );
});

it("padded keys change nothing, in self-attention and in cross-attention", () => {
  fc.assert(
    fc.property(fc.oneof(self, cross), (drawn) => {
      const built = buildAttention({ ...drawn, padding: true });
      const keep = built.values["keep"] as NDArray;
      const isPadding = (batch: number, position: number) =>
        keep.data[batch * (keep.shape[1] as number) + position] === 0;
      const name = drawn.memory === undefined ? "x" : "memory";
      const source = changed(built.values[name] as NDArray, isPadding, drawn.seed);
      const after = output(built, { ...built.values, [name]: source });
      const compared = (batch: number, position: number) => drawn.memory !== undefined || !isPadding(batch, position);
      expect(difference(output(built, built.values), after, compared)).toBeLessThan(1e-12);
    }),
    { seed: 1, numRuns: 100 },
  );
});

it("shared heads are heads with copies of one another's weights", () => {
  fc.assert(
    fc.property(fc.oneof(self, cross), (drawn) => {
      const { heads, keyHeads = heads, valueHeads = keyHeads } = drawn.options;
      const grouped = buildAttention(drawn);
      const full = buildAttention({ ...drawn, options: { ...drawn.options, keyHeads: heads, valueHeads: heads } });
      const copied = (name: string, groups: number) =>
        ["weight", "bias"].flatMap((leaf) => {
          const value = grouped.values[`${name}.${leaf}`];
          return value === undefined ? [] : [[`${name}.${leaf}`, repeatColumns(value, groups, heads)] as const];
        });
      const values = {
        ...grouped.values,
        ...Object.fromEntries([...copied("key", keyHeads), ...copied("value", valueHeads)]),
      };
      expect(distance(output(full, values), output(grouped, grouped.values))).toBeLessThan(1e-12);
    }),
    { seed: 1, numRuns: 100 },
  );
});

/** Each group's columns, copied for all heads that share it. */
function repeatColumns({ shape, data }: NDArray, groups: number, heads: number): NDArray {
  const columns = shape.at(-1) as number;
  const width = columns / groups;
  const wide = width * heads;
  return ndarray(
    [...shape.slice(0, -1), wide],
    Array.from({ length: (data.length / columns) * wide }, (_, i) => {
      const [row, column] = [Math.floor(i / wide), i % wide];
      const group = Math.floor((Math.floor(column / width) * groups) / heads);
      return data[row * columns + group * width + (column % width)] as number;
    }),
  );
}

it("cross-attention to the queries themselves is self-attention, if the key projection makes the queries", () => {
  fc.assert(
    fc.property(self, (drawn) => {
      const options = { ...drawn.options, crossQuery: "shared-key" } as const;
      const alone = buildAttention({ ...drawn, options });
      const crossed = buildAttention({ ...drawn, options, memory: drawn.queries });
      const values = { ...alone.values, memory: alone.values["x"] as NDArray };
      expect(distance(output(crossed, values), output(alone, alone.values))).toBeLessThan(1e-12);
    }),
    { seed: 1, numRuns: 100 },
  );
});

it("queries come from the decoder also where both lengths are equal", () => {
  const equal = cross.map((drawn) => ({
    ...drawn,
    queries: 4,
    memory: 4,
    padding: false,
    options: { ...drawn.options, causal: false },
  }));
  fc.assert(
    fc.property(equal, (drawn) => {
      const built = buildAttention(drawn);
      const x = changed(built.values["x"] as NDArray, () => true, drawn.seed);
      expect(distance(output(built, { ...built.values, x }), output(built, built.values))).toBeGreaterThan(1e-6);
    }),
    { seed: 1, numRuns: 50 },
  );
});
