import { createSocket } from "node:dgram";
import { readdirSync } from "node:fs";
import { Agent, get } from "node:http";
import { connect } from "node:net";
import { json } from "node:stream/consumers";
import Database from "better-sqlite3";
import { afterAll, expect, test } from "vitest";
import { readTruth } from "../../simulator/truth/truth-file.ts";
import {
  eventually,
  getJson,
  LacunaProcess,
  runLacuna,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";

// those that wait for a collector most of the time do it side by side
const directory = temporaryDirectory();
afterAll(() => directory.remove());

interface Ledger {
  total: Record<string, number>;
}

interface LedgerTotal {
  expected: number;
  missing: number;
  lost: number;
  causes: Record<string, number>;
}

interface Readings {
  readings: { seq: number }[];
  completeness: { received: number };
}

const simulate = (port: number, truth: string, ...more: string[]): string[] => [
  ...["simulate", "--target", `udp://127.0.0.1:${port}`, "--devices", "50", "--rate", "40", "--truth", truth],
  ...["--loss", "0.02", "--reorder", "0.02", "--duplicate", "0.01", ...more],
];

test.concurrent.each(["SIGTERM", "SIGHUP"] as const)(
  "%s right after the last datagram, and a second signal: everything accepted is stored",
  async (signal) => {
    const db = `${directory.path}/${signal}.db`;
    const truth = `${directory.path}/${signal}.jsonl`;
    const collector = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", db, "--flush", "5s"]);
    expect((await runLacuna(simulate(collector.ports[0]!, truth, "--duration", "2s"))).code).toBe(0);
    collector.process.signal(signal);
    collector.process.signal("SIGINT");
    collector.process.signal(signal);
    expect(await collector.process.finished).toMatchObject({ code: 0, signal: null });

    const audited = await runLacuna(["audit", "--truth", truth, "--db", db]);
    expect(audited.stdout).toContain("every number is explained");
    expect(audited.code).toBe(0);
  },
);

test.concurrent("a locked database: what waits is pending and visible, nothing is lost, and it heals by itself", async () => {
  const db = `${directory.path}/locked.db`;
  const truth = `${directory.path}/locked.jsonl`;
  const collector = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", db]);
  expect((await fetch(`${collector.api}/readyz`)).status).toBe(200);

  const other = new Database(db);
  other.exec("BEGIN IMMEDIATE");
  const simulator = new LacunaProcess(simulate(collector.ports[0]!, truth, "--duration", "3s"));
  const ledger = (): Promise<Ledger> => getJson<Ledger>(`${collector.api}/api/v1/ledger`);
  const { total } = await eventually(ledger, (answer) => answer.total.pending! > 1000);
  expect(total.stored! + total.expired!).toBe(total.received! - total.pending!);
  const readyz = await fetch(`${collector.api}/readyz`);
  expect(readyz.status).toBe(503);
  expect(await readyz.text()).toMatch(/locked/);
  const status = await getJson<{ database: { state: string } }>(`${collector.api}/api/v1/status`);
  expect(status.database.state).toBe("FAILING");
  await collector.process.logged(
    "the database cannot be written: what arrives waits in memory, then is shed",
  );

  const { readings, completeness } = await getJson<Readings>(
    `${collector.api}/api/v1/devices/sim-00/readings?limit=10000`,
  );
  expect(completeness.received).toBe(new Set(readings.map(({ seq }) => seq)).size);

  other.exec("ROLLBACK");
  other.close();
  expect((await simulator.finished).code).toBe(0);
  await eventually(ledger, (answer) => answer.total.pending === 0);
  await eventually(
    () => fetch(`${collector.api}/readyz`),
    ({ status }) => status === 200,
  );
  await collector.process.logged("the database can be written again");
  const audited = await runLacuna(["audit", "--truth", truth, "--api", collector.api]);
  expect(audited.stdout).toContain("every number is explained");
  expect((await collector.stop()).code).toBe(0);
});

test.concurrent("clients that hold all files it may open do not end a collector, nor take its groups", async () => {
  const files = 100;
  const collector = await startCollector(
    [
      ...["--listen", "udp://127.0.0.1:0", "--listen", "udp://239.192.47.47:0?interface=lo"],
      ...["--db", `${directory.path}/files.db`],
    ],
    { within: ["sh", "-c", `ulimit -n ${files}; exec "$@"`, "sh"] },
  );
  // a connection that is there before
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const status = () =>
    new Promise<{ uptimeSeconds: number; listeners: { state: string }[] }>((resolve, reject) => {
      get(`${collector.api}/api/v1/status`, { agent }, (answer) => resolve(json(answer) as never)).on(
        "error",
        reject,
      );
    });
  await status();
  const { hostname, port } = new URL(collector.api);
  const clients = Array.from({ length: files }, () => connect(Number(port), hostname));
  const openFiles = async () => readdirSync(`/proc/${collector.process.pid}/fd`).length;
  await eventually(openFiles, (open) => open >= files);
  const { uptimeSeconds } = await status();
  // it looks at its interfaces every second
  const { listeners } = await eventually(status, (later) => later.uptimeSeconds > uptimeSeconds + 2.5);
  expect(listeners.map(({ state }) => state)).toEqual(["OK", "OK"]);
  expect(await openFiles()).toBeGreaterThanOrEqual(files);
  for (const client of clients) client.destroy();
  agent.destroy();
  expect((await collector.stop()).code).toBe(0);
});

test.concurrent("a device that is not heard again after a restart of the collector is offline", async () => {
  const listen = ["--listen", "udp://127.0.0.1:0", "--db", `${directory.path}/silent.db`];
  const statuses = async (api: string): Promise<string[]> =>
    (await getJson<{ devices: { status: string }[] }>(`${api}/api/v1/devices`)).devices.map(
      ({ status }) => status,
    );
  const before = await startCollector(listen);
  const target = ["--target", `udp://127.0.0.1:${before.ports[0]}`];
  const fleet = ["--devices", "2", "--rate", "20", "--count", "30", "--end-heartbeats", "0"];
  expect((await runLacuna(["simulate", ...target, ...fleet])).code).toBe(0);
  await eventually(
    () => statuses(before.api),
    (all) => all.length === 2,
  );
  await before.stop();
  const after = await startCollector(listen);
  await eventually(
    () => statuses(after.api),
    (all) => all.join() === "offline,offline",
  );
  await after.stop();
});

test.concurrent("one process owns a database; a second one exits naming the first", async () => {
  const db = `${directory.path}/owned.db`;
  const collector = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", db]);
  const second = await runLacuna([
    "collect",
    ...["--http", "127.0.0.1:0", "--listen", "udp://127.0.0.1:0", "--db", db],
  ]);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(String(collector.process.pid));
  expect(second.stderr.trim().split("\n")).toHaveLength(1);
  await collector.stop();
});

test.concurrent("an epoch that begins while the collector listens is known from number 0, also after a collector's restart", async () => {
  const db = `${directory.path}/restarts.db`;
  const listen = ["--listen", "udp://127.0.0.1:0", "--db", db];
  const truths = [`${directory.path}/first.jsonl`, `${directory.path}/second.jsonl`];
  for (const truth of truths) {
    const collector = await startCollector(listen);
    const simulated = await runLacuna(
      simulate(collector.ports[0]!, truth, "--duration", "2s", "--epoch", truth === truths[0] ? "1" : "100"),
    );
    expect(simulated.code).toBe(0);
    const audited = await runLacuna(["audit", "--truth", truth, "--api", collector.api, "--allow-unknown"]);
    expect(audited.stdout).toContain("every number is explained");
    expect((await collector.stop()).code).toBe(0);
  }
});

test.concurrent("a copy made by `vacuum into` while a fleet sends, as deploy/README.md has it, is a database that a collector goes on from", async () => {
  const db = `${directory.path}/copied.db`;
  const copy = `${directory.path}/copy.db`;
  const truth = `${directory.path}/copied.jsonl`;
  const first = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", db]);
  const port = first.ports[0]!;
  const json = ["--format", "json", "--loss", "0", "--duration", "5m"]; // no device answers a NACK
  const simulator = new LacunaProcess(simulate(port, truth, ...json));
  const ledger = (): Promise<Ledger> => getJson<Ledger>(`${first.api}/api/v1/ledger`);
  await eventually(ledger, ({ total }) => total.stored! > 1000);
  const reader = new Database(db, { readonly: true });
  reader.prepare("VACUUM INTO ?").run(copy);
  reader.close();
  const copied = (await ledger()).total.stored!;
  await eventually(ledger, ({ total }) => total.stored! > copied + 1000);
  simulator.signal("SIGINT");
  expect((await simulator.finished).code).toBe(0);
  first.process.signal("SIGTERM");
  expect((await first.process.finished).code).toBe(0);

  const checked = await runLacuna([
    "check",
    "--db",
    copy,
    "--listen",
    "udp://127.0.0.1:0",
    "--http",
    "127.0.0.1:0",
  ]);
  expect(checked.stdout).toContain("no problem was found");

  const second = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", copy]);
  // each device says once more that it has ended, and how many numbers it has used
  const { records } = await readTruth(truth);
  const used = records.reduce((sum, { next }) => sum + next, 0);
  const socket = createSocket("udp4");
  for (const { device, epoch, next } of records)
    socket.send(JSON.stringify({ device, epoch, next, end: true }), second.ports[0]!, "127.0.0.1");
  const { total } = await eventually(
    () => getJson<{ total: LedgerTotal }>(`${second.api}/api/v1/ledger`),
    (answer) => answer.total.expected === used && answer.total.missing === 0,
  );
  socket.close();
  expect(total.lost).toBeGreaterThan(1000);
  expect(total.causes["collector-down"]).toBe(total.lost);
  second.process.signal("SIGTERM");
  expect((await second.process.finished).code).toBe(0);
});
