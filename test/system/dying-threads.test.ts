import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import {
  eventually,
  getJson,
  LacunaProcess,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

interface Ledger {
  total: Record<string, number>;
}

const NODE_OPTIONS = `--import=${new URL("../support/dying-thread.ts", import.meta.url).href}`;

/** For a collector whose thread of that name dies as soon as the file is there. */
const dying = (thread: string, when: string): Record<string, string> => ({
  NODE_OPTIONS,
  DYING_THREAD: thread,
  DYING_WHEN: when,
});

test.concurrent.each([
  ["writer", "the database's writer failed: told to die"],
  ["ingest", "the ingest worker died: told to die"],
])(
  "a %s thread that dies in the middle of traffic ends the collector with a sentence and exit code 1",
  async (thread, sentence) => {
    const when = `${directory.path}/${thread}-dies`;
    const collector = await startCollector(
      ["--listen", "udp://127.0.0.1:0", "--db", `${directory.path}/${thread}-dies.db`],
      { env: dying(thread, when) },
    );
    const simulator = new LacunaProcess([
      ...["simulate", "--target", `udp://127.0.0.1:${collector.ports[0]!}`, "--devices", "50"],
      ...["--rate", "40", "--truth", `${directory.path}/${thread}-dies.jsonl`, "--duration", "2s"],
    ]);
    await eventually(
      () => getJson<Ledger>(`${collector.api}/api/v1/ledger`),
      ({ total }) => total.received! > 100,
    );
    writeFileSync(when, "");
    const { code, stderr } = await collector.process.finished;
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    await simulator.finished;
  },
);

interface Status {
  database: { state: string; reason: string | null; merges: number; mergeError: string | null };
}

let collectors = 0;

/** A collector whose thread of that name does nothing while the file is there. */
const startStalling = async (thread: string, args: readonly string[] = []) => {
  const when = `${directory.path}/${thread}-stalls-${collectors++}`;
  const env = { NODE_OPTIONS, DYING_WHEN: when, STALLED_THREAD: thread };
  const listenAndStore = ["--listen", "udp://127.0.0.1:0", "--db", `${when}.db`];
  const collector = await startCollector([...listenAndStore, ...args], { env });
  return { collector, when };
};

test.concurrent("a writer that waits for a disk that does not answer is told, and that it goes on", async () => {
  const { collector, when } = await startStalling("writer");
  const answers = async () => ({
    ready: (await fetch(`${collector.api}/readyz`)).status,
    database: (await getJson<Status>(`${collector.api}/api/v1/status`)).database,
  });
  const until = async (status: number): Promise<Status["database"]> =>
    (await eventually(answers, ({ ready }) => ready === status)).database;
  expect(await until(200)).toMatchObject({ state: "OK", reason: null });
  writeFileSync(when, "");
  const reason = "a commit has not come back for more than 10 s: the disk does not answer";
  expect(await until(503)).toMatchObject({ state: "FAILING", reason });
  rmSync(when);
  expect(await until(200)).toMatchObject({ state: "OK", reason: null });
  await collector.process.logged(
    "the database cannot be written: what arrives waits in memory, then is shed",
  );
  await collector.process.logged("the database can be written again");
  expect((await collector.stop()).code).toBe(0);
});

interface Threads {
  threads: { name: string; state: string }[];
  findings: { code: string }[];
}

test.concurrent("a thread that receives and stalls is told, and that it goes on", async () => {
  const { collector, when } = await startStalling("ingest");
  const states = async () => {
    const ready = await fetch(`${collector.api}/readyz`);
    const { threads, findings } = await getJson<Threads>(`${collector.api}/api/v1/status`);
    const problem = (await ready.json()) as { reasons?: string[] };
    return {
      ready: ready.status,
      reasons: problem.reasons,
      states: threads.map(({ state }) => state),
      findings,
    };
  };
  const device = `${collector.api}/api/v1/devices/pump-7`;
  const sender = createSocket("udp4");
  sender.send('{"device":"pump-7","epoch":3,"seq":0}', collector.ports[0]!, "127.0.0.1");
  await eventually(
    () => fetch(device),
    ({ status }) => status === 200,
  );
  sender.close();
  writeFileSync(when, "");
  expect(await eventually(states, ({ ready }) => ready === 503)).toMatchObject({
    reasons: ["thread ingest has stalled"],
    states: ["stalled"],
    findings: [{ code: "thread-stalled" }],
  });
  // which only that thread knows
  expect(await getJson(`${device}/arrivals`)).toMatchObject({ epoch: null, transit: null });
  rmSync(when);
  expect((await eventually(states, ({ ready }) => ready === 200)).states).toEqual(["running"]);
  expect((await collector.stop()).code).toBe(0);
});

test.concurrent("queries that do not come back are given up and told, and asked again once they do", async () => {
  const { collector, when } = await startStalling("reader", ["--readers", "1", "--query-timeout", "1s"]);
  const ask = async (path: string) => {
    const answer = await fetch(`${collector.api}${path}`);
    const { code, reasons } = (await answer.json()) as { code?: string; reasons?: string[] };
    return { status: answer.status, code, reasons };
  };
  const gaps = () => ask("/api/v1/gaps");
  expect(await gaps()).toMatchObject({ status: 200 });
  writeFileSync(when, "");
  await eventually(gaps, ({ code }) => code === "ERR_QUERY_TIMEOUT");
  expect(await gaps()).toMatchObject({ status: 503, code: "ERR_UNAVAILABLE" });
  const sentence = "1 thread that answers queries does not come back from the database";
  expect(await ask("/readyz")).toMatchObject({ status: 503, reasons: [sentence] });
  const { findings } = await getJson<Threads>(`${collector.api}/api/v1/status`);
  expect(findings).toMatchObject([{ code: "queries-stalled" }]);
  rmSync(when);
  await eventually(gaps, ({ status }) => status === 200);
  expect(await ask("/readyz")).toMatchObject({ status: 200 });
  expect((await collector.stop()).code).toBe(0);
});

test.concurrent("a stop ends without a thread that reads and waits for the disk; what arrived is stored", async () => {
  const { collector, when } = await startStalling("reader", ["--readers", "1", "--query-timeout", "1s"]);
  const gaps = () => fetch(`${collector.api}/api/v1/gaps`);
  await gaps();
  execFileSync("mkfifo", [when]);
  await eventually(gaps, ({ status }) => status === 503);
  const { code, stderr } = await collector.stop();
  expect(code).toBe(0);
  expect(stderr).toContain("a thread does not end, as one that waits for a disk");
});

test.concurrent.each([
  ["writer", "the database's writer failed: its disk does not answer, and what has come may not be stored"],
  [
    "ingest",
    "the ingest worker died: it does not come back, as from a disk that does not answer; what it holds is not stored",
  ],
])(
  "a stop waits for a %s thread whose disk may answer again, not for ever, and exits with 1",
  async (thread, sentence) => {
    const { collector, when } = await startStalling(thread);
    execFileSync("mkfifo", [when]);
    await eventually(
      () => fetch(`${collector.api}/readyz`),
      ({ status }) => status === 503,
    );
    const { code, stderr } = await collector.stop();
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
  },
);

test.concurrent("a start that does not come back from the disk ends with a signal too, and exits with 1", async () => {
  const when = `${directory.path}/start-stalls`;
  execFileSync("mkfifo", [when]);
  const collector = new LacunaProcess(
    ["collect", "--http", "127.0.0.1:0", "--listen", "udp://127.0.0.1:0", "--db", `${when}.db`],
    { env: { NODE_OPTIONS, DYING_WHEN: when, STALLED_THREAD: "ingest" } },
  );
  // the start has begun
  await eventually(async () => existsSync(`${when}.db`), Boolean);
  const { code, stderr } = await collector.stop();
  expect(code).toBe(1);
  expect(stderr).toContain("the start was given up: 10 s after SIGTERM it was not over");
});

test.concurrent("a merger that dies is told, and another one goes on where it was", async () => {
  const when = `${directory.path}/merger-dies`;
  const collector = await startCollector(
    ["--listen", "udp://127.0.0.1:0", "--db", `${directory.path}/merger-dies.db`, "--flush", "10ms"],
    { env: dying("merger", when) },
  );
  const simulator = new LacunaProcess([
    ...["simulate", "--target", `udp://127.0.0.1:${collector.ports[0]!}`, "--devices", "200"],
    ...["--rate", "20", "--channels", "16", "--truth", `${directory.path}/merger-dies.jsonl`],
  ]);
  const until = async (isIt: (database: Status["database"]) => boolean): Promise<Status["database"]> => {
    const status = () => getJson<Status>(`${collector.api}/api/v1/status`);
    return (await eventually(status, ({ database }) => isIt(database))).database;
  };
  await until(({ merges }) => merges > 0);
  writeFileSync(when, "");
  const { merges, mergeError } = await until((database) => database.mergeError !== null);
  expect(mergeError).toBe("told to die (no code)");
  rmSync(when);
  await until((database) => database.merges > merges && database.mergeError === null);
  simulator.signal("SIGINT");
  expect((await simulator.finished).code).toBe(0);
  expect((await collector.stop()).code).toBe(0);
});
