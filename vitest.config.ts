import { defineConfig } from "vitest/config";

const project = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  test: { name, include, exclude: ["node_modules/**"], ...extra },
});

const systemTests = (...names: string[]): string[] => names.map((name) => `test/system/${name}.test.ts`);
/** half a minute and more on two cores, or what the quick ones show in part: in the long run */
const HEAVY = systemTests("dying-threads", "recovery", "workers");
/** a process or two of each, which mostly waits: two files at a time */
const LIGHT = systemTests("access", "demo", "doctor", "first-datagram", "live", "prometheus");
/** those that receive much or depend on the socket; listeners are tested on both paths anyway */
const ON_BOTH_PATHS = systemTests("causes", "collector", "lifecycle", "matrix", "recovery", "workers");
const SYSTEM = { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false };

export default defineConfig({
  test: {
    projects: [
      project("imports", ["test/imports/**/*.test.ts"]),
      project("unit", ["test/**/*.test.ts"], {
        exclude: ["node_modules/**", "test/system/**", "test/long/**", "test/browser/**"],
        testTimeout: 20_000,
        // a process for each of so many small files would cost more than the tests
        pool: "threads",
        isolate: false,
        maxWorkers: "100%",
      }),
      project("system", ["test/system/**/*.test.ts"], {
        ...SYSTEM,
        exclude: ["node_modules/**", ...HEAVY, ...LIGHT],
      }),
      project("system-light", LIGHT, {
        ...SYSTEM,
        fileParallelism: true,
        maxWorkers: 2,
        sequence: { groupOrder: 1 },
      }),
      project("system-long", [...HEAVY, ...systemTests("matrix")], { ...SYSTEM, env: { MATRIX: "rest" } }),
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
      project("system-dgram", ON_BOTH_PATHS, { ...SYSTEM, env: { LACUNA_RECEIVE: "dgram", MATRIX: "all" } }),
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
