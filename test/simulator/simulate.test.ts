import { execFileSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KIND } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { encodeBinary } from "../../protocol/encode-binary.ts";
import { audit } from "../../simulator/audit/audit.ts";
import { sendDatagram } from "../../simulator/network/udp-transport.ts";
import type { SimulatorSettings } from "../../simulator/options/settings.ts";
import { simulate } from "../../simulator/simulate.ts";
import { readTruth } from "../../simulator/truth/truth-file.ts";
import { simulatorSettings } from "../support/simulator-settings.ts";
import { referenceLedger, sourceOf } from "./reference-ledger.ts";
import { IMPAIRED } from "./support.ts";

let directory: string;
let truthPath: string;
let socket: Socket;
let received: Uint8Array[];
let target: string;

const listen = async (type: "udp4" | "udp6", address: string): Promise<void> => {
  socket = createSocket({ type, recvBufferSize: 4 * 2 ** 20 });
  received = [];
  socket.on("message", (bytes) => received.push(bytes));
  socket.bind(0, address);
  await once(socket, "listening");
  const host = type === "udp4" ? address : `[${address}]`;
  target = `udp://${host}:${socket.address().port}`;
};

/** Devices that nobody has asked are gone after half of it: so long this thread may do something else before it asks. */
const LINGER_MS = 3000;

/** A NACK for one range. */
const nackOf = (id: Uint8Array, epoch: number, first: number, last: number): Uint8Array => {
  const nack = new Datagram();
  Object.assign(nack, { kind: KIND.NACK, epoch, sequence: last + 1 });
  nack.pointId(id);
  nack.rangeCount = 1;
  nack.rangeFirst[0] = first;
  nack.rangeLast[0] = last;
  const bytes = new Uint8Array(200);
  return bytes.subarray(0, encodeBinary(nack, 0, bytes, new DataView(bytes.buffer)));
};

/** Resolves when so many datagrams have come. */
const arrival = async (count: number): Promise<void> => {
  while (received.length < count) await once(socket, "message");
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lacuna-simulate-"));
  truthPath = join(directory, "truth.jsonl");
});
afterEach(async () => {
  socket.close();
  await rm(directory, { recursive: true });
});

const settings = (given: Partial<SimulatorSettings>): SimulatorSettings =>
  simulatorSettings({
    target,
    truthPath,
    devices: 10,
    rateHz: 200,
    durationMs: 250,
    lingerMs: 0,
    ...IMPAIRED,
    ...given,
  });

test.each([
  ["udp4", "127.0.0.1", "native"],
  ["udp4", "127.0.0.1", "json"],
  ["udp6", "::1", "native"],
] as const)(
  "what arrives by %s at %s as %s agrees with the truth file, number by number",
  async (type, address, format) => {
    await listen(type, address);
    const summary = await simulate(settings({ format }));
    await arrival(summary.sent);
    const report = await audit(await readTruth(truthPath), sourceOf(referenceLedger(received)));
    expect(report.differences).toEqual([]);
    expect(report.numbers).toBe(500);
    expect([summary.used, summary.used - summary.dropped - summary.corrupted]).toEqual([
      500,
      report.received,
    ]);
    expect(summary.reordered).toBeGreaterThan(0);
  },
);

test("a simulation takes as long as its schedule", async () => {
  await listen("udp4", "127.0.0.1");
  const summary = await simulate(settings({ durationMs: 600, loss: 0, burstEnter: 0 }));
  expect(summary.elapsedMs).toBeGreaterThan(590);
  expect(summary.targetRateHz).toBe(2000);
});

test("the farewell is no part of the rate", async () => {
  await listen("udp4", "127.0.0.1");
  const summary = await simulate(
    simulatorSettings({
      target,
      devices: 100,
      rateHz: 5,
      count: 1,
      describe: false,
      endHeartbeats: 20,
      lingerMs: 0,
    }),
  );
  expect(summary.sent).toBe(2100);
  // the last of 100 numbers leaves after 198 ms, or later
  expect(summary.rateHz).toBeLessThan(510);
});

test("a simulation reports its rate again and again", async () => {
  await listen("udp4", "127.0.0.1");
  const stop = new AbortController();
  const rates: number[] = [];
  await simulate(settings({ durationMs: null, loss: 0, burstEnter: 0 }), {
    signal: stop.signal,
    onProgress: ({ rateHz }) => {
      rates.push(rateHz);
      if (rates.length > 1 && rateHz > 0) stop.abort();
    },
  });
  expect(rates.length).toBeGreaterThan(1);
});

test("devices answer until nobody has asked for --linger, not until all is answered, and the truth has what left", async () => {
  await listen("udp4", "127.0.0.1");
  const running = simulate(
    settings({
      devices: 1,
      count: 1000,
      rateHz: 5000,
      durationMs: null,
      lingerMs: LINGER_MS,
      repeatRateHz: 1,
      sockets: 1,
    }),
  );
  let farewells = 0;
  socket.on("message", (bytes, { port }) => {
    // the last one
    if (bytes[3] !== KIND.HEARTBEAT || ++farewells < 3) return;
    const [id, epoch] = [bytes.subarray(28, 28 + bytes[5]!), bytes.readUInt32BE(8)];
    socket.send(nackOf(id, epoch, 0, 999), port, "127.0.0.1");
  });
  const summary = await running;
  await arrival(summary.sent);
  expect(summary.asked).toBeGreaterThan(0);
  const report = await audit(await readTruth(truthPath), sourceOf(referenceLedger(received)));
  expect(report.differences).toEqual([]);
});

test("a NACK is heard on the port the datagrams leave from, answered to where they go, and in the truth", async () => {
  await listen("udp4", "127.0.0.1");
  const running = simulate(
    settings({ devices: 1, count: 20, durationMs: null, loss: 0.5, lingerMs: LINGER_MS, sockets: 1 }),
  );
  const asked = createSocket("udp4");
  const epochs = new Set<number>();
  socket.on("message", (bytes, { port }) => {
    const epoch = bytes.readUInt32BE(8);
    if (bytes[3] !== KIND.DATA || epochs.has(epoch)) return;
    epochs.add(epoch);
    // from a port of no importance: the answer goes where the data goes
    asked.send(nackOf(bytes.subarray(28, 28 + bytes[5]!), epoch, 0, 5), port, "127.0.0.1");
  });
  const summary = await running;
  asked.close();
  await arrival(summary.sent);
  expect(summary.asked).toBe(1);
  expect(summary.repeated).toBeGreaterThan(0);
  const report = await audit(await readTruth(truthPath), sourceOf(referenceLedger(received)));
  expect(report.differences).toEqual([]);
});

test("an aborted simulation says farewell and writes its truth", async () => {
  await listen("udp4", "127.0.0.1");
  const stop = new AbortController();
  const running = simulate(settings({ durationMs: null }), { signal: stop.signal });
  await arrival(50);
  stop.abort();
  const summary = await running;
  await arrival(summary.sent);
  const report = await audit(await readTruth(truthPath), sourceOf(referenceLedger(received)));
  expect(report.differences).toEqual([]);
  expect(report.numbers).toBe(summary.used);
});

test("a simulation that only waits for questions ends when it is stopped", async () => {
  await listen("udp4", "127.0.0.1");
  const stop = new AbortController();
  const once = { devices: 1, count: 5, rateHz: 1000, durationMs: null, lingerMs: 3_600_000 };
  const running = simulate(settings(once), {
    signal: stop.signal,
    onProgress: ({ used }) => used === 5 && stop.abort(),
  });
  expect(await running).toMatchObject({ used: 5 });
});

test("a simulation that was stopped, and waits for questions, ends when it is hurried, with its truth", async () => {
  await listen("udp4", "127.0.0.1");
  const [stop, hurry] = [new AbortController(), new AbortController()];
  const running = simulate(settings({ devices: 1, durationMs: null, lingerMs: 3_600_000 }), {
    signal: stop.signal,
    hurry: hurry.signal,
    onProgress: ({ used, rateHz }) => {
      if (stop.signal.aborted && rateHz === 0) hurry.abort();
      else if (used > 5) stop.abort();
    },
  });
  const { used } = await running;
  expect(hurry.signal.aborted).toBe(true);
  const [record] = (await readTruth(truthPath)).records;
  expect(record!.next).toBe(used);
});

test.each([
  ["between two numbers of a slow device", { rateHz: 0.001 }, 1],
  ["though nothing it sends leaves", { rateHz: 1000, loss: 1, describe: false }, expect.any(Number)],
])("a simulation ends when it is stopped: %s", async (_when, given, used) => {
  await listen("udp4", "127.0.0.1");
  const stop = new AbortController();
  const running = simulate(simulatorSettings({ target, devices: 1, lingerMs: 0, ...given }), {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  expect(await running).toMatchObject({ used });
});

test("a simulation that is stopped before its first number waits for no questions", async () => {
  await listen("udp4", "127.0.0.1");
  const once = simulatorSettings({ target, devices: 1, lingerMs: 3_600_000 });
  expect(await simulate(once, { signal: AbortSignal.abort() })).toMatchObject({ used: 0, sent: 0 });
});

test("a truth file that cannot be written fails the simulation with its code", async () => {
  await listen("udp4", "127.0.0.1");
  const run = simulate(settings({ durationMs: 10, truthPath: join(directory, "missing", "t") }));
  await expect(run).rejects.toMatchObject({ code: "ERR_TRUTH_WRITE" });
});

test.skipIf(process.platform === "win32")("who reads the truth from a pipe gets all of it", async () => {
  await listen("udp4", "127.0.0.1");
  execFileSync("mkfifo", [truthPath]);
  const [{ records }, { used }] = await Promise.all([readTruth(truthPath), simulate(settings({}))]);
  expect(records.reduce((sum, { next }) => sum + next, 0)).toBe(used);
});

test.skipIf(process.platform === "win32").each([
  ["by the stop that follows", "signal"],
  ["where it was stopped before, by the next one", "hurry"],
] as const)("a pipe that nobody reads is told, and given up %s", async (_how, which) => {
  await listen("udp4", "127.0.0.1");
  execFileSync("mkfifo", [truthPath]);
  const [signal, hurry] = [new AbortController(), new AbortController()];
  if (which === "hurry") signal.abort();
  let waits = 0;
  const onReaderAwaited = (): void => {
    waits++;
    (which === "hurry" ? hurry : signal).abort();
  };
  const run = simulate(settings({ count: 1, truthPath }), {
    signal: signal.signal,
    hurry: hurry.signal,
    onReaderAwaited,
  });
  await expect(run).rejects.toMatchObject({
    code: "ERR_TRUTH_WRITE",
    message: `the truth file ${truthPath} cannot be written: nobody reads the pipe`,
  });
  expect(waits).toBe(1);
});

test("settings that do not go together are refused before anything is sent", async () => {
  await listen("udp4", "127.0.0.1");
  await expect(simulate(settings({ channels: 100_000 }))).rejects.toMatchObject({
    code: "ERR_CONFIGURATION",
  });
});

test("an interface that does not exist is named", async () => {
  await listen("udp4", "127.0.0.1");
  const run = simulate(settings({ target: "udp://239.1.2.3:4747?interface=nowhere0" }));
  await expect(run).rejects.toMatchObject({
    code: "ERR_SEND_INTERFACE",
    message: expect.stringContaining("nowhere0"),
  });
});

test("a target that is not listening loses nothing of the truth", async () => {
  await listen("udp4", "127.0.0.1");
  const closed = createSocket("udp4").bind(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address();
  closed.close();
  const summary = await simulate(settings({ target: `udp://127.0.0.1:${port}`, durationMs: 100 }));
  expect(summary.used).toBe(200);
});

test("multicast leaves by the interface it is told", async () => {
  socket = createSocket({ type: "udp4", reuseAddr: true });
  received = [];
  socket.on("message", (bytes) => received.push(bytes));
  socket.bind(0);
  await once(socket, "listening");
  socket.addMembership("239.77.66.55", "127.0.0.1");
  target = `udp://239.77.66.55:${socket.address().port}?interface=127.0.0.1&ttl=0`;
  await expect(simulate(settings({}))).rejects.toMatchObject({ code: "ERR_SEND_TARGET" });
  target = target.replace("ttl=0", "ttl=1");
  const summary = await simulate(settings({ durationMs: 100 }));
  await arrival(summary.sent);
  expect(received.length).toBe(summary.sent);
});

test("one datagram is sent by hand", async () => {
  await listen("udp4", "127.0.0.1");
  await sendDatagram(target, new TextEncoder().encode('{"device":"pump-7","seq":0}'));
  await arrival(1);
  expect(new TextDecoder().decode(received[0])).toBe('{"device":"pump-7","seq":0}');
});

test("a broadcast address is a target", async () => {
  await listen("udp4", "0.0.0.0");
  await sendDatagram(`udp://127.255.255.255:${socket.address().port}`, new TextEncoder().encode("{}"));
  await arrival(1);
});
