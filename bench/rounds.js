/** Interleaved timing: subjects take turns of a few steps, so that whatever else the machine does hits all alike. */
import { startSubject } from "./child.js";

/**
 * @typedef {object} Entry
 * @property {string} key
 * @property {import("./child.js").Launch} launch
 *
 * @typedef {object} Measurement
 * @property {string} version
 * @property {number | undefined} parameters
 * @property {number[]} seconds of every timed step
 * @property {number} median seconds of a step
 * @property {number} peakBytes
 *
 * @typedef {object} Pace
 * @property {number} rounds
 * @property {number} warmUp steps before the first round, not timed
 * @property {number} longestTurn steps of one turn, at most
 */

/** A turn of a fast subject lasts about this long. */
const TURN_SECONDS = 0.5;

/**
 * Times every entry, round by round. An entry that fails is left out of the rest and reported.
 * @param {Entry[]} entries
 * @param {Pace} pace
 * @param {(entry: Entry, error: Error) => void} onFailure
 * @returns {Promise<Map<string, Measurement>>} by key, without the failed ones
 */
export async function measure(entries, pace, onFailure) {
  /** @type {{ entry: Entry, subject: import("./child.js").Subject, turn: number, measurement: Measurement }[]} */
  let running = [];
  const attempt = async (entry, action) => {
    try {
      return await action();
    } catch (error) {
      onFailure(entry, error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  };
  try {
    for (const entry of entries) {
      const started = await attempt(entry, () => start(entry, pace));
      if (started !== undefined) running.push(started);
    }
    for (let round = 0; round < pace.rounds; round++) {
      const survivors = [];
      for (const participant of running) {
        const timing = await attempt(participant.entry, () => participant.subject.run(participant.turn));
        if (timing === undefined) continue;
        participant.measurement.seconds.push(...timing.seconds);
        participant.measurement.peakBytes = timing.peakBytes;
        survivors.push(participant);
      }
      running = survivors;
    }
  } finally {
    await Promise.all(running.map(({ subject }) => subject.stop()));
  }
  return new Map(
    running.map(({ entry, measurement }) => [
      entry.key,
      { ...measurement, median: quantile(measurement.seconds, 0.5) },
    ]),
  );
}

/** Starts one subject, warms it up and finds how many steps make a turn. */
async function start(entry, pace) {
  const subject = await startSubject(entry.launch);
  let last = { seconds: [Infinity], peakBytes: 0 };
  for (let i = 0; i < pace.warmUp; i++) last = await subject.run(1);
  const turn = Math.min(pace.longestTurn, Math.max(1, Math.ceil(TURN_SECONDS / last.seconds[0])));
  const { version, parameters } = subject;
  const measurement = { version, parameters, seconds: [], median: NaN, peakBytes: last.peakBytes };
  return { entry, subject, turn, measurement };
}

/**
 * @param {readonly number[]} values at least one
 * @param {number} fraction 0.5 for the median
 */
export function quantile(values, fraction) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at - Math.floor(at));
}
