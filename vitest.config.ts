import { defineConfig } from "vitest/config";

const project = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  test: { name, include, exclude: ["node_modules/**"], ...extra },
});

export default defineConfig({
  test: {
    projects: [
      project("imports", ["test/imports/**/*.test.ts"]),
      project("unit", ["test/**/*.test.ts"], {
        exclude: ["node_modules/**", "test/system/**", "test/long/**"],
        testTimeout: 20_000,
      }),
      project("system", ["test/system/**/*.test.ts"], {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        fileParallelism: false,
      }),
      project("long", ["test/long/**/*.test.ts"], {
        testTimeout: 600_000,
        hookTimeout: 60_000,
        fileParallelism: false,
      }),
    ],
  },
});
