import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { readKernelSockets } from "../../../collector/listener/kernel-sockets.ts";
import { BacklogBlocks } from "../../../collector/receive/backlog.ts";
import { NativeReceiver } from "../../../collector/receive/native-receiver.ts";
import {
  BATCH_DATAGRAMS,
  type NativeSocket,
  type NativeSockets,
} from "../../../collector/receive/native-socket.ts";
import { systemClock } from "../../../common/clock.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { nativeSockets } from "../../support/receive-paths.ts";

const sockets: Socket[] = [];
const attached: [NativeReceiver, Socket][] = [];
// also of a test that failed half way: a descriptor that is closed and still read is soon one of another test's
afterEach(() => {
  for (const [receiver, socket] of attached.splice(0)) receiver.detach(socket);
  for (const socket of sockets.splice(0)) socket.close();
});

const attach = (receiver: NativeReceiver, listener: number, socket: Socket, native: NativeSocket): void => {
  attached.push([receiver, socket]);
  receiver.attach(listener, socket, native);
};

const bound = (family: 4 | 6 = 4): { socket: Socket; native: NativeSocket; port: number } => {
  const address = family === 4 ? "127.0.0.1" : "::1";
  const socket = createSocket(family === 4 ? "udp4" : "udp6");
  sockets.push(socket);
  const native = nativeSockets!.open({ family, address, port: 0, scope: null, isShared: false }, socket);
  native.setRecvBufferSize(1 << 20);
  return { socket, native, port: socket.address().port };
};

/** Some tests need sockets that hold thousands of datagrams: more than the kernel's own bound, which root or net.core.rmem_max lifts. */
const ROOM_BYTES = 1 << 22;
const hasRoom = ((): boolean => {
  const socket = nativeSockets?.open({
    family: 4,
    address: "127.0.0.1",
    port: 0,
    scope: null,
    isShared: false,
  });
  socket?.setRecvBufferSize(ROOM_BYTES);
  const grantedBytes = socket?.getRecvBufferSize() ?? 0;
  socket?.close();
  return grantedBytes >= 2 * ROOM_BYTES;
})();
if (!hasRoom) console.log("net.core.rmem_max is below 4 MiB: reading ahead is not tested");
const testWithRoom = test.skipIf(!hasRoom && process.env.CI === undefined);

const sender = async (family: 4 | 6 = 4): Promise<Socket> => {
  const socket = createSocket(family === 4 ? "udp4" : "udp6");
  sockets.push(socket);
  socket.bind(0, family === 4 ? "127.0.0.1" : "::1");
  await once(socket, "listening");
  return socket;
};

/** Resolves when the kernel has them all. */
const sendAll = async (from: Socket, port: number, payloads: readonly Buffer[]): Promise<void> => {
  const { address } = from.address();
  await Promise.all(
    payloads.map(
      (payload) =>
        new Promise<void>((resolve, reject) =>
          from.send(payload, port, address, (error) => (error === null ? resolve() : reject(error))),
        ),
    ),
  );
};

const numbered = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, number) => {
    const bytes = Buffer.alloc(4 + (number % 200));
    bytes.writeUInt32BE(number);
    return bytes;
  });

/** Also what waits for longer than `drain` does. */
const handleAll = async (receiver: NativeReceiver, heard: readonly unknown[]): Promise<void> => {
  for (let before = -1; before < heard.length; ) {
    before = heard.length;
    await receiver.drain();
  }
};

describe.skipIf(nativeSockets === null)("the native receiver", () => {
  test.each([4, 6] as const)(
    "hands over IPv%i datagrams in order, each with length and sender",
    async (family) => {
      const heard: [number, number, string, number][] = [];
      const receiver = new NativeReceiver({
        clock: systemClock,
        handle: (listener, bytes, view, offset, length, address, port) => {
          expect([listener, bytes[offset + 3]]).toEqual([3, view.getUint8(offset + 3)]);
          heard.push([view.getUint32(offset), length, address, port]);
        },
        sockets: nativeSockets!,
      });
      const { socket, native, port } = bound(family);
      attach(receiver, 3, socket, native);
      const from = await sender(family);
      const payloads = numbered(3 * BATCH_DATAGRAMS + 5);
      await sendAll(from, port, payloads);
      await receiver.drain();
      const own = from.address();
      expect(heard).toEqual(payloads.map(({ length }, number) => [number, length, own.address, own.port]));
      receiver.detach(socket);
    },
  );

  test("the largest and the empty datagram arrive whole", async () => {
    const lengths: number[] = [];
    const receiver = new NativeReceiver({
      clock: systemClock,
      handle: (_listener, bytes, _view, offset, length) => {
        if (length > 0) expect([bytes[offset], bytes[offset + length - 1]]).toEqual([7, 7]);
        lengths.push(length);
      },
      sockets: nativeSockets!,
    });
    const { socket, native, port } = bound();
    attach(receiver, 0, socket, native);
    await sendAll(await sender(), port, [Buffer.alloc(65_507, 7), Buffer.alloc(0), Buffer.alloc(65_507, 7)]);
    await receiver.drain();
    expect(lengths).toEqual([65_507, 0, 65_507]);
    receiver.detach(socket);
  });

  test("a group that cannot be joined is told by the call that failed, with a source or without", () => {
    const { native } = bound();
    const noGroup = "192.0.2.1";
    expect(() => native.join(noGroup, "lo", null)).toThrow("setsockopt MCAST_JOIN_GROUP EINVAL");
    expect(() => native.join(noGroup, "lo", "127.0.0.1")).toThrow(
      "setsockopt MCAST_JOIN_SOURCE_GROUP EINVAL",
    );
  });

  test("a probe finds silent sockets empty at once", () => {
    const receiver = new NativeReceiver({ clock: systemClock, handle: () => {}, sockets: nativeSockets! });
    const { socket, native } = bound();
    attach(receiver, 0, socket, native);
    const beforeMs = systemClock.monotonicMs();
    receiver.probe();
    expect(receiver.drainedAtMs()).toBeGreaterThanOrEqual(beforeMs);
    receiver.detach(socket);
  });

  test("a detached socket is not read, holds nothing back, and its descriptor is not used again", async () => {
    const receiver = new NativeReceiver({
      clock: systemClock,
      handle: () => expect.unreachable(),
      sockets: nativeSockets!,
    });
    const { socket, native, port } = bound();
    attach(receiver, 0, socket, native);
    receiver.detach(socket);
    expect(native.fd).toBe(-1);
    const heard = once(socket, "message");
    await sendAll(await sender(), port, [Buffer.from("x")]);
    receiver.probe();
    await heard;
  });

  test("a socket that cannot be read tells its owner", () => {
    const receiver = new NativeReceiver({ clock: systemClock, handle: () => {}, sockets: nativeSockets! });
    const { socket, native } = bound();
    attach(receiver, 0, socket, native);
    const errors: unknown[] = [];
    socket.on("error", (error) => errors.push(error));
    native.release();
    receiver.probe();
    expect(errors).toMatchObject([{ code: "EBADF" }]);
    receiver.detach(socket);
  });

  test("the kernel tells what waits in the socket and what it dropped, to the datagram", async () => {
    let heard = 0;
    const receiver = new NativeReceiver({
      clock: systemClock,
      handle: () => heard++,
      sockets: nativeSockets!,
    });
    const { socket, native, port } = bound();
    native.setRecvBufferSize(4096);
    expect([native.readMemory(), native.queuedBytes, native.kernelDrops]).toEqual([true, 0, 0]);
    const from = await sender();
    await sendAll(from, port, numbered(300));
    expect(native.readMemory()).toBe(true);
    expect(native.queuedBytes).toBeGreaterThan(0);
    expect(native.queuedBytes).toBeLessThanOrEqual(native.getRecvBufferSize() + 4096);
    const listed = readKernelSockets(4)!.find((one) => one.port === port)!;
    expect(native.kernelDrops).toBe(listed.drops);
    attach(receiver, 0, socket, native);
    await receiver.drain();
    expect(heard).toBeGreaterThan(0);
    expect(heard + native.kernelDrops).toBe(300);
    receiver.detach(socket);
    expect(native.readMemory()).toBe(false);
  });

  test("a socket that never runs empty gets 64 batches of a turn, then those of the next", async () => {
    let reads = 0;
    const endless = {
      bytes: new Uint8Array(4),
      view: new DataView(new ArrayBuffer(4)),
      read: () => {
        reads++;
        return BATCH_DATAGRAMS;
      },
      offsetOf: () => 0,
      lengthOf: () => 4,
      addressOf: () => "192.0.2.1",
      portOf: () => 4747,
    };
    const flooded = { createBatch: () => endless } as unknown as NativeSockets;
    const clock = new ManualClock();
    const receiver = new NativeReceiver({ clock, handle: () => {}, sockets: flooded });
    const { socket, native } = bound();
    attach(receiver, 0, socket, native);
    receiver.probe();
    receiver.probe();
    expect(reads).toBe(64);
    await new Promise<void>((resolve) => setImmediate(resolve));
    receiver.probe();
    expect(reads).toBe(128);
    receiver.detach(socket);
  });

  test("what a shut socket drops is counted, what waited in it is read", async () => {
    let heard = 0;
    const receiver = new NativeReceiver({
      clock: systemClock,
      handle: () => heard++,
      sockets: nativeSockets!,
    });
    const { socket, native, port } = bound();
    const from = await sender();
    await sendAll(from, port, numbered(10));
    expect(native.shut()).toBe(true);
    await sendAll(from, port, numbered(20));
    native.reopen();
    await sendAll(from, port, numbered(5));
    attach(receiver, 0, socket, native);
    await receiver.drain();
    expect([heard, native.readMemory(), native.kernelDrops]).toEqual([15, true, 20]);
    receiver.detach(socket);
  });

  testWithRoom(
    "what comes faster than it can be handled for a while is read ahead: nothing is lost, and it is handled in order",
    async () => {
      const SENT = 20_000;
      const clock = new ManualClock();
      const { socket, native, port } = bound();
      const from = createSocket("udp4");
      sockets.push(from);
      from.connect(port, "127.0.0.1");
      await once(from, "connect");
      const heard: number[] = [];
      let lagMs = 0;
      let sent = 0;
      const send = (): void => {
        if (sent === SENT) return;
        const bytes = Buffer.alloc(4 + (sent % 300));
        bytes.writeUInt32BE(sent++);
        from.send(bytes);
      };
      const receiver = new NativeReceiver({
        clock,
        handle: (_listener, bytes, view, offset, length, _address, port, arrivalUs) => {
          const number = view.getUint32(offset);
          expect([length, bytes[offset + 3], port]).toEqual([
            4 + (number % 300),
            number & 0xff,
            from.address().port,
          ]);
          heard.push(number);
          clock.advanceMs(0.02);
          lagMs = Math.max(lagMs, (clock.wallUs() - arrivalUs) / 1000);
          send();
          send();
        },
        sockets: nativeSockets!,
      });
      attach(receiver, 0, socket, native);
      while (sent < SENT) {
        send();
        receiver.probe();
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      // ten times what the socket holds is under way, and nobody is told that everything is read
      expect(heard.length).toBeLessThan(SENT / 2 + 1000);
      expect(clock.monotonicMs() - receiver.drainedAtMs()).toBeGreaterThan(50);
      // though most of it is out of the socket
      expect(receiver.readUntilMs()).toBeGreaterThan(receiver.drainedAtMs() + 30);
      await handleAll(receiver, heard);
      expect(heard).toEqual(Array.from({ length: SENT }, (_, number) => number));
      expect([native.readMemory(), native.kernelDrops]).toEqual([true, 0]);
      // each has the time at which it was read, not that at which it was handled
      expect(lagMs).toBeGreaterThan(100);
      expect(clock.monotonicMs() - receiver.drainedAtMs()).toBeLessThan(1);
      receiver.detach(socket);
    },
  );

  testWithRoom("what was read ahead is handled before its socket is let go", async () => {
    const clock = new ManualClock();
    const { socket, native, port } = bound();
    const from = await sender();
    let heard = 0;
    const receiver = new NativeReceiver({
      clock,
      handle: () => {
        heard++;
        clock.advanceMs(0.1);
      },
      sockets: nativeSockets!,
    });
    await sendAll(from, port, numbered(2000));
    attach(receiver, 0, socket, native);
    receiver.probe();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(native.readMemory()).toBe(true);
    expect([heard < 1000, native.queuedBytes]).toEqual([true, 0]);
    receiver.detach(socket);
    expect(heard).toBe(2000);
  });

  testWithRoom("what an overload that lasts takes from a socket it takes in long pieces", async () => {
    const SENT = 120_000;
    const clock = new ManualClock();
    const { socket, native, port } = bound();
    // room for more datagrams than are read ahead
    native.setRecvBufferSize(ROOM_BYTES);
    const from = createSocket("udp4");
    sockets.push(from);
    from.connect(port, "127.0.0.1");
    await once(from, "connect");
    let sent = 0;
    const send = (): void => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(sent++);
      from.send(bytes);
    };
    const heard: number[] = [];
    const overloaded: number[] = [];
    const receiver = new NativeReceiver({
      clock,
      handle: (_listener, _bytes, view, offset) => {
        heard.push(view.getUint32(offset));
        clock.advanceMs(0.1);
        // two come for each that is read
        if (sent < SENT) send();
        if (sent < SENT) send();
      },
      sockets: nativeSockets!,
      onOverload: (listener) => overloaded.push(listener),
      blocks: new BacklogBlocks(2),
    });
    attach(receiver, 7, socket, native);
    while (sent < SENT) {
      // nobody else would after a shut socket was read empty
      send();
      receiver.probe();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await handleAll(receiver, heard);
    const lost: number[] = [];
    for (const [index, number] of heard.entries()) {
      const missing = number - (heard[index - 1] ?? -1) - 1;
      if (missing > 0) lost.push(missing);
    }
    native.readMemory();
    native.readMemory();
    expect(lost.reduce((sum, count) => sum + count, 0) + (SENT - 1 - heard.at(-1)!)).toBe(native.kernelDrops);
    // in the first 250 ms as the kernel does it by itself
    expect(overloaded.length).toBeGreaterThan(2);
    expect(new Set(overloaded)).toEqual(new Set([7]));
    const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);
    expect(sum(lost.filter((count) => count > 5000))).toBeGreaterThan(0.75 * sum(lost));
    expect(lost.filter((count) => count > 5000).length).toBeLessThanOrEqual(overloaded.length);
    receiver.detach(socket);
  });
});
