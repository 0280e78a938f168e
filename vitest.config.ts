import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/training/**", "test/browser/**", "test/chaos/**"],
          pool: "forks",
          // Every core has a process, and its files share what they import: what src keeps, such as its table of ops, is the same for all.
          maxWorkers: "100%",
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "training",
          include: ["test/training/**/*.test.ts"],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: "chaos",
          include: ["test/chaos/**/*.test.ts"],
          pool: "forks",
          // Most of their time is waiting.
          maxWorkers: 2,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
