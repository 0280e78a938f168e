/** A picture as people look at it: (height, width, channels) bytes. */
export interface Picture {
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Brightness of a colour in shares of red, green and blue (ITU-R BT.601). */
const luma = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue;

/** Brightness of what is not transparent, each pixel by its opacity; 0 for a picture of nothing. */
export function brightness({ pixels }: Picture): number {
  let [sum, weight] = [0, 0];
  for (let at = 0; at < pixels.length; at += 4) {
    const [red = 0, green = 0, blue = 0, opacity = 0] = pixels.subarray(at, at + 4);
    sum += luma(red, green, blue) * opacity;
    weight += opacity;
  }
  return weight === 0 ? 0 : sum / weight;
}

/** A picture of red, green, blue and opacity over a ground of one brightness; in one channel it is grey. */
export function compose({ pixels, height, width }: Picture, ground: number, channels: number): Picture {
  const out = new Uint8Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [red = 0, green = 0, blue = 0, opacity = 0] = pixels.subarray(4 * pixel, 4 * pixel + 4);
    const colours = channels === 1 ? [luma(red, green, blue)] : [red, green, blue];
    for (const [channel, colour] of colours.entries()) {
      out[pixel * channels + channel] = Math.round(ground + ((colour - ground) * opacity) / 255);
    }
  }
  return { pixels: out, height, width, channels };
}

/** Mean of the outermost pixels in each channel. */
function groundOf({ pixels, height, width, channels }: Picture): readonly number[] {
  const sums = new Array<number>(channels).fill(0);
  let count = 0;
  for (let row = 0; row < height; row++) {
    const step = row === 0 || row === height - 1 ? 1 : Math.max(1, width - 1);
    for (let column = 0; column < width; column += step, count++) {
      const start = (row * width + column) * channels;
      sums.forEach((sum, channel) => (sums[channel] = sum + (pixels[start + channel] as number)));
    }
  }
  return sums.map((sum) => sum / count);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Bright on dark: inverted when its ground is brighter than middle grey. */
export function darken(picture: Picture): { readonly picture: Picture; readonly inverted: boolean } {
  const inverted = mean(groundOf(picture)) > 127.5;
  return { picture: inverted ? { ...picture, pixels: picture.pixels.map((value) => 255 - value) } : picture, inverted };
}

/** The same with a ground of 0: what its ground has is taken from every pixel. */
export function withoutGround(picture: Picture): Picture {
  const ground = groundOf(picture).map(Math.round);
  const pixels = picture.pixels.map((value, at) => Math.max(0, value - (ground[at % picture.channels] as number)));
  return { ...picture, pixels };
}

/** Share of the brightest pixel that a pixel of the drawing has at least. */
const DRAWN = 0.25;

/** The least box that holds what is drawn on a ground of 0; the whole picture when nothing is. */
export function boxOf({ pixels, height, width, channels }: Picture): Box {
  const least = Math.max(1, pixels.reduce((most, value) => Math.max(most, value), 0) * DRAWN);
  let [left, top, right, bottom] = [width, height, -1, -1];
  pixels.forEach((value, at) => {
    if (value < least) return;
    const pixel = Math.floor(at / channels);
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
  });
  if (right < 0) return { left: 0, top: 0, width, height };
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Centre of mass in pixels from the upper left corner; the middle of a picture of nothing. */
function centreOfMass({ pixels, height, width, channels }: Picture): { readonly row: number; readonly column: number } {
  let [sum, rows, columns] = [0, 0, 0];
  pixels.forEach((value, at) => {
    const pixel = Math.floor(at / channels);
    sum += value;
    rows += value * (Math.floor(pixel / width) + 0.5);
    columns += value * ((pixel % width) + 0.5);
  });
  return sum === 0 ? { row: height / 2, column: width / 2 } : { row: rows / sum, column: columns / sum };
}

/** Puts a picture on a larger dark ground so that its middle, or its centre of mass, is that of the ground. */
export function place(
  picture: Picture,
  { height, width }: { readonly height: number; readonly width: number },
  centre: "box" | "mass",
): Picture {
  const { channels } = picture;
  const middle = centre === "mass" ? centreOfMass(picture) : { row: picture.height / 2, column: picture.width / 2 };
  // Rounded up: in MNIST's own pictures the centre of mass lies from 0 to 1 pixel below and right of the middle.
  const offset = (whole: number, part: number, at: number): number =>
    Math.min(Math.max(Math.ceil(whole / 2 - at), 0), whole - part);
  const top = offset(height, picture.height, middle.row);
  const left = offset(width, picture.width, middle.column);
  const pixels = new Uint8Array(height * width * channels);
  for (let row = 0; row < picture.height; row++) {
    const values = picture.pixels.subarray(row * picture.width * channels, (row + 1) * picture.width * channels);
    pixels.set(values, ((top + row) * width + left) * channels);
  }
  return { pixels, height, width, channels };
}

/** Plane by plane, as models read pictures: (channels, height, width). */
export function planes({ pixels, height, width, channels }: Picture): Uint8Array {
  const area = height * width;
  return Uint8Array.from(pixels, (_, at) => pixels[(at % area) * channels + Math.floor(at / area)] as number);
}
