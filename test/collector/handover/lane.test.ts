import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { MOST_ADDRESSES } from "../../../collector/handover/address-book.ts";
import {
  LANE_BLOCKS,
  LANE_BYTES,
  Lane,
  type LaneSink,
  type OutgoingDatagram,
} from "../../../collector/handover/lane.ts";
import { entryOf } from "../../../collector/receive/entry.ts";
import { KIND } from "../../../protocol/constants.ts";
import { Datagram } from "../../../protocol/datagram.ts";

const lanes: Lane[] = [];
afterEach(() => {
  for (const lane of lanes.splice(0)) lane.close();
});

interface ShedNumber {
  id: string;
  sequence: number;
  epoch: number;
  sendTimeUs: number;
  sendTimeIsRelative: boolean;
}

/** What one end has taken. */
class Taken implements LaneSink {
  readonly datagrams: { entry: number; text: string; from: string }[] = [];
  readonly shedNumbers: ShedNumber[] = [];
  breaks = 0;

  datagram(
    entry: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    length: number,
    address: string,
    port: number,
  ): void {
    // both are of the same memory
    const first = String.fromCharCode(view.getUint8(offset));
    const text = first + Buffer.from(bytes.slice(offset + 1, offset + length)).toString();
    this.datagrams.push({ entry, text, from: `${address}:${port}` });
  }

  shed({ idBytes, idOffset, idLength, sequence, epoch, sendTimeUs, sendTimeIsRelative }: Datagram): void {
    const id = Buffer.from(idBytes.slice(idOffset, idOffset + idLength)).toString();
    this.shedNumbers.push({ id, sequence, epoch, sendTimeUs, sendTimeIsRelative });
  }

  readonly outgoing: OutgoingDatagram[] = [];
  send(datagram: OutgoingDatagram): void {
    this.outgoing.push(datagram);
  }

  listenerBreak(): void {
    this.breaks++;
  }
}

/** Both ends, and how to wait until all that was sent has been taken. */
const setUp = () => {
  const { port1, port2 } = new MessageChannel();
  const [there, back] = [new SharedArrayBuffer(LANE_BYTES), new SharedArrayBuffer(LANE_BYTES)];
  const taken = new Taken();
  const near = new Lane({ port: port1, out: there, in: back }, new Taken());
  const far = new Lane({ port: port2, out: back, in: there }, taken);
  lanes.push(near, far);
  const settle = async (): Promise<void> => {
    const { port1: fence, port2: otherEnd } = new MessageChannel();
    // messages of all ports of a thread come in the order they were posted; what comes back for them comes after it
    for (let round = 0; round < 2; round++) {
      otherEnd.postMessage("fence");
      await once(fence, "message");
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    fence.close();
  };
  return { near, far, taken, settle };
};

const numbered = (id: string, sequence: number): Datagram => {
  const datagram = new Datagram();
  datagram.kind = KIND.DATA;
  datagram.pointId(new TextEncoder().encode(id));
  datagram.sequence = sequence;
  datagram.epoch = 3;
  datagram.sendTimeUs = 1_795_176_000_000_000;
  return datagram;
};

/** an address of this host besides the listener */
const ENTRY = entryOf(5, 16);

const pass = (lane: Lane, text: string, address = "192.0.2.1", length = text.length): boolean => {
  const bytes = new Uint8Array(length + 3);
  bytes.set(new TextEncoder().encode(text), 3);
  return lane.pass(numbered("pump-7", 4), ENTRY, bytes, 3, length, address, 4711);
};

test("datagrams arrive whole, in order, each with entry and source", async () => {
  const { near, taken, settle } = setUp();
  for (const text of ["a", "bb", "a datagram of another length"]) pass(near, text);
  pass(near, "from another", "2001:db8::1");
  near.flush(10);
  pass(near, "later");
  near.flush(20);
  await settle();
  expect(taken.datagrams.map(({ text, from }) => [text, from])).toEqual([
    ["a", "192.0.2.1:4711"],
    ["bb", "192.0.2.1:4711"],
    ["a datagram of another length", "192.0.2.1:4711"],
    ["from another", "2001:db8::1:4711"],
    ["later", "192.0.2.1:4711"],
  ]);
  expect(taken.datagrams.every(({ entry }) => entry === ENTRY)).toBe(true);
});

test("the other end knows how far the sockets were read once it has what was read", async () => {
  const { near, far, taken, settle } = setUp();
  expect(far.drainedAtMs).toBe(Number.NEGATIVE_INFINITY);
  pass(near, "a");
  near.flushDatagrams();
  await settle();
  expect([taken.datagrams.length, far.drainedAtMs]).toEqual([1, Number.NEGATIVE_INFINITY]);
  near.flush(20);
  near.flush(15);
  await settle();
  expect(far.drainedAtMs).toBe(20);
});

test("the other end knows what was missed of each listener, as of how far the sockets were read", async () => {
  const { near, far, settle } = setUp();
  expect(far.missedOf(0)).toBeNull();
  near.flush(20, false, [4, null]);
  pass(near, "a");
  near.flushDatagrams();
  await settle();
  expect([far.missedOf(0), far.missedOf(1), far.missedOf(2)]).toEqual([4, null, null]);
  near.flush(30);
  await settle();
  expect(far.missedOf(0)).toBeNull();
});

test("without a free block datagrams are refused, their owner hears of their numbers, and blocks that were read are used again", async () => {
  const { near, taken, settle } = setUp();
  const length = 65_507;
  let passed = 0;
  while (pass(near, "x", "192.0.2.1", length)) passed++;
  expect(near.blocksInUse).toBe(LANE_BLOCKS);
  expect(passed).toBe(4 * LANE_BLOCKS);
  const refuse = (datagram: Datagram): void => {
    expect(near.pass(datagram, 5, new Uint8Array(0), 0, 0, "192.0.2.1", 1)).toBe(false);
  };
  const relative = numbered("valve", 8);
  relative.epoch = -1;
  relative.sendTimeUs = 9;
  relative.sendTimeIsRelative = true;
  refuse(relative);
  // what has no number, or names the next one, is evidence of nothing
  refuse(numbered("valve", -1));
  const heartbeat = numbered("valve", 10);
  heartbeat.kind = KIND.HEARTBEAT;
  refuse(heartbeat);
  await settle();
  near.flush(10);
  await settle();
  expect(taken.datagrams).toHaveLength(passed);
  expect(taken.shedNumbers).toEqual([
    {
      id: "pump-7",
      sequence: 4,
      epoch: 3,
      sendTimeUs: 1_795_176_000_000_000,
      sendTimeIsRelative: false,
    },
    { id: "valve", sequence: 8, epoch: -1, sendTimeUs: 9, sendTimeIsRelative: true },
  ]);
  expect(near.blocksInUse).toBe(0);
  expect(pass(near, "again")).toBe(true);
  near.flush(20);
  await settle();
  expect(taken.datagrams.slice(passed)).toMatchObject([{ text: "again" }]);
  expect(taken.shedNumbers).toHaveLength(2);
});

test("while the other thread does not run blocks are filled before they are sent, and nothing is told that it does not have", async () => {
  const { near, far, taken, settle } = setUp();
  const texts = Array.from({ length: 1000 }, (_, index) => `datagram ${index}`);
  for (const [index, text] of texts.entries()) {
    expect(pass(near, text)).toBe(true);
    if (index % 2 === 0) near.flushDatagrams();
    else near.flush(index);
  }
  expect(near.blocksInUse).toBeLessThan(LANE_BLOCKS);
  await settle();
  expect(taken.datagrams.length).toBeLessThan(texts.length);
  expect(far.drainedAtMs).toBe(taken.datagrams.length - 1);
  near.flush(texts.length);
  await settle();
  expect(taken.datagrams.map(({ text }) => text)).toEqual(texts);
  expect(far.drainedAtMs).toBe(texts.length);
});

test("one that stays behind is told with the next full block", async () => {
  const { near, far, taken, settle } = setUp();
  const fillBlocks = (blocks: number): void => {
    while (near.blocksInUse < blocks) pass(near, "x", "192.0.2.1", 65_507);
  };
  fillBlocks(LANE_BLOCKS - 2);
  near.flush(20, false, [4]);
  fillBlocks(LANE_BLOCKS - 1);
  await settle();
  expect([taken.datagrams.length, far.drainedAtMs, far.missedOf(0)]).toEqual([4 * (LANE_BLOCKS - 2), 20, 4]);
});

test("the owner hears of numbers shed, also of those after the first were told", async () => {
  const { near, taken, settle } = setUp();
  const fill = (): void => {
    while (pass(near, "x", "192.0.2.1", 65_507));
  };
  const refuse = (sequence: number): void => {
    expect(near.pass(numbered("valve", sequence), 5, new Uint8Array(0), 0, 0, "192.0.2.1", 1)).toBe(false);
  };
  fill();
  refuse(1);
  await settle();
  near.flush(10);
  fill();
  refuse(2);
  near.flush(20);
  refuse(3);
  await settle();
  near.flush(30);
  await settle();
  const valves = taken.shedNumbers.filter(({ id }) => id === "valve");
  expect(valves.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
});

test("what the other worker's listener is to send goes there once", async () => {
  const { near, taken, settle } = setUp();
  const outgoing = { listener: 2, bytes: new Uint8Array([7]), address: "192.0.2.1", port: 4711 };
  expect(near.send(outgoing)).toBe(true);
  near.flush(1);
  near.flush(2);
  await settle();
  expect(taken.outgoing).toEqual([outgoing]);
});

test("no more is kept for the other worker's listener to send than goes with a message", async () => {
  const { near, taken, settle } = setUp();
  const outgoing = { listener: 2, bytes: new Uint8Array([7]), address: "192.0.2.1", port: 4711 };
  let sent = 0;
  while (sent < 10_000 && near.send(outgoing)) sent++;
  near.flush(1);
  await settle();
  expect([taken.outgoing.length, sent]).toEqual([256, 256]);
  expect(near.send(outgoing)).toBe(true);
});

test("a listener's break is told once", async () => {
  const { near, taken, settle } = setUp();
  near.listenerBreak();
  near.flush(1);
  near.flush(2);
  await settle();
  expect(taken.breaks).toBe(1);
});

test("the end is told at once, also to one that is behind", async () => {
  const { near, far, taken, settle } = setUp();
  while (near.blocksInUse < LANE_BLOCKS) pass(near, "x", "192.0.2.1", 65_507);
  near.flush(1, true);
  await settle();
  expect([far.hasEnded, taken.datagrams.length]).toEqual([true, 4 * (LANE_BLOCKS - 1) + 1]);
});

test("sources are told apart also when there are more than an address has a number for", async () => {
  const { near, taken, settle } = setUp();
  const addresses = Array.from({ length: MOST_ADDRESSES + 10 }, (_, index) => `source ${index}`);
  const datagram = numbered("pump-7", 4);
  for (const address of addresses) near.pass(datagram, ENTRY, Uint8Array.of(1), 0, 1, address, 4711);
  near.flush(1, true);
  await settle();
  expect(taken.datagrams).toHaveLength(addresses.length);
  expect(taken.datagrams.filter(({ from }, index) => from !== `${addresses[index]}:4711`)).toEqual([]);
});

test("the end comes after everything else", async () => {
  const { near, far, taken, settle } = setUp();
  pass(near, "last words");
  near.flush(1, true);
  expect(far.hasEnded).toBe(false);
  await settle();
  expect([far.hasEnded, taken.datagrams.length]).toEqual([true, 1]);
});
