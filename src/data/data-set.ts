/** One file of a data set as its makers publish it. */
export interface DataFile {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 in hexadecimal */
  readonly sha256: string;
  /** the same without gzip, for those who unpacked it */
  readonly unpacked?: { readonly name: string; readonly bytes: number; readonly sha256: string };
}

/** A published data set: what its files are called, where they are and how to know them. */
export interface DataSet {
  readonly name: string;
  /** one line for lists */
  readonly summary: string;
  readonly licence: string;
  /** folders that hold the files, by preference; a file's address is one of these followed by its name */
  readonly mirrors: readonly string[];
  readonly files: readonly DataFile[];
}

/** A gzip file under its published name, and the same file unpacked. */
export function gzipFile(
  name: `${string}.gz`,
  packed: readonly [bytes: number, sha256: string],
  unpacked: readonly [bytes: number, sha256: string],
): DataFile {
  return {
    name,
    bytes: packed[0],
    sha256: packed[1],
    unpacked: { name: name.slice(0, -".gz".length), bytes: unpacked[0], sha256: unpacked[1] },
  };
}
