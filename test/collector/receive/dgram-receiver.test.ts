import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { DgramReceiver } from "../../../collector/receive/dgram-receiver.ts";
import { systemClock } from "../../../common/clock.ts";

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
