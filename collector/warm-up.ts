import type { BatchMessage, Restored } from "../protocol/batch.ts";
import { KIND, VALUE_TYPE } from "../protocol/constants.ts";
import { Datagram } from "../protocol/datagram.ts";
import { encodeBinary } from "../protocol/encode-binary.ts";
import { BatchPool } from "./batch-pool.ts";
import { Ingest } from "./ingest.ts";
import type { TrackerSettings } from "./tracker-settings.ts";

/** V8 has compiled the way of a datagram for good after some 30,000 of them */
const ROUNDS = 500;
const DEVICES = 64;
/** of so many numbers one stays away, one comes twice, and one before the number it follows: gaps open, close and fill as well */
const ABSENT = 50;
const TWICE = 51;
const SWAPPED = 52;
const START_US = 1_700_000_000_000_000;
/** the rounds' distances change: devices are heard at their usual distance and at others */
const ROUNDS_MS = [1, 1, 1, 0.1, 8];
const TICK_EVERY = 6;

/**
 * Lead datagrams of devices nobody has through a pipeline that is thrown away, before the real one is made and the sockets are bound. Until it
 * is compiled a datagram costs ten times as much: a collector started amid 500,000 datagrams/s would lose what its receive buffer cannot hold
 * for those 150 ms. What is compiled here is thrown out as soon as something else is met, so the pipeline is made as the real one is.
 * @param tracker - the settings of the pipeline to come, whose code this is
 * @param restored - an empty database
 * @returns datagrams that were received
 */
export const warmUp = (tracker: TrackerSettings, restored: Restored): number => {
  const ingest: Ingest = new Ingest({
    formats: ["auto"],
    sources: [null],
    tracker: { ...tracker, maxDevices: 2 * DEVICES, nextDevice: 1, nextRun: 1 },
    pool: new BatchPool(2),
    restored,
    worker: 0,
    exchange: null,
    batchMs: 100,
    recovery: { listeners: ["on"], random: () => 0.5, send: () => true },
    send: ({ buffer, number }: BatchMessage) => ingest.takeBack({ buffer, committed: number }),
    onInternalError: (error) => {
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
  const send = (device: Id, kind: number, sequence: number): void => {
    datagram.pointId(device.bytes, 0, device.bytes.length, device.view);
    datagram.kind = kind;
    datagram.sequence = sequence;
    datagram.sendTimeUs = wallUs;
    const length = encodeBinary(datagram, 0, bytes, view, 0);
    ingest.receive(0, bytes, view, 0, length, address, 1, wallUs, nowMs);
  };
  const devices = Array.from({ length: DEVICES }, (_, index) => newId(`warm-up-${index}`));
  for (const device of devices) for (const kind of [KIND.DESCRIBE, KIND.HEARTBEAT]) send(device, kind, 0);
  const next = devices.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    nowMs += ROUNDS_MS[round % ROUNDS_MS.length]!;
    wallUs = START_US + Math.round(nowMs * 1000);
    for (const [index, device] of devices.entries()) {
      for (const sequence of numbersOf(round + index, next[index]!)) {
        send(device, KIND.DATA, sequence);
        next[index] = Math.max(next[index]!, sequence + 1);
      }
    }
    if (round % TICK_EVERY === 0) ingest.tick(nowMs, nowMs, wallUs);
  }
  return ingest.listeners[0]!.received;
};

interface Id {
  bytes: Uint8Array;
  view: DataView;
}

const newId = (id: string): Id => {
  const bytes = new TextEncoder().encode(id);
  return { bytes, view: new DataView(bytes.buffer) };
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
  datagram.readingCount = 1;
  datagram.types[0] = VALUE_TYPE.FLOAT64;
  datagram.values[0] = 20.5;
  return datagram;
};
