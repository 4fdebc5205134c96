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
  receiver.detach(0);
  const beforeMs = systemClock.monotonicMs();
  expect(receiver.drainedAtMs()).toBeGreaterThanOrEqual(beforeMs);
  const heard = once(socket, "message");
  (await bound()).send("x", socket.address().port, "127.0.0.1");
  await heard;
});
