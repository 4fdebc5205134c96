import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { type Collector, type CollectorOptions, startCollector } from "../../collector/collector.ts";
import { parseListenerUrls } from "../../collector/listener/listener-conflicts.ts";
import { temporaryDirectory } from "../support/lacuna-process.ts";
import { MemoryWriter } from "../support/memory-writer.ts";
import { RECEIVE_ASKED, RECEIVE_EXPECTED } from "../support/receive-paths.ts";
import { allowThreads } from "../support/refused-threads.ts";

const collectors: Collector[] = [];
afterEach(async () => {
  for (const collector of collectors.splice(0)) await collector.stop();
});

const start = async (
  urls: string[],
  options: Partial<CollectorOptions> = {},
): Promise<{ collector: Collector; writer: MemoryWriter }> => {
  const writer = new MemoryWriter();
  const collector = await startCollector({
    listeners: parseListenerUrls(urls),
    writerPorts: [writer.otherEnd],
    logLevel: "silent",
    receive: RECEIVE_ASKED,
    ...options,
  });
  collectors.push(collector);
  return { collector, writer };
};

/** Resolves when every text has been handed to the system. */
const send = async (port: number, ...texts: string[]): Promise<void> => {
  const socket = createSocket("udp4");
  for (const text of texts) {
    await new Promise<void>((resolve, reject) =>
      socket.send(text, port, "127.0.0.1", (error) => (error === null ? resolve() : reject(error))),
    );
  }
  socket.close();
};

const datagram = (seq: number): string =>
  JSON.stringify({ device: "pump-7", epoch: 3, seq, values: { temperature: 20 + seq } });

test("what was sent before a stop is in the last batch, without waiting for a timer", async () => {
  const { collector, writer } = await start(["udp://127.0.0.1:0"], { batchMs: 3_600_000 });
  const { port } = collector.status().listeners[0]!;
  const texts = Array.from({ length: 200 }, (_, seq) => datagram(seq));
  await send(port, ...texts);
  await collector.stop();
  await writer.closed;
  expect(writer.reader.stored.map(({ sequence }) => sequence)).toEqual(texts.map((_, seq) => seq));
  expect(writer.reader.notesOf("event").at(-1)).toMatchObject({ kind: "collector-stopped" });
  expect(collector.status().listeners[0]!.counters).toMatchObject({ datagrams: 200, received: 200 });
});

test("the status tells each listener's state, address, buffer and counters", async () => {
  const { collector } = await start([
    "udp://127.0.0.1:0?receiveBuffer=64KiB&format=json",
    "udp://239.77.0.2:0?interface=127.0.0.1&path=B",
    "udp://127.0.0.1:9?enabled=false",
  ]);
  const [unicast, group, disabled] = collector.status().listeners;
  expect(unicast).toMatchObject({
    state: "OK",
    reason: `bound to 127.0.0.1:${unicast!.port}`,
    format: "json",
    receiveBufferRequestedBytes: 65_536,
    receiveBufferGrantedBytes: 65_536,
    receive: RECEIVE_EXPECTED,
    kernelDrops: 0,
    receiveQueueBytes: 0,
  });
  expect(group).toMatchObject({
    state: "OK",
    reason: `bound to 239.77.0.2:${group!.port}, joined on lo (127.0.0.1)`,
    group: "239.77.0.2",
    interface: "lo",
    path: "B",
  });
  expect(disabled).toMatchObject({ state: "DISABLED", reason: "disabled by enabled=false" });
  await send(unicast!.port, datagram(0), "{");
  const counters = () => collector.status().listeners[0]!.counters;
  await expect.poll(counters).toMatchObject({ datagrams: 2, received: 1, rejected: { "bad-json": 1 } });
});

test("datagrams the kernel drops at a full socket are counted", async () => {
  const { collector } = await start(["udp://127.0.0.1:0?receiveBuffer=4KiB"]);
  const { port } = collector.status().listeners[0]!;
  const socket = createSocket("udp4");
  const drops = (): number => {
    for (let count = 0; count < 500; count++) socket.send(Buffer.alloc(1000), port, "127.0.0.1");
    return collector.status().listeners[0]!.kernelDrops ?? 0;
  };
  await expect.poll(drops).toBeGreaterThan(0);
  socket.close();
});

test("a silent device's gap is declared lost by the clock alone", async () => {
  const { collector, writer } = await start(["udp://127.0.0.1:0"]);
  await send(collector.status().listeners[0]!.port, datagram(0), datagram(3));
  const isLost = () => writer.reader.ops.map(([code, , first, last]) => [code, first, last]);
  await expect.poll(isLost).toContainEqual([1, 1, 2]);
});

test("listeners that must be up and are not stop the start, all of them named", async () => {
  const { collector } = await start(["udp://127.0.0.1:0"]);
  const taken = `udp://127.0.0.1:${collector.status().listeners[0]!.port}`;
  const starting = start([
    taken,
    "udp://239.77.0.3:0?interface=nope0",
    "udp://239.77.0.4:0?interface=nope0&optional=true",
  ]);
  await expect(starting).rejects.toMatchObject({
    code: "ERR_LISTENER_BIND",
    message: expect.stringMatching(
      /^udp:\/\/127[^\n]*in use by this process[^\n]*\nudp:\/\/239\.77\.0\.3[^\n]*nope0[^\n]*$/,
    ),
  });
});

test("an optional listener that cannot come up is UNAVAILABLE and says why", async () => {
  const { collector, writer } = await start([
    "udp://127.0.0.1:0",
    "udp://239.77.0.3:0?interface=nope0&optional=true",
  ]);
  expect(collector.status().listeners[1]).toMatchObject({
    state: "UNAVAILABLE",
    reason: expect.stringMatching(/there is no interface nope0/),
  });
  await collector.stop();
  await writer.closed;
  expect(writer.reader.notesOf("event").map(({ kind, detail }) => [kind, detail.state])).toEqual([
    ["collector-started", undefined],
    ["listener-state", "OK"],
    ["listener-state", "UNAVAILABLE"],
    ["collector-stopped", undefined],
  ]);
});

test("a worker that dies is an error event, and nobody waits for it", async () => {
  const directory = temporaryDirectory();
  const when = `${directory.path}/dies`;
  const { collector } = await start(["udp://127.0.0.1:0"], {
    archive: { url: new URL("../support/dying-archive.ts", import.meta.url).href, options: { when } },
  });
  const waiting = once(collector, "error");
  writeFileSync(when, "");
  const [error] = await waiting;
  expect(error).toMatchObject({ code: "ERR_INGEST_CRASHED", message: "the ingest worker died: told to die" });
  const { threads } = collector.status();
  expect(threads).toEqual([{ state: "failed", utilization: null }]);
  await collector.stop();
  directory.remove();
});

test("a stop is over when the database is let go of: whoever closes it last takes SQLite's files away", async () => {
  const directory = temporaryDirectory();
  const closed = `${directory.path}/closed`;
  const { collector } = await start(["udp://127.0.0.1:0"], {
    archive: { url: new URL("../support/noting-archive.ts", import.meta.url).href, options: { closed } },
  });
  expect(existsSync(closed)).toBe(false);
  await collector.stop();
  expect(existsSync(closed)).toBe(true);
  directory.remove();
});

test("where the system allows no further thread the start fails, and the workers that were started end", async () => {
  const directory = temporaryDirectory();
  const closed = `${directory.path}/closed`;
  const writers = Array.from({ length: 3 }, () => new MemoryWriter());
  using _ = allowThreads(2);
  const starting = start(["udp://127.0.0.1:0"], {
    writerPorts: writers.map(({ otherEnd }) => otherEnd),
    archive: { url: new URL("../support/noting-archive.ts", import.meta.url).href, options: { closed } },
  });
  await expect(starting).rejects.toMatchObject({ code: "ERR_WORKER_INIT_FAILED" });
  expect(existsSync(closed)).toBe(true);
  directory.remove();
});

test("an archive module that is not there fails the start", async () => {
  const url = new URL("../support/no-such-archive.ts", import.meta.url);
  const starting = start(["udp://127.0.0.1:0"], { archive: { url: url.href, options: null } });
  await expect(starting).rejects.toMatchObject({
    code: "ERR_MODULE_NOT_FOUND",
    message: expect.stringContaining(fileURLToPath(url)),
  });
});

test("stopping twice is stopping once", async () => {
  const { collector } = await start(["udp://127.0.0.1:0"]);
  await Promise.all([collector.stop(), collector.stop()]);
  await collector.stop();
});
