import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { getJson, startCollector } from "../../test/support/lacuna-process.ts";
import { processMemory } from "../../test/support/process-memory.ts";
import { seededDoubles } from "../../test/support/series.ts";
import { Child } from "../ingest/support/child.ts";
import type { GeneratorOptions } from "../ingest/support/generator.ts";
import { numberFrom, parseCommand, refuse, runBenchmark } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { KeepAliveClient } from "./support/keep-alive.ts";
import { buildW3 } from "./support/w3.ts";

/**
 * Queries over 10 million readings of 1,000 devices, asked one after the other over one keep-alive connection, each of a random device:
 * milliseconds until the whole answer is here, once both sides are warm. First with nothing else to do, then with 50,000 datagrams/s coming in.
 */
const HELP = `node bench/api/queries.ts [options]
  --readings N   of each device (10000)
  --db FILE      made when it does not exist, and kept; default a temporary one
  --requests N   of each kind (1000)
  --no-ingest    only with nothing else to do
  --node-options "WORDS"   for the collector, such as --cpu-prof
  --case WORD    only the queries whose name has it`;

const { values: flags } = parseCommand(HELP, {
  allowNegative: true,
  options: {
    readings: { type: "string", default: "10000" },
    db: { type: "string" },
    requests: { type: "string", default: "1000" },
    ingest: { type: "boolean", default: true },
    "node-options": { type: "string", default: "" },
    case: { type: "string", default: "" },
  },
});

const DEVICES = 1000;
/** For so many requests this process and the collector still compile what they run: a tenth of them takes twice as long, and each new client would be measured instead. */
const WARM_UP = 3000;
/** more rounds than any measurement needs: it is ended when that is done */
const INGEST = { rateHz: 50_000, readings: 1, segments: 16, spacingUs: null, rounds: 1_000_000 };
const BEFORE_ASKING_MS = 2000;
const readingsEach = numberFrom("--readings", flags.readings, { least: 1 });
const requests = numberFrom("--requests", flags.requests, { least: 1 });

const random = seededDoubles(11);
const anyDevice = (): string => `/api/v1/devices/device-${Math.floor(random() * DEVICES)}`;

const CASES: Readonly<Record<string, () => string>> = {
  "last 100 readings": () => `${anyDevice()}/readings?order=desc&limit=100`,
  "whole range in 500 means": () => `${anyDevice()}/series?channel=ch1&points=500`,
  "latest of 1,000 devices": () => "/api/v1/latest?limit=1000",
};

if (!Object.keys(CASES).some((name) => name.includes(flags.case)))
  refuse(`--case: no query's name has '${flags.case}': ${Object.keys(CASES).join(", ")}`);

interface Row {
  query: string;
  p50: string;
  p99: string;
  most: string;
  kiB: string;
}

const measure = async (client: KeepAliveClient, query: string, pathOf: () => string): Promise<Row> => {
  for (let index = 0; index < WARM_UP; index++) await client.get(pathOf());
  const times: number[] = [];
  let bytes = 0;
  for (let index = 0; index < requests; index++) {
    const beganMs = performance.now();
    const body = await client.get(pathOf());
    times.push(performance.now() - beganMs);
    bytes += body.length;
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => times[Math.floor(share * (times.length - 1))]!.toFixed(2);
  return { query, p50: at(0.5), p99: at(0.99), most: at(1), kiB: (bytes / times.length / 1024).toFixed(1) };
};

const measureAll = async (api: string, suffix: string): Promise<Row[]> => {
  const client = new KeepAliveClient(api);
  const rows: Row[] = [];
  for (const [name, pathOf] of Object.entries(CASES)) {
    if (name.includes(flags.case)) rows.push(await measure(client, name + suffix, pathOf));
  }
  client.close();
  return rows;
};

const receivedBy = async (api: string): Promise<number> =>
  (await getJson<{ total: { received: number } }>(`${api}/api/v1/ledger`)).total.received;

/** Datagrams come in without a break for as long as the work takes. An epoch of their own: a database that is kept may know earlier ones. */
const whileIngesting = async <T>(
  api: string,
  port: number,
  work: () => Promise<T>,
): Promise<{ result: T; receivedHz: number }> => {
  const epoch = Math.floor(Date.now() / 1000);
  const options: GeneratorOptions = { ...INGEST, epoch, port, devices: DEVICES };
  const generator = new Child("generator.ts", JSON.stringify(options));
  try {
    await sleep(BEFORE_ASKING_MS);
    const [before, beganMs] = [await receivedBy(api), performance.now()];
    const result = await work();
    const received = (await receivedBy(api)) - before;
    return { result, receivedHz: (received * 1000) / (performance.now() - beganMs) };
  } finally {
    generator.kill();
  }
};

const run = async (): Promise<void> => {
  const folder = temporaryFolder();
  const file = flags.db ?? join(folder.path, "lacuna.db");
  await buildW3(file, DEVICES, readingsEach);
  const collector = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", file], {
    env: { LACUNA_LOG_LEVEL: "info", NODE_OPTIONS: flags["node-options"] },
  });
  try {
    const { api } = collector;
    const rows = await measureAll(api, "");
    let came = "";
    if (flags.ingest) {
      const more = await whileIngesting(api, collector.ports[0]!, () => measureAll(api, ", ingest"));
      rows.push(...more.result);
      came = `; ${Math.round(more.receivedHz)} datagrams/s came in`;
    }
    console.table(rows);
    const { residentBytes } = processMemory(collector.process.pid);
    console.log(
      `milliseconds; the collector has ${(residentBytes / 2 ** 20).toFixed(0)} MiB resident${came}`,
    );
  } finally {
    await collector.stop();
    folder.remove();
  }
};

await runBenchmark(run);
