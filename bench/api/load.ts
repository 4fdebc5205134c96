import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import autocannon from "autocannon";
import { eventually, getJson, startCollector } from "../../test/support/lacuna-process.ts";
import { seededDoubles } from "../../test/support/series.ts";
import { sendLoad } from "../ingest/support/child.ts";
import { numberFrom, parseCommand, runBenchmark } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { buildW3 } from "./support/w3.ts";

/** Many clients ask at once while datagrams come in: requests per second, milliseconds, and what was lost of the datagrams. */
const HELP = `node bench/api/load.ts [options]
  --rate N          datagrams/s (100000, with fewer than 4 cores 50000)
  --seconds N       of each kind of query (10)
  --connections N   of autocannon (10)
  --readings N      of each device, stored before (10000)
  --db FILE         made when it does not exist, and kept; default a temporary one`;

const { values: flags } = parseCommand(HELP, {
  options: {
    rate: { type: "string", default: availableParallelism() < 4 ? "50000" : "100000" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "10" },
    readings: { type: "string", default: "10000" },
    db: { type: "string" },
  },
});

const DEVICES = 1000;
/** before, between and after the questions */
const AROUND_SECONDS = 6;
const BEFORE_ASKING_MS = 2000;
const rateHz = numberFrom("--rate", flags.rate, { least: 1 });
const secondsEach = numberFrom("--seconds", flags.seconds, { least: 1 });
const connections = numberFrom("--connections", flags.connections, { least: 1, most: 1000 });
const readingsEach = numberFrom("--readings", flags.readings, { least: 1 });
const random = seededDoubles(11);

const CASES: Readonly<Record<string, () => string>> = {
  "latest of 100 devices": () => "/api/v1/latest",
  "latest of 1,000 devices": () => "/api/v1/latest?limit=1000",
  "series, 500 means of all": () =>
    `/api/v1/devices/device-${Math.floor(random() * DEVICES)}/series?channel=ch1&points=500`,
};

interface Row {
  query: string;
  "requests/s": number;
  p50: number;
  p99: number;
  most: number;
  failed: number;
}

const ask = async (api: string, query: string, pathOf: () => string): Promise<Row> => {
  const { latency, requests, errors, timeouts, non2xx } = await autocannon({
    url: api,
    connections,
    duration: secondsEach,
    requests: [{ setupRequest: (request) => ({ ...request, path: pathOf() }) }],
  });
  return {
    query,
    "requests/s": Math.round(requests.average),
    p50: latency.p50,
    p99: latency.p99,
    most: latency.max,
    failed: errors + timeouts + non2xx,
  };
};

const askAll = async (api: string): Promise<Row[]> => {
  await sleep(BEFORE_ASKING_MS);
  const rows: Row[] = [];
  for (const [query, pathOf] of Object.entries(CASES)) rows.push(await ask(api, query, pathOf));
  return rows;
};

interface Total {
  received: number;
  missing: number;
  lost: number;
  pending: number;
  shed: number;
}

const totalOf = async (api: string): Promise<Total> =>
  (await getJson<{ total: Total }>(`${api}/api/v1/ledger`)).total;

const run = async (): Promise<void> => {
  const folder = temporaryFolder();
  const file = flags.db ?? join(folder.path, "lacuna.db");
  await buildW3(file, DEVICES, readingsEach);
  const collector = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", file]);
  try {
    const before = await totalOf(collector.api);
    const seconds = secondsEach * Object.keys(CASES).length + AROUND_SECONDS;
    const load = sendLoad({
      port: collector.ports[0]!,
      rateHz,
      devices: DEVICES,
      readings: 1,
      epoch: Math.floor(Date.now() / 1000),
      rounds: Math.ceil((rateHz * seconds) / DEVICES),
      segments: 16,
      spacingUs: null,
    });
    // both at once: a load that ends early ends the benchmark, and says why
    const [{ sent, achievedHz }, rows] = await Promise.all([load, askAll(collector.api)]);
    const after = await eventually(
      () => totalOf(collector.api),
      ({ received, missing, lost, pending }) =>
        missing + pending === 0 && received + lost >= before.received + before.lost + sent,
    );
    console.table(rows);
    const [lost, shed] = [after.lost - before.lost, after.shed - before.shed];
    console.log(`milliseconds; ${sent} datagrams at ${Math.round(achievedHz)}/s: ${lost} lost, ${shed} shed`);
  } finally {
    await collector.stop();
    folder.remove();
  }
};

await runBenchmark(run);
