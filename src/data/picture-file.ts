import type { Sharp } from "sharp";
import { KvtError } from "../errors.ts";
import * as fit from "./fit-picture.ts";
import type { PictureForm } from "./picture-form.ts";

export interface ReadPicture {
  /** (channels, height, width), 0 … 255 */
  readonly pixels: Uint8Array;
  /** true where a bright ground was made dark */
  readonly inverted: boolean;
}

/** Longer side at which a drawing is looked for. */
const LOOK = 256;

function broken(file: string, expected: string, got: string, cause?: unknown): KvtError {
  const hint = "PNG and JPEG are read, and what else the library sharp knows.";
  return new KvtError("data", `${file}: expected ${expected}, got ${got}`, { hint, cause });
}

async function decode(source: Sharp, file: string): Promise<fit.Picture> {
  try {
    const { data, info } = await source.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    return { pixels: data, height: info.height, width: info.width, channels: info.channels };
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw broken(file, "a whole picture", `one that cannot be read (${reason})`, cause);
  }
}

/**
 * A picture in a file of PNG, JPEG or another format that sharp knows, of any size, grey or colour, as a model reads it.
 * Of a photograph the middle is taken, and what is transparent becomes white. For a model of drawings, what is drawn is cut
 * out and put on a dark ground in the size of the data set's, inverted where the ground is bright; a picture that has the
 * model's size is not moved. `file` names it in errors. Throws a `data` error for what is no picture or a broken one.
 */
export async function readPicture(bytes: Uint8Array, file: string, form: PictureForm): Promise<ReadPicture> {
  if (bytes.length === 0) throw broken(file, "a picture", "an empty file");
  const { default: sharp } = await import("sharp");
  const source = sharp(bytes, { failOn: "error" });
  const { autoOrient: size } = await source.metadata().catch((cause: unknown) => {
    throw broken(file, "a picture", `${bytes.length} bytes that cannot be read as one`, cause);
  });
  const { channels, height, width, drawing } = form;
  const coloured = source.autoOrient().toColourspace("srgb").ensureAlpha();
  if (drawing === undefined) {
    const photograph = await decode(coloured.resize({ width, height, fit: "cover" }), file);
    return { pixels: fit.planes(fit.compose(photograph, 255, channels)), inverted: false };
  }
  const hasSize = size.width === width && size.height === height;
  const seen = await decode(
    hasSize ? coloured : coloured.resize({ width: LOOK, height: LOOK, fit: "inside", withoutEnlargement: true }),
    file,
  );
  // What is drawn on nothing is drawn to be seen: ink is dark on white, chalk bright on black.
  const { picture, inverted } = fit.darken(fit.compose(seen, fit.brightness(seen) > 127.5 ? 0 : 255, channels));
  if (hasSize) return { pixels: fit.planes(picture), inverted };
  const drawn = fit.withoutGround(picture);
  const raw = { width: drawn.width, height: drawn.height, channels: channels === 1 ? 1 : 3 } as const;
  const cut = sharp(drawn.pixels, { raw })
    .extract(fit.boxOf(drawn))
    .resize({ width: width - 2 * drawing.margin, height: height - 2 * drawing.margin, fit: "inside" })
    .toColourspace(channels === 1 ? "b-w" : "srgb");
  const placed = fit.place(await decode(cut, file), form, drawing.centre);
  return { pixels: fit.planes(placed), inverted };
}
