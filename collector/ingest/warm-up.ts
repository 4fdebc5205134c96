import type { BatchMessage } from "../../protocol/batch.ts";
import { FLAG, KIND, VALUE_TYPE } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { encodeBinary } from "../../protocol/encode-binary.ts";
import { BatchPool } from "../batch/batch-pool.ts";
import type { TrackerOptions } from "../tracker/types.ts";
import { Ingest } from "./ingest.ts";
import { NOTHING_RESTORED } from "./nothing-restored.ts";

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
 * @returns datagrams that were received
 */
export const warmUp = (tracker: TrackerOptions): number => {
  const { counters } = lead(tracker, ROUNDS);
  kept.clear();
  return counters[0]!.received;
};

/**
 * Call it before the real pipeline is made. What a field will hold decides the kind of its object: without this the real one would be of a
 * kind that only objects are of which never did anything, and nothing compiled by `warmUp` would be for it.
 */
export const rehearse = (tracker: TrackerOptions): void => {
  kept.add(lead(tracker, FEW_ROUNDS));
};

/** what was rehearsed with: the real one is made meanwhile */
const kept = new Set<Ingest>();

const lead = (tracker: TrackerOptions, rounds: number): Ingest => {
  const ingest = newIngest(tracker);
  ingest.restore();
  ingest.start(0, START_US);
  const fleet = new WarmUpFleet(ingest);
  fleet.introduce();
  for (let round = 0; round < rounds - 1; round++) {
    fleet.advance(ROUNDS_MS[round % ROUNDS_MS.length]!);
    fleet.speak(round, round > rounds / 2 ? SILENT : 0);
    ingest.kernelDrops(fleet.nowMs, fleet.nowMs, [0]);
    if (round % TICK_EVERY === 0) fleet.tick();
  }
  fleet.advance(SILENCE_MS);
  // a silence is told first, then its end
  fleet.tick();
  fleet.tick();
  fleet.speak(rounds - 1, 0);
  ingest.kernelDrops(fleet.nowMs, fleet.nowMs, [0]);
  fleet.tick();
  return ingest;
};

const newIngest = (tracker: TrackerOptions): Ingest => {
  const ingest: Ingest = new Ingest({
    formats: ["auto"],
    sources: [null],
    tracker: { ...tracker, maxDevices: 2 * DEVICES },
    pool: new BatchPool(2),
    restored: NOTHING_RESTORED,
    worker: 0,
    exchange: null,
    batchMs: 100,
    recovery: { listeners: ["on"], random: () => 0.5, send: () => true },
    send: ({ buffer, number }: BatchMessage) => ingest.takeBack({ buffer, committed: number }),
    onError: (_reason, error) => {
      throw error;
    },
  });
  return ingest;
};

/** The devices nobody has, and their time. */
class WarmUpFleet {
  nowMs = 0;
  #wallUs = START_US;
  readonly #ingest: Ingest;
  readonly #datagram = newDatagram();
  readonly #bytes = new Uint8Array(512);
  readonly #view = new DataView(this.#bytes.buffer);
  /** made as those of received datagrams are: comparing texts of the source is compiled for another kind of string */
  readonly #address = [127, 0, 0, 1].join(".");
  readonly #devices = Array.from({ length: DEVICES }, (_, index) => newDevice(index));

  constructor(ingest: Ingest) {
    this.#ingest = ingest;
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.#wallUs = START_US + Math.round(this.nowMs * 1000);
  }

  tick(): void {
    this.#ingest.tick(this.nowMs, this.nowMs, this.#wallUs);
  }

  /** What devices say before their first number. */
  introduce(): void {
    for (const [index, device] of this.#devices.entries()) {
      if (index < DESCRIBED) this.#send(device, KIND.DESCRIBE, 0);
      this.#send(device, KIND.HEARTBEAT, 0);
    }
  }

  /** Each device has its turn, but for the first `silent` ones. */
  speak(round: number, silent: number): void {
    for (const [index, device] of this.#devices.entries()) {
      if (index < silent) continue;
      if ((round + index) % BEAT_EVERY === 0) this.#send(device, KIND.HEARTBEAT, device.next);
      for (const sequence of numbersOf(round + index, device.next)) {
        this.#send(device, KIND.DATA, sequence);
        device.next = Math.max(device.next, sequence + 1);
      }
    }
  }

  #send({ id, view: idView, flags, readings }: Device, kind: number, sequence: number): void {
    const datagram = this.#datagram;
    datagram.pointId(id, 0, id.length, idView);
    datagram.kind = kind;
    datagram.sequence = sequence;
    datagram.sendTimeUs = this.#wallUs;
    datagram.readingCount = readings;
    const length = encodeBinary(datagram, flags, this.#bytes, this.#view, 0);
    this.#ingest.receive(0, this.#bytes, this.#view, 0, length, this.#address, 1, this.#wallUs, this.nowMs);
  }
}

interface Device {
  id: Uint8Array;
  view: DataView;
  flags: number;
  readings: number;
  /** the number it uses next */
  next: number;
}

const newDevice = (index: number): Device => {
  const id = new TextEncoder().encode(`warm-up-${index}`);
  const flags = index < DESCRIBED ? FLAG.CRC : 0;
  return { id, view: new DataView(id.buffer), flags, readings: 1 + (index % READINGS), next: 0 };
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
