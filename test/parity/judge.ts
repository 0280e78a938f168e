import type { NDArray } from "../../src/graph/index.ts";

/** Largest |a − b| ÷ (1 + |b|) that passes, of results in float64 and in float32. */
export interface Tolerance {
  readonly float64: number;
  readonly float32: number;
}

export const TOLERANCE: Tolerance = { float64: 2e-8, float32: 1e-4 };
/** Whole numbers that follow from a definition. */
export const EXACT: Tolerance = { float64: 0, float32: 0 };

/** One expected result beside what was computed. */
export interface Quantity {
  readonly name: string;
  readonly expected: NDArray;
  readonly float64: NDArray;
  /** absent where the host alone computes it, and where float32 noise decides it */
  readonly float32?: NDArray | undefined;
  readonly tolerance?: Tolerance | undefined;
  /** compared after each row's mean difference is taken off, as exactly as the row's largest number allows */
  readonly upToRowConstant?: boolean | undefined;
}

export interface Verdict {
  /** largest errors; undefined where nothing was compared */
  readonly float64: number | undefined;
  readonly float32: number | undefined;
  /** one sentence for each quantity that is wrong */
  readonly failures: readonly string[];
}

export function judge(quantities: readonly Quantity[]): Verdict {
  const failures: string[] = [];
  const largest = (type: "float64" | "float32"): number | undefined => {
    let worst: number | undefined;
    for (const quantity of quantities) {
      const actual = quantity[type];
      if (actual === undefined) continue;
      const { name, expected, tolerance = TOLERANCE } = quantity;
      if (actual.shape.join() !== expected.shape.join()) {
        failures.push(`${name}: expected shape (${expected.shape.join()}), got (${actual.shape.join()})`);
        continue;
      }
      const error = errorOf(actual, expected, quantity.upToRowConstant ?? false);
      if (!(error <= tolerance[type])) failures.push(`${type} ${name} ${short(error)} > ${short(tolerance[type])}`);
      worst = Math.max(worst ?? 0, error);
    }
    return worst;
  };
  if (quantities.length === 0) failures.push("nothing to compare");
  return { float64: largest("float64"), float32: largest("float32"), failures };
}

/** max |a − b| ÷ (1 + |b|); infinite where a is not a number. */
function errorOf(actual: NDArray, expected: NDArray, upToRowConstant: boolean): number {
  const differences = actual.data.map((value, i) => value - (expected.data[i] as number));
  const sizes = expected.data.map(Math.abs);
  const width = upToRowConstant ? (expected.shape.at(-1) ?? 1) : 0;
  for (let row = 0; width > 0 && row < differences.length; row += width) {
    const line = differences.subarray(row, row + width);
    const mean = line.reduce((a, b) => a + b, 0) / width;
    line.forEach((value, i) => (line[i] = value - mean));
    const size = sizes.subarray(row, row + width);
    size.fill(Math.max(...size));
  }
  return differences.reduce((worst, difference, i) => {
    const error = Math.abs(difference) / (1 + (sizes[i] as number));
    return Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }, 0);
}

export const short = (value: number): string => (value === 0 ? "0" : value.toExponential(1));
