/** Plain numbers that the JavaScript peers share. */

/**
 * One-hot rows (rows, classes) of random labels. What the labels are matters to no timing, that they repeat does.
 * @param {number} rows
 * @param {number} classes
 */
export function oneHotRows(rows, classes) {
  const values = new Float32Array(rows * classes);
  let state = 1;
  for (let row = 0; row < rows; row++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[row * classes + Math.floor((state / 2 ** 32) * classes)] = 1;
  }
  return values;
}

/** Zero where a position may look, -1e9 where it may not: (tokens, tokens). @param {number} tokens */
export function causalMask(tokens) {
  return Float32Array.from({ length: tokens * tokens }, (_, at) => (at % tokens > Math.floor(at / tokens) ? -1e9 : 0));
}

/** Sinusoidal positions (tokens, width), sine and cosine interleaved. @param {number} tokens @param {number} width */
export function sinusoid(tokens, width) {
  return Float32Array.from({ length: tokens * width }, (_, at) => {
    const channel = at % width;
    const angle = Math.floor(at / width) / 10000 ** ((channel - (channel % 2)) / width);
    return channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}
