/** What a run is taken to need before any was seen. */
const FIRST_BYTES = 500 * 2 ** 20;
/** How long a run takes to need its memory. */
const SETTLING_MS = 5_000;

/** Memory of this machine for runs in processes of their own: another is begun only where the most that one needed is left. */
export interface MemoryRoom {
  isEnough(): boolean;
  /** A run was begun, which does not show in the memory that is available yet. */
  begun(): void;
  /** A run has needed so much. */
  saw(bytes: number): void;
}

export function memoryRoom(): MemoryRoom {
  let peak = FIRST_BYTES;
  let recent: number[] = [];
  return {
    isEnough() {
      recent = recent.filter((begun) => performance.now() - begun < SETTLING_MS);
      return process.availableMemory() - recent.length * peak >= peak;
    },
    begun: () => void recent.push(performance.now()),
    saw: (bytes) => (peak = Math.max(peak, bytes)),
  };
}
