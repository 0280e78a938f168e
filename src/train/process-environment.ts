const GIBIBYTE = String(2 ** 30);

/**
 * Environment of a process that trains. Where the lengths of batches differ a step runs without a memory arena, and ONNX
 * Runtime asks for new memory for each of its tensors; glibc would hand large pieces back to the system and fetch them
 * again, zeroed page by page, at every step, which costs a quarter of a step of the translation model. These two settings
 * of its allocator (mallopt(3)) make it keep them. They must stand in the environment when the process starts; other
 * systems ignore them.
 */
export const trainingEnvironment = (): NodeJS.ProcessEnv => ({
  MALLOC_MMAP_THRESHOLD_: GIBIBYTE,
  MALLOC_TRIM_THRESHOLD_: GIBIBYTE,
  ...process.env,
});
