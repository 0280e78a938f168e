/** How the project writes numbers for people. All take and give plain text, without colours. */

/** 72586 → "72,586" */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Three digits and a prefix of a thousand: 1234567 → "1.23 M", 512 → "512". */
export function large(value: number): string {
  const prefixes = ["", "k", "M", "G", "T", "P"];
  let power = 0;
  let scaled = value;
  while (Math.abs(scaled) >= 999.5 && power < prefixes.length - 1) {
    scaled /= 1000;
    power++;
  }
  if (power === 0) return count(value);
  return `${scaled.toFixed(scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2)} ${prefixes[power]}`;
}

/** 81920 → "80 KiB"; powers of 1024, as memory is counted. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let power = 0;
  let scaled = value;
  while (scaled >= 1024 && power < units.length - 1) {
    scaled /= 1024;
    power++;
  }
  const digits = Number.isInteger(scaled) || power === 0 ? 0 : scaled >= 100 ? 0 : 1;
  return `${digits === 0 && power === 0 ? count(scaled) : scaled.toFixed(digits)} ${units[power]}`;
}

/** A share between 0 and 1: "0.9987". */
export const metric = (value: number): string => (Number.isFinite(value) ? minus(value.toFixed(4)) : String(value));

/** A difference of two metrics, always with its sign: "+0.0012", "−0.0030". */
export function signed(value: number): string {
  const text = value.toFixed(4);
  if (Number(text) === 0) return "0.0000";
  return value > 0 ? `+${text}` : minus(text);
}

/** A loss in four digits: "0.01234", "1.234", "12.34"; small ones in powers of ten. */
export function loss(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  if (Math.abs(value) < 1e-4) return minus(value.toExponential(2));
  return minus(Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(4));
}

/** A loss in nats as bits: divided by ln 2. */
export const bits = (nats: number): string => loss(nats / Math.LN2);

/** A time in two units at most: "8.4 ms", "0.8 s", "12 s", "3 min 20 s", "1 h 05 min". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 0.1) return milliseconds(seconds);
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const pad = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** A time to wait, in whole seconds: "1 s" is the shortest. */
export const wait = (seconds: number): string =>
  seconds < 59.5 ? `${Math.max(1, Math.round(seconds))} s` : duration(seconds);

/** Seconds as milliseconds in three digits: 0.0123 → "12.3 ms". */
export function milliseconds(seconds: number): string {
  const value = seconds * 1000;
  return `${value >= 99.95 ? count(value) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2)} ms`;
}

/** "1 seed", "3 seeds" */
export const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/** Lines of at most `most` characters, broken at spaces; a longer word stands alone. */
export function wrap(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= most) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The hyphen that JavaScript writes before negative numbers becomes a minus sign. */
const minus = (text: string): string => text.replace("-", "−");
