import type { Kept } from "../nn/decoding.ts";
import type { Backend } from "../runtime/backend.ts";
import { openSession, toTensors, toValues, type DeviceTensor } from "../runtime/session.ts";
import type { Values } from "../runtime/values.ts";
import { selectRows } from "./cache.ts";

/** What cross-attention reads of the sources: their ids, and each module's keys and values, projected once. */
export interface SourceMemory {
  /** Encodes the sources, one a row: int32 (B,M). */
  read(source: Values): Promise<void>;
  /** Row i goes on with the source of row `rows[i]`. */
  select(rows: readonly number[]): void;
  feeds(): Readonly<Record<string, Values>>;
  release(): Promise<void>;
}

/** The part of a decoding graph that depends on the source alone, as a session of its own. */
export async function openMemory(backend: Backend, remembered: readonly Kept[]): Promise<SourceMemory> {
  const outputs = Object.fromEntries(remembered.map(({ name, fresh }) => [name, fresh]));
  const session = await openSession(backend, outputs);
  let held: Readonly<Record<string, Values>> = {};
  /** which of the sources that were read each row has */
  let sources: readonly number[] = [];
  return {
    async read(source) {
      const results = await session.run(toTensors(backend, { source }));
      held = { source };
      for (const { name } of remembered) held = { ...held, [name]: await toValues(results[name] as DeviceTensor) };
      sources = Array.from({ length: source.shape[0] ?? 0 }, (_, row) => row);
    },
    select(rows) {
      const next = rows.map((row) => sources[row] ?? 0);
      const same = next.length === sources.length && next.every((source, row) => source === sources[row]);
      if (!same) held = Object.fromEntries(Object.entries(held).map(([name, values]) => [name, rowsOf(values, rows)]));
      sources = next;
    },
    feeds: () => held,
    release: () => session.release(),
  };
}

function rowsOf({ data, shape }: Values, rows: readonly number[]): Values {
  const [, ...rest] = shape;
  const size = rest.reduce((a, b) => a * b, 1);
  return { data: selectRows(data, rows, size), shape: [rows.length, ...rest] };
}
