import type { BatchMessage, Restored } from "../protocol/batch.ts";
import { FLAG, KIND, VALUE_TYPE } from "../protocol/constants.ts";
import { Datagram } from "../protocol/datagram.ts";
import { encodeBinary } from "../protocol/encode-binary.ts";
import { BatchPool } from "./batch-pool.ts";
import { Ingest } from "./ingest.ts";
import type { TrackerOptions } from "./tracker/types.ts";

/** V8 has compiled the way of a datagram for good after some 30,000 of them */
const ROUNDS = 500;
/** enough for every field to have held what it will hold */
const FEW_ROUNDS = 20;
const DEVICES = 64;
/** the most that one of them brings */
const READINGS = 3;
/** of so many numbers one stays away, one comes twice, and one before the number it follows: gaps open, close and fill as well */
const ABSENT = 50;
const TWICE = 51;
const SWAPPED = 52;
const START_US = 1_700_000_000_000_000;
/** so many devices describe their channels and send checksums */
const DESCRIBED = 32;
/** the rounds' distances change: devices are heard at their usual distance and at others */
const ROUNDS_MS = [1, 1, 1, 0.1, 8];
const TICK_EVERY = 6;
/** of so many turns a device says where its numbering is as well */
const BEAT_EVERY = 45;
/** these stop halfway and come back at the end, which changes their status */
const SILENT = 4;
const SILENCE_MS = 60_000;

/**
 * Lead datagrams of devices nobody has through a pipeline that is thrown away, before the sockets are bound. Until it is compiled a datagram
 * costs ten times as much: a collector started amid 500,000 datagrams/s would lose what its receive buffer cannot hold for those 150 ms.
 *
 * V8 throws out what is compiled here as soon as it meets something else, so this pipeline is made as the real one is, and its devices send
 * what others do; and as soon as it has forgotten a kind of object, which it does with the last one of the kind, so the real one is made before.
 * @param tracker - the options of the real pipeline, whose code this is; its archive has nothing
 * @param restored - an empty database
 * @returns datagrams that were received
 */
export const warmUp = (tracker: TrackerOptions, restored: Restored): number => {
  const { counters } = lead(tracker, restored, ROUNDS);
  kept.clear();
  return counters[0]!.received;
};

/**
 * Call it before the real pipeline is made. What a field will hold decides the kind of its object: without this the real one would be of a
 * kind that only objects are of which never did anything, and nothing compiled by `warmUp` would be for it.
 */
export const rehearse = (tracker: TrackerOptions, restored: Restored): void => {
  kept.add(lead(tracker, restored, FEW_ROUNDS));
};

/** what was rehearsed with: the real one is made meanwhile */
const kept = new Set<Ingest>();

const lead = (tracker: TrackerOptions, restored: Restored, rounds: number): Ingest => {
  const ingest: Ingest = new Ingest({
    formats: ["auto"],
    sources: [null],
    tracker: { ...tracker, maxDevices: 2 * DEVICES },
    pool: new BatchPool(2),
    restored,
    worker: 0,
    exchange: null,
    batchMs: 100,
    recovery: { listeners: ["on"], random: () => 0.5, send: () => true },
    send: ({ buffer, number }: BatchMessage) => ingest.takeBack({ buffer, committed: number }),
    onError: (_reason, error) => {
      throw error;
    },
  });
  ingest.restore();
  ingest.start(0, START_US);
  const datagram = newDatagram();
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  // made as those of received datagrams are: comparing texts of the source is compiled for another kind of string
  const address = [127, 0, 0, 1].join(".");
  let nowMs = 0;
  let wallUs = START_US;
  const send = ({ id, view: idView, flags, readings }: Device, kind: number, sequence: number): void => {
    datagram.pointId(id, 0, id.length, idView);
    datagram.kind = kind;
    datagram.sequence = sequence;
    datagram.sendTimeUs = wallUs;
    datagram.readingCount = readings;
    const length = encodeBinary(datagram, flags, bytes, view, 0);
    ingest.receive(0, bytes, view, 0, length, address, 1, wallUs, nowMs);
  };
  const devices = Array.from({ length: DEVICES }, (_, index) => newDevice(index));
  for (const [index, device] of devices.entries()) {
    for (const kind of index < DESCRIBED ? [KIND.DESCRIBE, KIND.HEARTBEAT] : [KIND.HEARTBEAT])
      send(device, kind, 0);
  }
  const next = devices.map(() => 0);
  for (let round = 0; round < rounds; round++) {
    const isBack = round === rounds - 1;
    nowMs += isBack ? SILENCE_MS : ROUNDS_MS[round % ROUNDS_MS.length]!;
    wallUs = START_US + Math.round(nowMs * 1000);
    // a silence is told first, then its end
    if (isBack) for (let look = 0; look < 2; look++) ingest.tick(nowMs, nowMs, wallUs);
    for (const [index, device] of devices.entries()) {
      if (index < SILENT && round > rounds / 2 && !isBack) continue;
      if ((round + index) % BEAT_EVERY === 0) send(device, KIND.HEARTBEAT, next[index]!);
      for (const sequence of numbersOf(round + index, next[index]!)) {
        send(device, KIND.DATA, sequence);
        next[index] = Math.max(next[index]!, sequence + 1);
      }
    }
    ingest.kernelDrops(nowMs, nowMs, [0]);
    if (round % TICK_EVERY === 0 || isBack) ingest.tick(nowMs, nowMs, wallUs);
  }
  return ingest;
};

interface Device {
  id: Uint8Array;
  view: DataView;
  flags: number;
  readings: number;
}

const newDevice = (index: number): Device => {
  const id = new TextEncoder().encode(`warm-up-${index}`);
  const flags = index < DESCRIBED ? FLAG.CRC : 0;
  return { id, view: new DataView(id.buffer), flags, readings: 1 + (index % READINGS) };
};

/** What a device sends at its turn. @param next - its next number */
const numbersOf = (turn: number, next: number): readonly number[] => {
  if (turn % ABSENT === 0) return [next + 1];
  if (turn % TWICE === 0) return [next, next];
  return turn % SWAPPED === 0 ? [next + 1, next] : [next];
};

const newDatagram = (): Datagram => {
  const datagram = new Datagram();
  datagram.epoch = 1;
  datagram.descriptions.push({ channel: 0, name: "temperature", unit: "C" });
  for (let index = 0; index < READINGS; index++) {
    datagram.channels[index] = index;
    datagram.types[index] = VALUE_TYPE.FLOAT64;
    datagram.values[index] = 20.5 + index;
  }
  return datagram;
};
