/** Who may import whom (ARCHITECTURE.md), and what only some folders may touch. */

const SOURCE = ["common", "protocol", "collector", "simulator", "db", "api", "cli"] as const;

/** Folders each folder may import, beside itself. No source imports `test`, `bench` or `web`; benchmarks share the helpers of the tests. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  common: [],
  protocol: ["common"],
  collector: ["protocol", "common"],
  simulator: ["protocol", "common"],
  db: ["protocol", "common"],
  api: ["db", "protocol", "common"],
  web: [],
  cli: SOURCE,
  test: [...SOURCE, "web"],
  bench: [...SOURCE, "test"],
};

/** Packages and Node modules that have a home; elsewhere in the sources they are forbidden. */
export const HOMES: readonly { module: RegExp; folders: readonly string[] }[] = [
  { module: /^better-sqlite3$|^node:sqlite$/, folders: ["db"] },
  { module: /^node:dgram$/, folders: ["collector", "simulator"] },
  { module: /^koffi$/, folders: ["collector"] },
  { module: /^(fastify|typebox|prom-client|@fastify\/)/, folders: ["api"] },
  { module: /^(preact|uplot|vite)\b/, folders: ["web"] },
  { module: /^commander$/, folders: ["cli"] },
  { module: /^(pino|pino-pretty|smol-toml)$/, folders: ["common"] },
  { module: /^node:perf_hooks$/, folders: ["common"] },
];

const CLOCKS = ["common"];
const COMMANDS = ["common", "cli"];
/** The outside world as globals, and the only folders that reach for it. */
export const OUTSIDE: readonly { pattern: RegExp; what: string; folders: readonly string[] }[] = [
  {
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)/,
    what: "reads the real wall clock",
    folders: CLOCKS,
  },
  {
    pattern: /\bperformance\.(now|timeOrigin)\b|\bprocess\.(hrtime|uptime)\b/,
    what: "reads a real clock",
    folders: CLOCKS,
  },
  { pattern: /\bprocess\.env\b/, what: "reads the environment", folders: COMMANDS },
  { pattern: /\bconsole\.\w/, what: "writes to the console", folders: COMMANDS },
];
/** Tests and benchmarks are not part of the product; `web` runs in a browser and has its clock only. */
export const MAY_TOUCH_OUTSIDE: readonly string[] = ["web", "test", "bench"];

/** What runs for every datagram: constants come in as locals there (docs/decisions/0012-local-constants.md). */
export const DATAGRAM_PATH: readonly string[] = [
  "protocol/decode.ts",
  "protocol/decode-binary.ts",
  "protocol/decode-body.ts",
  "protocol/time.ts",
  "collector/ingest/ingest.ts",
  "collector/batch/batch-builder.ts",
  "collector/batch/datagram-writer.ts",
  "collector/batch/channel-table.ts",
  "collector/receive/native-receiver.ts",
  "collector/receive/native-socket.ts",
  "collector/receive/socket-reader.ts",
  "collector/receive/backlog.ts",
  "collector/receive/read-progress.ts",
  "collector/tracker/tracker.ts",
  "collector/tracker/device/device-table.ts",
  "collector/tracker/device/sources.ts",
  "collector/tracker/run/run-table.ts",
  "collector/tracker/run/run-ledger.ts",
  "collector/tracker/gap/count-gaps.ts",
  "collector/tracker/gap/gap-closer.ts",
  "collector/tracker/gap/gap-list.ts",
  "collector/tracker/gap/open-windows.ts",
  "collector/tracker/arrival/send-time.ts",
  "collector/tracker/verdict/outcome.ts",
  "collector/tracker/verdict/data-verdicts.ts",
];
