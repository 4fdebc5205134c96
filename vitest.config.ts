import { statfsSync } from "node:fs";
import { defineConfig } from "vitest/config";

const project = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  test: { name, include, exclude: ["node_modules/**"], ...extra },
});

const systemTests = (...names: string[]): string[] => names.map((name) => `test/system/${name}.test.ts`);
const longTests = (...names: string[]): string[] => names.map((name) => `test/long/${name}.test.ts`);

/** A folder in memory, where the system has one with room: each commit waits for the disk, and hundreds of small databases would for a minute. */
const memoryFolder = (): Record<string, string> => {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    return bavail * bsize > 2 ** 30 ? { TMPDIR: "/dev/shm" } : {};
  } catch {
    return {};
  }
};

/** Some ten seconds and more, or what the quick ones show in part: in the long run only. */
const HEAVY = systemTests("dying-threads", "lifecycle", "workers");
/** The same at length, for the native path, is in the long recovery and residual-loss. */
const ONLY_DGRAM = systemTests("recovery");
/** Those that receive much or depend on the socket. */
const ON_BOTH_PATHS = systemTests("causes", "collector", "lifecycle", "listeners", "matrix", "workers");
/** Rates, delays and memory: each has the machine for itself. */
const MEASURING = longTests("hostile", "ingest-bench", "live-clients", "residual-loss", "throughput");

/** A limit is for what hangs: a machine at half speed, with something else to do, must not meet it. */
const PATIENT = {
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 60_000, interval: 50 } },
};
const COMPILED = "test/support/compiled-sources.ts";
/** Processes are tested: what they said is told when a test fails. */
const SAYING = { setupFiles: [COMPILED, "test/support/say-what-failed.ts"] };
/** Processes that wait for each other most of the time: several files at once. */
const together = (groupOrder: number, maxWorkers: number) => ({
  ...PATIENT,
  ...SAYING,
  maxWorkers,
  maxConcurrency: 3,
  sequence: { groupOrder },
});
const SYSTEM = together(1, 2);
const LONG = together(2, 2);
const ALONE = { ...PATIENT, ...SAYING, testTimeout: 600_000, fileParallelism: false };

export default defineConfig({
  test: {
    projects: [
      project("imports", ["test/imports/**/*.test.ts"]),
      project("unit", ["test/**/*.test.ts", "bench/**/*.test.ts"], {
        exclude: ["node_modules/**", "test/system/**", "test/long/**", "test/browser/**"],
        ...PATIENT,
        setupFiles: [COMPILED],
        env: memoryFolder(),
        // a process for each of so many small files would cost more than the tests
        pool: "threads",
        isolate: false,
        // a test that ends half way would leave its spies to those after it
        restoreMocks: true,
        maxWorkers: "100%",
      }),
      project("system", ["test/system/**/*.test.ts"], {
        ...SYSTEM,
        exclude: ["node_modules/**", ...HEAVY, ...ONLY_DGRAM],
      }),
      // the page in a real browser; a run that shall write the pictures of the docs says so
      project(
        "browser",
        ["test/browser/**/*.test.ts", ...(process.env.SCREENSHOTS ? ["test/browser/screenshots.ts"] : [])],
        { ...LONG, globalSetup: ["test/browser/support/build.ts"] },
      ),
      project("long", ["test/long/**/*.test.ts"], {
        ...LONG,
        testTimeout: 600_000,
        exclude: ["node_modules/**", ...MEASURING],
      }),
      project("system-long", [...HEAVY, ...systemTests("matrix")], { ...LONG, env: { MATRIX: "rest" } }),
      project("system-dgram", ON_BOTH_PATHS, { ...LONG, env: { LACUNA_RECEIVE: "dgram", MATRIX: "all" } }),
      // crashes and hostile input, shorter: what differs is the path, not the store; rates are a matter of the path
      project("long-dgram", longTests("kill"), {
        ...LONG,
        testTimeout: 600_000,
        env: { LACUNA_RECEIVE: "dgram", KILLS: "15" },
      }),
      project("measure", MEASURING, ALONE),
      project("measure-dgram", [...longTests("hostile"), ...ONLY_DGRAM], {
        ...ALONE,
        env: { LACUNA_RECEIVE: "dgram", HOSTILE_SECONDS: "20" },
      }),
    ],
  },
});
