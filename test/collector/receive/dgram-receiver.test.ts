import { createSocket, type Socket } from "node:dgram";
import { EventEmitter, once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { DgramReceiver } from "../../../collector/receive/dgram-receiver.ts";
import { systemClock } from "../../../common/clock.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

const bound = async (): Promise<Socket> => {
  const socket = createSocket("udp4");
  sockets.push(socket);
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
};

test("drain resolves when everything sent before it has been read, however many turns that takes", async () => {
  const heard: number[] = [];
  const receiver = new DgramReceiver(systemClock, (listener, bytes, view, offset, length) => {
    expect([listener, length, bytes[offset]]).toEqual([3, 4, view.getUint8(0)]);
    heard.push(view.getUint32(offset));
  });
  const socket = await bound();
  receiver.attach(3, socket);
  const sender = await bound();
  let handedOver = 0;
  const sent = Promise.withResolvers<void>();
  for (let number = 0; number < 100; number++) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(number);
    sender.send(bytes, socket.address().port, "127.0.0.1", () => {
      handedOver++;
      if (handedOver === 100) sent.resolve();
    });
  }
  await sent.promise;
  await receiver.drain();
  expect(heard).toEqual(Array.from({ length: 100 }, (_, number) => number));
});

test("what is read is stamped by both clocks, never before the turn it was read in", async () => {
  const stamps: number[][] = [];
  const heard = Promise.withResolvers<void>();
  const receiver = new DgramReceiver(
    systemClock,
    (_listener, _bytes, _view, _offset, _length, _address, _port, arrivalUs, nowMs) => {
      stamps.push([arrivalUs, nowMs]);
      if (stamps.length === 20) heard.resolve();
    },
  );
  const socket = await bound();
  receiver.attach(0, socket);
  const sender = await bound();
  const [beforeUs, beforeMs] = [systemClock.wallUs(), systemClock.monotonicMs()];
  for (let number = 0; number < 20; number++) sender.send("x", socket.address().port, "127.0.0.1");
  await heard.promise;
  for (const [arrivalUs, nowMs] of stamps) {
    expect(arrivalUs).toBeGreaterThanOrEqual(beforeUs - 4000);
    expect(nowMs).toBeGreaterThanOrEqual(beforeMs);
    expect(nowMs).toBeLessThanOrEqual(systemClock.monotonicMs());
  }
});

test("silent sockets are known to be empty as of the last probe", async () => {
  const receiver = new DgramReceiver(systemClock, () => {});
  receiver.attach(0, await bound());
  const beforeMs = systemClock.monotonicMs();
  receiver.probe();
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  expect(receiver.drainedAtMs()).toBeGreaterThanOrEqual(beforeMs);
});

test("a detached socket is not read and holds nothing back", async () => {
  const receiver = new DgramReceiver(systemClock, () => expect.unreachable());
  const socket = await bound();
  receiver.attach(0, socket);
  receiver.detach(socket);
  const beforeMs = systemClock.monotonicMs();
  expect(receiver.drainedAtMs()).toBeGreaterThanOrEqual(beforeMs);
  const heard = once(socket, "message");
  (await bound()).send("x", socket.address().port, "127.0.0.1");
  await heard;
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A socket of which libuv reads what the test says, and a thread that handles a datagram in a millisecond. */
const setUp = () => {
  const clock = new ManualClock();
  const emitter = new EventEmitter();
  const socket = emitter as unknown as Socket;
  const stampsMs: number[] = [];
  const receiver = new DgramReceiver(clock, (_0, _1, _2, _3, _4, _5, _6, _arrivalUs, nowMs) => {
    stampsMs.push(nowMs);
    clock.advanceMs(1);
  });
  const startMs = clock.monotonicMs();
  receiver.attach(0, socket);
  const arrive = (count: number): void => {
    for (let left = count; left > 0; left--)
      emitter.emit("message", Buffer.from("x"), { address: "192.0.2.7", port: 1 });
  };
  /** since the start */
  const stamps = (): number[] => stampsMs.splice(0).map((ms) => ms - startMs);
  const drainedMs = (): number => receiver.drainedAtMs() - startMs;
  return { clock, receiver, arrive, stamps, drainedMs };
};

test("eight datagrams of a turn share one reading of the clocks, those of the next turn have their own", async () => {
  const { clock, arrive, stamps } = setUp();
  arrive(18);
  await turn();
  clock.advanceMs(100);
  arrive(2);
  expect(stamps()).toEqual([...Array(8).fill(0), ...Array(8).fill(8), 16, 16, 118, 118]);
});

test("a socket is empty when it is attached, and after a turn that brought few, without a probe", async () => {
  const { clock, arrive, drainedMs } = setUp();
  clock.advanceMs(50);
  expect(drainedMs()).toBe(0);
  arrive(3);
  clock.advanceMs(50);
  await turn();
  expect(drainedMs()).toBe(50);
});

test("a socket that never runs empty holds windows open for 2 s and no longer", async () => {
  const { clock, arrive, drainedMs } = setUp();
  const drained: number[] = [];
  for (let turns = 0; turns < 4; turns++) {
    arrive(32);
    clock.advanceMs(968);
    await turn();
    drained.push(drainedMs());
  }
  expect(drained).toEqual([0, 0, 1000, 2000]);
});

test("a process that stood still has 2 s to read what came meanwhile", async () => {
  const { clock, arrive, drainedMs } = setUp();
  const drained: number[] = [];
  clock.advanceMs(10_000);
  drained.push(drainedMs());
  for (let turns = 0; turns < 4; turns++) {
    arrive(32);
    clock.advanceMs(968);
    await turn();
    drained.push(drainedMs());
  }
  expect(drained).toEqual([0, 0, 0, 11_000, 12_000]);
});

test("a probe looks at the turn that is open and the whole one after it, and then no more", async () => {
  const { clock, receiver, drainedMs } = setUp();
  const drained: number[] = [];
  receiver.probe();
  for (let turns = 0; turns < 5; turns++) {
    clock.advanceMs(10);
    await turn();
    drained.push(drainedMs());
  }
  expect(drained).toEqual([0, 10, 10, 10, 10]);
});
