export type ChecksumKind = "sha256" | "sha1" | "md5";

export interface Checksum {
  readonly kind: ChecksumKind;
  /** in hexadecimal */
  readonly value: string;
}

/** A file as its makers publish it. */
export interface PublishedFile {
  readonly name: string;
  readonly bytes: number;
  readonly checksum: Checksum;
}

/** What a file holds, by which a part of it or another edition is told from a broken one. */
export type FileContent =
  | {
      /** rows of label bytes and 3 x 32 x 32 pixels; `classes` of each label byte */
      readonly kind: "cifar";
      readonly classes: readonly number[];
      readonly rows: number;
    }
  /** lines of text, plain or gzip; another number of them is an error, for they belong to those of another file */
  | { readonly kind: "lines"; readonly lines: number };

export interface DataFile extends PublishedFile {
  /** the same without gzip, for those who unpacked it */
  readonly unpacked?: PublishedFile;
  /** absent where only the published bytes are right */
  readonly content?: FileContent;
}

/** A tar.gz file that holds the files of a set. */
export interface Archive extends PublishedFile {
  /** small files that are unpacked too, for people to read */
  readonly extras: readonly string[];
}

/** A published data set: what its files are called, where they are and how to know them. */
export interface DataSet {
  readonly name: string;
  /** one line for lists */
  readonly summary: string;
  readonly licence: string;
  /** folders that hold the files, or the archive, by preference; an address is one of these followed by the name */
  readonly mirrors: readonly string[];
  readonly files: readonly DataFile[];
  /** how the files are published, where not one by one */
  readonly archive?: Archive;
  /** how to get it where nobody publishes it and there are no mirrors */
  readonly origin?: string;
}

const sha256 = (value: string): Checksum => ({ kind: "sha256", value });

/** A gzip file under its published name, and the same file unpacked, with their SHA-256. */
export function gzipFile(
  name: `${string}.gz`,
  packed: readonly [bytes: number, sha256: string],
  unpacked: readonly [bytes: number, sha256: string],
): DataFile {
  return {
    name,
    bytes: packed[0],
    checksum: sha256(packed[1]),
    unpacked: { name: name.slice(0, -".gz".length), bytes: unpacked[0], checksum: sha256(unpacked[1]) },
  };
}

/** The same for a text with so many lines. */
export function gzipText(lines: number, ...file: Parameters<typeof gzipFile>): DataFile {
  return { ...gzipFile(...file), content: { kind: "lines", lines } };
}
