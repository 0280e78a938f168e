/** Numbers with a shape, row-major: what goes into a program and what comes out. */
export interface Values {
  readonly data: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

/** Inputs or outputs by name. */
export type Feeds = Readonly<Record<string, Values>>;
