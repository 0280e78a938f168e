import { z } from "zod";
import { constant, expand, input, ndarray, reshape, type NDArray, type Tensor } from "../../../src/graph/index.ts";
import { positionMap } from "../../../src/attention/position-map.ts";
import { zeros } from "../../../src/nn/initialise.ts";
import {
  axisEncoding,
  channelsPerAxis,
  positionChannels,
  sinusoids,
  sinusoidsConcatenated,
} from "../../../src/nn/positions.ts";
import { Scope } from "../../../src/nn/scope.ts";
import type { Check } from "../check.ts";
import { tensorSchema } from "../format.ts";
import { measure, type Expectation } from "../graph-case.ts";
import { EXACT, type Quantity } from "../judge.ts";

const size = z.int().min(1);
const sections = {
  oneD: z.object({ n: size, dim: size, table: tensorSchema }),
  oneDFar: z.object({ dim: size, positions: z.array(z.int().min(0)), table: tensorSchema }),
  concat1D: z.object({ n: size, dim: size, table: tensorSchema }),
  twoD: z.object({
    m: size,
    n: size,
    k: size,
    channelsPerAxis: z.int().optional(),
    rowChannels: z.int().optional(),
    columnChannels: z.int().optional(),
    invFreq: z.array(z.number()).optional(),
    table: tensorSchema,
  }),
  twoDFar: z.object({ m: size, points: z.array(z.tuple([z.int().min(0), z.int().min(0)])), table: tensorSchema }),
  reduction: z.object({
    m: size,
    n: size,
    w: tensorSchema,
    scoreScale: z.number().optional(),
    keyBias: tensorSchema.optional(),
    rowConstant: tensorSchema.optional(),
    fullBias: tensorSchema.optional(),
  }),
};
type Section<Name extends keyof typeof sections> = z.output<(typeof sections)[Name]>;

const runs: { readonly [Name in keyof typeof sections]: (given: unknown) => Promise<Quantity[]> } = {
  oneD: (given) => {
    const { n, dim, table } = sections.oneD.parse(given);
    return tableCase(sinusoids(n, dim), table);
  },
  oneDFar: (given) => {
    const { dim, positions, table } = sections.oneDFar.parse(given);
    const all = sinusoids(Math.max(...positions) + 1, dim);
    return tableCase(
      positions.flatMap((p) => Array.from(all.subarray(p * dim, (p + 1) * dim))),
      table,
    );
  },
  concat1D: (given) => {
    const { n, dim, table } = sections.concat1D.parse(given);
    return tableCase(sinusoidsConcatenated(n, dim), table);
  },
  twoD: (given) => twoDimensional(sections.twoD.parse(given)),
  twoDFar: (given) => {
    const { m, points, table } = sections.twoDFar.parse(given);
    const longest = Math.max(...points.flat()) + 1;
    return tableCase(encodingAt(points, m, longest), table);
  },
  reduction: (given) => reduction(sections.reduction.parse(given)),
};

export function positionalChecks(raw: Readonly<Record<string, unknown>>): Check[] {
  return Object.entries(raw).flatMap(([name, list]): Check[] => {
    if (!Array.isArray(list)) return [];
    return list.map((given: unknown, i) => ({
      name: `${name} ${i}`,
      run: () => {
        if (!(name in runs)) throw new Error(`"${name}" is not built`);
        return runs[name as keyof typeof runs](given);
      },
    }));
  });
}

const tableCase = (values: ArrayLike<number>, table: NDArray): Promise<Quantity[]> =>
  measure([{ name: "table", tensor: constant(values, table.shape), expected: table }], {});

/** P at (row, column): the row's channels, then the column's, as many of both as there are among the m. */
function encodingAt(points: readonly (readonly [number, number])[], m: number, positions: number): number[] {
  const [encoding, width] = [axisEncoding(positions, m), channelsPerAxis(m)];
  const { rows, columns } = positionChannels(m);
  const channels = (position: number, count: number) =>
    Array.from(encoding.subarray(position * width, position * width + count));
  return points.flatMap(([i, j]) => [...channels(i, rows), ...channels(j, columns)]);
}

async function twoDimensional(given: Section<"twoD">): Promise<Quantity[]> {
  const { m, n, k, table, invFreq } = given;
  const points = Array.from({ length: n * k }, (_, i) => [Math.floor(i / k), i % k] as const);
  const { rows, columns } = positionChannels(m);
  const counts = { channelsPerAxis: channelsPerAxis(m), rowChannels: rows, columnChannels: columns };
  // No frequency is above 1, so the sine of position 1 tells it.
  const frequencies = axisEncoding(2, m)
    .subarray(channelsPerAxis(m))
    .filter((_, channel) => channel % 2 === 0)
    .map(Math.asin);
  return [
    ...Object.entries(counts).flatMap(([name, count]): Quantity[] => {
      const expected = given[name as keyof typeof counts];
      return expected === undefined
        ? []
        : [{ name, expected: number(expected), float64: number(count), tolerance: EXACT }];
    }),
    ...(invFreq === undefined ? [] : [{ name: "invFreq", expected: list(invFreq), float64: list(frequencies) }]),
    ...(await tableCase(encodingAt(points, m, Math.max(n, k)), table)),
  ];
}

const number = (value: number): NDArray => ndarray([], [value]);
const list = (values: ArrayLike<number>): NDArray => ndarray([values.length], values);

/** What the position map keeps of the full map; its row constants are left out because the softmax ignores them. */
async function reduction({
  m,
  n,
  w,
  scoreScale,
  keyBias,
  rowConstant,
  fullBias,
}: Section<"reduction">): Promise<Quantity[]> {
  const keys = input("keys", [1, n]);
  const options = { channels: m, sharing: "shared", heads: 1, positions: n, weight: zeros, bias: zeros } as const;
  const map = positionMap(new Scope({ training: false }), keys, 1, options);
  const bias = map.keyBias ?? constant(new Float64Array(n), [n]);
  const wanted = (
    name: string,
    tensor: Tensor,
    expected: NDArray | undefined,
    upToRowConstant = false,
  ): Expectation[] => (expected === undefined ? [] : [{ name, tensor, expected, upToRowConstant }]);
  const measured = await measure(
    [
      ...wanted("scoreScale", reshape(map.scale, []), scoreScale === undefined ? undefined : number(scoreScale)),
      ...wanted("keyBias", bias, keyBias),
      ...wanted("fullBias", expand(bias, [n, n]), fullBias, true),
    ],
    { weight: w, bias: ndarray([1]), keys: ndarray([1, n]) },
  );
  const width = channelsPerAxis(m);
  const rows = Array.from({ length: n }, (_, i) =>
    axisEncoding(n, m)
      .subarray(i * width, i * width + positionChannels(m).rows)
      .reduce((sum, channel, c) => sum + channel * (w.data[c] as number), 0),
  );
  return [...measured, ...(rowConstant ? [{ name: "rowConstant", expected: rowConstant, float64: list(rows) }] : [])];
}
