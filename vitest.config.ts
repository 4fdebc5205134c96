import { defineConfig } from "vitest/config";

const project = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  test: { name, include, exclude: ["node_modules/**"], ...extra },
});

const SYSTEM_ON_BOTH_PATHS = ["causes", "collector", "lifecycle", "matrix", "recovery", "workers"].map(
  (name) => `test/system/${name}.test.ts`,
);

export default defineConfig({
  test: {
    projects: [
      project("imports", ["test/imports/**/*.test.ts"]),
      project("unit", ["test/**/*.test.ts"], {
        exclude: ["node_modules/**", "test/system/**", "test/long/**", "test/browser/**"],
        testTimeout: 20_000,
      }),
      project("system", ["test/system/**/*.test.ts"], {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        fileParallelism: false,
      }),
      // the page in a real browser; a run that shall write the pictures of the docs says so
      project(
        "browser",
        ["test/browser/**/*.test.ts", ...(process.env.SCREENSHOTS ? ["test/browser/screenshots.ts"] : [])],
        {
          globalSetup: ["test/browser/support/build.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      ),
      // those that receive much or depend on the socket, on the other receive path; listeners are tested on both anyway
      project("system-dgram", SYSTEM_ON_BOTH_PATHS, {
        env: { LACUNA_RECEIVE: "dgram" },
        testTimeout: 60_000,
        hookTimeout: 60_000,
        fileParallelism: false,
      }),
      project("long", ["test/long/**/*.test.ts"], {
        testTimeout: 600_000,
        hookTimeout: 60_000,
        fileParallelism: false,
      }),
      // crashes and hostile input, shorter: what differs is the path, not the store; rates are a matter of the path
      project("long-dgram", ["test/long/kill.test.ts", "test/long/hostile.test.ts"], {
        env: { LACUNA_RECEIVE: "dgram", KILLS: "15", HOSTILE_SECONDS: "20" },
        testTimeout: 600_000,
        hookTimeout: 60_000,
        fileParallelism: false,
      }),
    ],
  },
});
