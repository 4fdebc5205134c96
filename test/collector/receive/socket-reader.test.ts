import { expect, test } from "vitest";
import { BacklogBlocks } from "../../../collector/receive/backlog.ts";
import { NativeReceiver } from "../../../collector/receive/native-receiver.ts";
import { BATCH_DATAGRAMS } from "../../../collector/receive/native-socket.ts";
import { FakeSocket, fakeSockets } from "../../support/fake-sockets.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** Sockets that hold so many datagrams each, and a thread that handles one in `handleMs`. */
const setUp = ({ handleMs = 0.1, blocks = new BacklogBlocks(8), sockets: count = 1, room = 4000 } = {}) => {
  const clock = new ManualClock();
  const sockets = Array.from({ length: count }, () => new FakeSocket(room));
  const heard = sockets.map((): number[] => []);
  const overloads: number[] = [];
  const bed = {
    clock,
    sockets,
    heard,
    overloads,
    blocks,
    handleMs,
    onHandle: (_listener: number): void => {},
  };
  const receiver = new NativeReceiver({
    clock,
    handle: (listener, _bytes, view, offset) => {
      heard[listener]!.push(view.getUint32(offset));
      clock.advanceMs(bed.handleMs);
      bed.onHandle(listener);
    },
    sockets: fakeSockets,
    onOverload: (listener) => overloads.push(listener),
    blocks,
  });
  for (const [listener, { socket, native }] of sockets.entries()) receiver.attach(listener, socket, native);
  const fill = (socket: FakeSocket, numbers: readonly number[]): void => {
    for (const number of numbers) socket.arrive(number);
  };
  /** Fill the first socket and have it read ahead. */
  const readAhead = async (numbers: number): Promise<FakeSocket> => {
    const [socket] = sockets as [FakeSocket];
    fill(socket, numbersTo(numbers));
    receiver.probe();
    await turn();
    expect([socket.waiting, blocks.areInUse]).toEqual([[], true]);
    return socket;
  };
  return Object.assign(bed, { receiver, fill, readAhead });
};

/** Two come for each that is handled, until the socket is shut. */
const overload = async (bed: ReturnType<typeof setUp>): Promise<FakeSocket> => {
  const [socket] = bed.sockets as [FakeSocket];
  let next = 0;
  bed.onHandle = () => {
    if (!socket.isShut) for (let more = 0; more < 2; more++) socket.arrive(next++);
  };
  bed.onHandle(0);
  while (!socket.isShut) {
    bed.receiver.probe();
    await turn();
  }
  return socket;
};

test("while something waits in the backlog all that the socket brings goes behind it, also what libuv reads", async () => {
  const { receiver, readAhead, heard } = setUp();
  const socket = await readAhead(3000);
  for (let number = 3000; number < 3100; number++) {
    socket.arrive(number);
    if (number % 3 > 0) socket.wake();
    if (number % 10 === 0) receiver.probe();
    if (number % 20 === 0) await turn();
  }
  await receiver.drain();
  expect(heard[0]).toEqual(numbersTo(3100));
});

test("of what was read ahead nothing is said to be handled before it is, however long that takes", async () => {
  const { receiver, clock, heard, readAhead } = setUp({ handleMs: 2 });
  const arrivedMs = clock.monotonicMs();
  await readAhead(3000);
  while (heard[0]!.length < 3000) {
    expect(receiver.drainedAtMs()).toBeLessThanOrEqual(arrivedMs);
    await turn();
  }
  expect(clock.monotonicMs() - arrivedMs).toBeGreaterThan(5000);
  await receiver.drain();
  expect(receiver.drainedAtMs()).toBe(clock.monotonicMs());
});

test("a reader that was stopped for seconds says nothing of what came meanwhile", async () => {
  const { receiver, clock, sockets, fill } = setUp();
  receiver.probe();
  const readMs = receiver.drainedAtMs();
  await turn();
  clock.advanceMs(5000);
  fill(sockets[0]!, [0]);
  expect(receiver.drainedAtMs()).toBe(readMs);
  receiver.probe();
  expect(receiver.drainedAtMs()).toBeGreaterThan(readMs + 4999);
});

test("a socket that has had its batches of a turn is read ahead, however little time that took", async () => {
  const { receiver, clock, heard, fill, sockets, blocks } = setUp({ handleMs: 0, room: 20_000 });
  fill(sockets[0]!, numbersTo(20_000));
  receiver.probe();
  expect(heard[0]!.length).toBe(64 * BATCH_DATAGRAMS);
  await turn();
  expect([sockets[0]!.waiting.length, blocks.areInUse]).toEqual([20_000 - 128 * BATCH_DATAGRAMS, true]);
  clock.advanceMs(1);
  await receiver.drain();
  expect(heard[0]).toEqual(numbersTo(20_000));
});

test("how far a socket was read moves on though its backlog never ends", async () => {
  const { receiver, clock, ...bed } = setUp({ handleMs: 0.01 });
  const [socket] = bed.sockets as [FakeSocket];
  let next = 0;
  bed.fill(
    socket,
    numbersTo(3000).map(() => next++),
  );
  receiver.probe();
  await turn();
  const handled = bed.heard[0]!;
  // as many come as are handled
  while (handled.length < 100_000) {
    const before = handled.length;
    receiver.probe();
    await turn();
    for (let more = handled.length - before; more > 0; more--) socket.arrive(next++);
    expect(bed.blocks.areInUse).toBe(true);
  }
  expect(clock.monotonicMs() - receiver.drainedAtMs()).toBeLessThan(1000);
});

test("a socket that was shut while a backlog waited is opened when it has been read empty, not before", async () => {
  const bed = setUp();
  const socket = await overload(bed);
  expect([socket.waiting.length > 2000, bed.blocks.areInUse, bed.overloads]).toEqual([true, true, [0]]);
  // nothing more comes
  while (socket.isShut) {
    bed.receiver.probe();
    await turn();
  }
  expect(socket.reopenings).toEqual([0]);
  const handled = bed.heard[0]!;
  expect(handled).toEqual(handled.toSorted((one, other) => one - other));
  expect(new Set(handled).size).toBe(handled.length);
});

test("to let a shut socket go handles its backlog, and opens nothing", async () => {
  const bed = setUp();
  const socket = await overload(bed);
  socket.on("error", () => expect.unreachable());
  socket.isBroken = true;
  bed.receiver.detach(socket.socket);
  expect([socket.isReleased, socket.reopenings, bed.blocks.areInUse]).toEqual([true, [], false]);
});

test("a socket that breaks and is let go at once has its backlog handled once, and is not read again", async () => {
  const bed = setUp();
  const { receiver, readAhead, heard, blocks } = bed;
  const socket = await readAhead(3000);
  // what is left of the turn is enough for another read
  bed.handleMs = 0;
  let errors = 0;
  socket.on("error", () => {
    errors++;
    receiver.detach(socket.socket);
  });
  socket.isBroken = true;
  for (let turns = 0; turns < 10; turns++) {
    receiver.probe();
    await turn();
  }
  expect([errors, heard[0], blocks.areInUse]).toEqual([1, numbersTo(3000), false]);
});

test("of a socket that breaks and is not let go the backlog is handled, however long that takes, and nobody waits for it for ever", async () => {
  const { receiver, readAhead, heard, clock } = setUp({ handleMs: 2 });
  const socket = await readAhead(3000);
  socket.on("error", () => clock.advanceMs(10));
  socket.isBroken = true;
  clock.advanceMs(1);
  const brokenMs = clock.monotonicMs();
  await receiver.drain();
  expect(heard[0]).toEqual(numbersTo(3000));
  expect(receiver.drainedAtMs()).toBeLessThan(brokenMs);
});

test("of several sockets the one that was read least far decides, as long as it is attached", async () => {
  const { receiver, clock, sockets, readAhead } = setUp({ handleMs: 0.01, sockets: 2 });
  const beganMs = clock.monotonicMs();
  const socket = await readAhead(3900);
  clock.advanceMs(100);
  const other = sockets[1]!;
  other.arrive(0);
  other.wake();
  const [drainedMs, readMs] = [receiver.drainedAtMs(), receiver.readUntilMs()];
  expect([drainedMs, readMs > drainedMs, readMs < clock.monotonicMs() - 90]).toEqual([beganMs, true, true]);
  clock.advanceMs(1000);
  receiver.detach(other.socket);
  expect(receiver.readUntilMs()).toBe(readMs);
  receiver.detach(socket.socket);
  const nowMs = clock.monotonicMs();
  expect([receiver.drainedAtMs(), receiver.readUntilMs()]).toEqual([nowMs, nowMs]);
});

test("sockets that share the blocks get through, each in order, whoever holds them", async () => {
  const { receiver, sockets, fill, heard, blocks } = setUp({ blocks: new BacklogBlocks(2), sockets: 3 });
  for (let round = 0; round < 10; round++) {
    for (const socket of sockets) {
      fill(
        socket,
        numbersTo(2000).map((number) => round * 2000 + number),
      );
    }
    receiver.probe();
    await turn();
    for (let index = 0; index < 3; index++) if (sockets[index]!.waiting.length > 0) sockets[index]!.wake();
    while (blocks.areInUse || sockets.some(({ waiting }) => waiting.length > 0)) {
      receiver.probe();
      await turn();
    }
  }
  expect(heard).toEqual(sockets.map(() => numbersTo(20_000)));
  expect(sockets.map(({ kernelDrops }) => kernelDrops)).toEqual([0, 0, 0]);
});

test("nobody naps while another socket of the thread has a backlog", async () => {
  const { receiver, sockets, readAhead } = setUp({ handleMs: 0.01, sockets: 2 });
  await readAhead(3900);
  // long enough for the load to be known
  for (let turns = 0; turns < 5; turns++) await turn();
  const other = sockets[1]!;
  // there is always one more after a nap
  other.onRead = () => other.arrive(1);
  other.arrive(0);
  const readsBefore = other.reads;
  other.wake();
  other.arrive(1);
  other.wake();
  expect(other.reads - readsBefore).toBe(2);
  other.onRead = () => {};
  await receiver.drain();
});

test("at a steady trickle one socket naps, and those it woke late are read at once", () => {
  const { clock, sockets } = setUp({ handleMs: 0, sockets: 3 });
  const wake = (socket: FakeSocket): number => {
    const { reads } = socket;
    socket.arrive(0);
    socket.wake();
    return socket.reads - reads;
  };
  const [one, two, three] = sockets as [FakeSocket, FakeSocket, FakeSocket];
  for (let waking = 0; waking < 11; waking++) {
    clock.advanceMs(1);
    wake(one);
  }
  expect([wake(one), wake(two), wake(three)]).toEqual([3, 1, 1]);
  clock.advanceMs(1.5);
  expect([wake(three), wake(one)]).toEqual([3, 1]);
});

test("sockets of one family are read into the same memory", () => {
  let batches = 0;
  const receiver = new NativeReceiver({
    clock: new ManualClock(),
    handle: () => {},
    sockets: {
      createBatch: (family: 4 | 6) => {
        batches++;
        return fakeSockets.createBatch(family);
      },
    } as typeof fakeSockets,
  });
  for (const { socket, native } of [new FakeSocket(), new FakeSocket()]) receiver.attach(0, socket, native);
  expect(batches).toBe(1);
});

test("when all is handled nothing is looked at again by itself", async () => {
  const { receiver, readAhead } = setUp();
  const socket = await readAhead(3000);
  await receiver.drain();
  for (let turns = 0; turns < 3; turns++) await turn();
  const { reads } = socket;
  for (let turns = 0; turns < 20; turns++) await turn();
  expect(socket.reads).toBe(reads);
});

test("a backlog gets its share of a turn of the event loop and no more", async () => {
  const { heard, readAhead } = setUp();
  await readAhead(3000);
  const handled = heard[0]!;
  while (handled.length < 3000) {
    const before = handled.length;
    await turn();
    expect(handled.length - before).toBeLessThanOrEqual(4 * BATCH_DATAGRAMS);
  }
});
