const GIBIBYTE = String(2 ** 30);

/**
 * Environment of a process that trains. ONNX Runtime gives every step new memory for copies of its results; glibc would
 * hand such large pieces back to the system and fetch them again, zeroed page by page, at every step, which costs a
 * tenth of a step of a character GPT. These two settings of its allocator (mallopt(3)) make it keep them. They must
 * stand in the environment when the process starts; other systems ignore them.
 */
export const trainingEnvironment = (): NodeJS.ProcessEnv => ({
  MALLOC_MMAP_THRESHOLD_: GIBIBYTE,
  MALLOC_TRIM_THRESHOLD_: GIBIBYTE,
  ...process.env,
});
