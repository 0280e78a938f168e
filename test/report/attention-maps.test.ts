import { describe, expect, test } from "vitest";
import { random } from "../../src/random.ts";
import { attentionSvg } from "../../src/report/attention-maps.ts";
import { attentionNumbers } from "../../src/report/attention-numbers.ts";
import { axisOf } from "../../src/report/axis.ts";
import { colourOf, divergingScale, sequentialScale } from "../../src/report/colour.ts";
import type { AttentionFigure } from "../../src/report/figure.ts";
import { pictureSvg } from "../../src/report/picture-maps.ts";
import { asymmetry, headMatrices } from "../../src/report/matrix.ts";
import type { Values } from "../../src/runtime/values.ts";
import type { ExampleDescription } from "../../src/tasks/task.ts";

const matrix = (rows: readonly (readonly number[])[]) => ({
  data: Float32Array.from(rows.flat()),
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
});

/** Scores of one layer, (1,heads,size,size), symmetric or not. */
function scoresOf(heads: number, size: number, symmetric: boolean): Values {
  const source = random(1, "scores");
  const data = Float32Array.from({ length: heads * size * size }, () => source.normal());
  if (symmetric) {
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < size; i++)
        for (let j = 0; j < i; j++) data[(h * size + i) * size + j] = data[(h * size + j) * size + i] ?? 0;
  }
  return { data, shape: [1, heads, size, size] };
}

const tokens: ExampleDescription = { kind: "tokens", tokens: ["3", "<&>", "4", "1"], target: ["1", "4", "1", "3"] };

const image: ExampleDescription = {
  kind: "image",
  pixels: Uint8Array.from({ length: 28 * 28 }, (_, i) => i % 256),
  height: 28,
  width: 28,
  channels: 1,
  label: "7",
};

function figure(example: ExampleDescription, size: number, symmetric = true): AttentionFigure {
  const layers = [scoresOf(2, size, symmetric), scoresOf(2, size, symmetric)];
  const weights = layers.map(({ data, shape }) => ({ data: Float32Array.from(data, Math.exp), shape }));
  return {
    run: "run-1",
    task: "reverse",
    attention: "kv",
    shown: { split: "test", index: 3 },
    example,
    parts: [{ module: "block.attention", kind: "self", scores: layers, weights }],
  };
}

const times = (text: string, part: string): number => text.split(part).length - 1;

describe("asymmetry ‖S − Sᵀ‖ / ‖S‖", () => {
  test("is 0 for a symmetric and 2 for an antisymmetric matrix", () => {
    expect(
      asymmetry(
        matrix([
          [1, 5],
          [5, -2],
        ]),
      ),
    ).toBe(0);
    expect(
      asymmetry(
        matrix([
          [0, 3],
          [-3, 0],
        ]),
      ),
    ).toBe(2);
  });

  test("has the value of a worked example", () => {
    // S − Sᵀ = [[0, 1], [−1, 0]], norm √2; ‖S‖ = √(1 + 4 + 1 + 9)
    expect(
      asymmetry(
        matrix([
          [1, 2],
          [1, 3],
        ]),
      ),
    ).toBeCloseTo(Math.sqrt(2 / 15), 12);
  });

  test("does not exist for a matrix that is zero, not square or not finite", () => {
    expect(
      asymmetry(
        matrix([
          [0, 0],
          [0, 0],
        ]),
      ),
    ).toBeNull();
    expect(asymmetry(matrix([[1, 2]]))).toBeNull();
    expect(
      asymmetry(
        matrix([
          [Number.NaN, 1],
          [1, 1],
        ]),
      ),
    ).toBeNull();
  });
});

test("heads are cut out of (1,H,T,S), other shapes are refused", () => {
  const [, second] = headMatrices({ data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 1, 3] });
  expect(second).toEqual({ data: Float32Array.of(4, 5, 6), rows: 1, columns: 3 });
  expect(() => headMatrices({ data: new Float32Array(4), shape: [2, 2] })).toThrow("expected (1,H,T,S), got (2,2)");
});

describe("axes", () => {
  test("name tokens, and patches by row and column after the class token", () => {
    expect(axisOf(tokens, 4).labels).toEqual(["3", "<&>", "4", "1"]);
    expect(axisOf(image, 17).labels.slice(0, 6)).toEqual(["cls", "1,1", "1,2", "1,3", "1,4", "2,1"]);
    expect(axisOf(image, 16).labels[0]).toBe("1,1");
    expect(axisOf(image, 50).picture?.patch).toBe(4);
  });

  test("fall back to numbers where positions are no patches", () => {
    expect(axisOf(image, 12).labels).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]);
  });
});

describe("colours", () => {
  test("zero of a score is the middle, whatever the values", () => {
    const scale = divergingScale([-1, 4]);
    expect(colourOf(scale, 0)).toBe("#f7f6f2");
    expect(colourOf(scale, 4)).toBe("#96261c");
    expect(colourOf(scale, -4)).toBe("#17457f");
  });

  test("weights run from light to dark; what is not finite is grey", () => {
    const scale = sequentialScale([0, 0.5]);
    expect(colourOf(scale, 0)).toBe("#fbfaf6");
    expect(colourOf(scale, 0.5)).toBe("#0a2f4a");
    expect(colourOf(scale, Number.NaN)).toBe("#c9c9c9");
    expect(sequentialScale([0, 0]).high).toBe(1);
  });
});

describe("the picture", () => {
  test("has every layer and head, the run, the example and the legends", () => {
    const svg = attentionSvg(figure(tokens, 4));
    expect(times(svg, ">head 1<")).toBe(2);
    expect(times(svg, ">layer 2 · query<")).toBe(2);
    expect(times(svg, "<linearGradient")).toBe(4);
    expect(svg).toContain("Attention of kv on reverse");
    expect(svg).toContain("run run-1 · example 3 of test · 2 layers × 2 heads");
    expect(svg).toContain("target 1 4 1 3");
  });

  test("shows symmetric scores as such, and weights that are not", () => {
    const svg = attentionSvg(figure(tokens, 4));
    expect(times(svg, ">asymmetry 0.000<")).toBe(8);
    expect(times(attentionSvg(figure(tokens, 4, false)), ">asymmetry 0.000<")).toBe(0);
  });

  test("colours every square: the areas of a map's paths add up to T·S", () => {
    const svg = attentionSvg(figure(tokens, 4, false), ["scores"]);
    const runs = [...svg.matchAll(/M\d+ \d+h(\d+)v1h-\1z/g)];
    expect(runs.reduce((sum, [, length]) => sum + Number(length), 0)).toBe(2 * 2 * 16);
  });

  test("escapes what tokens hold", () => {
    const svg = attentionSvg(figure(tokens, 4));
    expect(svg).toContain("&lt;&amp;&gt;");
    expect(svg).not.toContain("<&>");
  });

  test("shows a picture once and its patches beside every row and below every column", () => {
    const svg = attentionSvg(figure(image, 17));
    expect(times(svg, 'id="picture"')).toBe(1);
    // The whole, then 16 patches beside 2 layers and below 2 heads, in 2 blocks.
    expect(times(svg, 'href="#picture"')).toBe(1 + 16 * (2 + 2) * 2);
  });

  test("shows one kind of map alone", () => {
    const svg = attentionSvg(figure(tokens, 4), ["weights"]);
    expect(svg).not.toContain("Scores before the softmax");
    expect(svg).toContain("Weights after the softmax");
  });
});

test("the numbers of a figure are those that it shows", () => {
  const numbers = attentionNumbers(figure(tokens, 4));
  expect(numbers).toMatchObject({
    run: "run-1",
    example: 3,
    target: ["1", "4", "1", "3"],
    parts: [{ module: "block.attention", kind: "self", queries: ["3", "<&>", "4", "1"], keys: ["3", "<&>", "4", "1"] }],
  });
  const head = numbers.parts[0]?.layers[1]?.heads[0];
  expect(head?.asymmetry.scores).toBe(0);
  expect(head?.scores).toHaveLength(4);
  expect(head?.weights[2]?.[1]).toBeCloseTo(Math.exp(head?.scores[2]?.[1] ?? 0), 5);
});

describe("an encoder-decoder", () => {
  const example: ExampleDescription = {
    kind: "tokens",
    tokens: ["a", "man", "sleeps"],
    decoded: ["<s>", "ein"],
    target: ["ein", "mann"],
  };
  const maps = (rows: number, columns: number, later: number): Values[] => [
    {
      data: Float32Array.from({ length: rows * columns }, (_, i) =>
        i % columns > Math.floor(i / columns) ? later : 1,
      ),
      shape: [1, 1, rows, columns],
    },
  ];
  const part = (module: string, kind: "self" | "causal" | "cross", [map]: Values[]) => {
    const values = map === undefined ? [] : [map];
    return { module, kind, scores: values, weights: values };
  };
  const encoderDecoder: AttentionFigure = {
    ...figure(tokens, 4),
    example,
    parts: [
      part("encoder.attention", "self", maps(3, 3, 1)),
      part("decoder.attention", "causal", maps(2, 2, Number.NaN)),
      part("decoder.cross", "cross", maps(2, 3, 1)),
    ],
  };

  test("tells its three kinds of attention apart, with the tokens of each on the axes", () => {
    const svg = attentionSvg(encoderDecoder, ["weights"]);
    for (const title of ["Encoder self-attention", "Decoder causal self-attention", "Decoder cross-attention"]) {
      expect(svg).toContain(`>${title}<`);
    }
    expect(
      attentionNumbers(encoderDecoder).parts.map(({ queries, keys }) => [queries.join(" "), keys.join(" ")]),
    ).toEqual([
      ["a man sleeps", "a man sleeps"],
      ["<s> ein", "<s> ein"],
      ["<s> ein", "a man sleeps"],
    ]);
  });

  test("leaves empty what causal attention does not see, and measures asymmetry of self-attention alone", () => {
    const svg = attentionSvg(encoderDecoder, ["weights"]);
    const squares = [...svg.matchAll(/M\d+ \d+h(\d+)v1h-\1z/g)].reduce((sum, [, length]) => sum + Number(length), 0);
    expect(squares).toBe(9 + 3 + 6);
    expect(times(svg, ">asymmetry 0.000<")).toBe(1);
  });
});

describe("maps over the picture", () => {
  test("show the picture a layer and head, and the patches that the class token sees", () => {
    const svg = pictureSvg(figure(image, 17)) ?? "";
    expect(times(svg, 'href="#picture"')).toBe(1 + 2 * 2);
    expect(times(svg, "fill-opacity=")).toBeGreaterThan(2 * 2 * 12);
    expect(times(svg, 'fill-opacity="0.75"')).toBe(2 * 2);
  });

  test("need a picture with a class token", () => {
    expect(pictureSvg(figure(image, 16))).toBeUndefined();
    expect(pictureSvg(figure(tokens, 4))).toBeUndefined();
  });
});
