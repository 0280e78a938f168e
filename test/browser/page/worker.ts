import { calls } from "./calls.ts";

export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

const functions: Readonly<Record<string, (...values: never[]) => Promise<unknown>>> = calls;

async function answer(name: string, values: readonly unknown[]): Promise<Answer> {
  try {
    return { ok: true, value: await functions[name]?.(...(values as never[])) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

onmessage = ({ data }: MessageEvent<{ name: string; values: readonly unknown[] }>) => {
  void answer(data.name, data.values).then((result) => postMessage(result));
};
