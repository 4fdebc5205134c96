import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { type Collector, startCollector } from "../../collector/collector.ts";
import { parseListenerUrls } from "../../collector/listener/listener-conflicts.ts";
import { OP, OP_CODE } from "../../protocol/batch.ts";
import { CAUSES } from "../../protocol/ledger-row.ts";
import { MemoryWriter } from "../support/memory-writer.ts";
import { RECEIVE_ASKED, RECEIVE_EXPECTED } from "../support/receive-paths.ts";

const WORKERS = 3;

const collectors: Collector[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const collector of collectors.splice(0)) await collector.stop();
  for (const socket of sockets.splice(0)) socket.close();
});

const start = async (urls: string[]): Promise<{ collector: Collector; writers: MemoryWriter[] }> => {
  const writers = Array.from({ length: WORKERS }, () => new MemoryWriter());
  const collector = await startCollector({
    listeners: parseListenerUrls(urls),
    writerPorts: writers.map(({ otherEnd }) => otherEnd),
    logLevel: "silent",
    receive: RECEIVE_ASKED,
  });
  collectors.push(collector);
  return { collector, writers };
};

const sender = async (): Promise<Socket> => {
  const socket = createSocket("udp4");
  sockets.push(socket);
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  socket.setBroadcast(true);
  socket.setMulticastInterface("127.0.0.1");
  return socket;
};

const send = (socket: Socket, to: string, port: number, text: string): Promise<void> =>
  new Promise((resolve, reject) =>
    socket.send(text, port, to, (error) => (error === null ? resolve() : reject(error))),
  );

const data = (device: number, seq: number, epoch = 3): string =>
  JSON.stringify({ device: `pump-${device}`, epoch, seq, values: { temperature: seq } });

/** Every number of every device, from each way to the collector, sent from many sockets. */
const sendFleet = async (to: string, port: number, devices: number, numbers: number): Promise<void> => {
  const senders = await Promise.all(Array.from({ length: 8 }, () => sender()));
  for (let seq = 0; seq < numbers; seq++) {
    for (let device = 0; device < devices; device++) {
      await send(senders[device % senders.length]!, to, port, data(device, seq));
    }
  }
};

const storedOf = (writers: readonly MemoryWriter[]): number =>
  writers.reduce((sum, { reader }) => sum + reader.stored.length, 0);

test.each([
  ["a unicast address", "udp://127.0.0.1:0", "127.0.0.1"],
  ["a wildcard", "udp://0.0.0.0:0", "127.0.0.1"],
  ["broadcasts to a wildcard", "udp://0.0.0.0:0", "127.255.255.255"],
  ["a broadcast address", "udp://127.255.255.255:0", "127.255.255.255"],
  ["a group", "udp://239.77.0.9:0?interface=127.0.0.1", "239.77.0.9"],
])("several workers hear %s, each datagram once, and each device has one owner", async (_, url, to) => {
  // few enough to wait in the smallest receive buffer, however late they are read
  const [devices, numbers] = [30, 10];
  const { collector, writers } = await start([url]);
  await sendFleet(to, collector.status().listeners[0]!.port, devices, numbers);
  await collector.stop();
  await Promise.all(writers.map(({ closed }) => closed));
  expect(collector.status().listeners[0]!.counters).toMatchObject({
    datagrams: devices * numbers,
    received: devices * numbers,
    duplicates: 0,
  });
  expect(collector.status().fleet).toMatchObject({ datagrams: devices * numbers, shed: 0 });
  expect(storedOf(writers)).toBe(devices * numbers);
  const owned = writers.map(({ reader }) => reader.notesOf("device"));
  expect(owned.flat()).toHaveLength(devices);
  expect(owned.every((own) => own.length > 0)).toBe(true);
  for (const [worker, { reader }] of writers.entries()) {
    for (const { device } of reader.notesOf("device")) expect(device % WORKERS).toBe(worker);
    for (const { run } of reader.notesOf("run")) expect(run % WORKERS).toBe(worker);
  }
});

test("each worker reads a socket of a unicast listener", async () => {
  const { collector, writers } = await start(["udp://127.0.0.1:0"]);
  const { port } = collector.status().listeners[0]!;
  // the kernel gives all of a source to one worker; that one of three gets none of 64 happens once in 10^11
  const senders = await Promise.all(Array.from({ length: 64 }, () => sender()));
  for (const socket of senders) await send(socket, "127.0.0.1", port, "{");
  await collector.stop();
  await Promise.all(writers.map(({ closed }) => closed));
  // what is not sound is counted by the worker that reads it
  const rejected = writers.map(({ reader }) => reader.fleet?.rejected["bad-json"] ?? 0);
  expect(rejected.every((count) => count > 0)).toBe(true);
  expect(collector.status().fleet.rejected).toEqual({ "bad-json": 64 });
  expect(collector.status().threads).toEqual(
    new Array(WORKERS).fill({ state: "stopped", utilization: null }),
  );
});

test("a stranger's socket is noticed, although the workers share the address", async () => {
  const stranger = await sender();
  const taken = `udp://127.0.0.1:${stranger.address().port}`;
  await expect(start([taken])).rejects.toMatchObject({
    code: "ERR_LISTENER_BIND",
    message: expect.stringMatching(/in use by this process/),
  });
});

/** Of the gaps that were declared lost: how many by each cause. */
const lostByCause = (writers: readonly MemoryWriter[]): Record<string, number> => {
  const causes: Record<string, number> = {};
  for (const op of writers.flatMap(({ reader }) => reader.opsOf(OP_CODE.LOST))) {
    const cause = CAUSES[op[OP.CAUSE]!]!;
    causes[cause] = (causes[cause] ?? 0) + 1;
  }
  return causes;
};

test("a gap is declared lost by the clock when all workers have been read past it, by the counters of all their sockets", async () => {
  const { collector, writers } = await start(["udp://127.0.0.1:0"]);
  const { port } = collector.status().listeners[0]!;
  const socket = await sender();
  for (let device = 0; device < 9; device++) {
    await send(socket, "127.0.0.1", port, data(device, 0));
    await send(socket, "127.0.0.1", port, data(device, 3));
  }
  const cause = RECEIVE_EXPECTED === "native" ? "network" : "undetermined";
  await expect.poll(() => lostByCause(writers)).toEqual({ [cause]: 9 });
});

test("what a worker could not decode may have been what another one's device lacks", async () => {
  const { collector, writers } = await start(["udp://127.0.0.1:0"]);
  const { port } = collector.status().listeners[0]!;
  // the kernel spreads these over all workers, and the devices are spread otherwise
  const senders = await Promise.all(Array.from({ length: 16 }, () => sender()));
  for (let device = 0; device < 9; device++) await send(senders[0]!, "127.0.0.1", port, data(device, 0));
  for (const socket of senders) await send(socket, "127.0.0.1", port, "{");
  for (let device = 0; device < 9; device++) await send(senders[0]!, "127.0.0.1", port, data(device, 3));
  await expect.poll(() => lostByCause(writers)).toEqual({ undetermined: 9 });
});

test("what a worker decoded and rejected is known to be no number of another one's device", async () => {
  const { collector, writers } = await start(["udp://127.0.0.1:0"]);
  const { port } = collector.status().listeners[0]!;
  const socket = await sender();
  for (let device = 0; device < 9; device++) await send(socket, "127.0.0.1", port, data(device, 0));
  // the ninth numbering open at once is refused, by the owner of the device
  for (let epoch = 10; epoch < 18; epoch++) {
    for (let device = 0; device < 9; device++) await send(socket, "127.0.0.1", port, data(device, 0, epoch));
  }
  for (let device = 0; device < 9; device++) await send(socket, "127.0.0.1", port, data(device, 3));
  const cause = RECEIVE_EXPECTED === "native" ? "network" : "undetermined";
  await expect.poll(() => lostByCause(writers)).toEqual({ [cause]: 9 });
  await collector.stop();
  expect(collector.status().fleet.rejected).toEqual({ "too-many-epochs": 9 });
});
