import { KIND, VALUE_TYPE } from "../../../protocol/constants.ts";
import { Datagram } from "../../../protocol/datagram.ts";
import { setDeviceId } from "../../../protocol/device-id.ts";
import { encodeBinary } from "../../../protocol/encode-binary.ts";
import { seededDoubles } from "../../../test/support/series.ts";

/** What a load consists of: devices in turn, each datagram with as many float64 readings, channel 0 and up. */
export interface LoadShape {
  devices: number;
  readings: number;
  epoch: number;
}

/** header fields that change from datagram to datagram, and where the values lie (protocol/decode-binary.ts, decode-body.ts) */
const SEQUENCE_AT = 12;
const SEND_TIME_AT = 20;
const ENTRY_BYTES = 16;
const VALUE_IN_ENTRY = 8;
const TWO_32 = 2 ** 32;

const idOf = (device: number): string => `device-${String(device).padStart(6, "0")}`;

const prototypeOf = (kind: number, { epoch, readings }: LoadShape): Datagram => {
  const datagram = new Datagram();
  datagram.kind = kind;
  datagram.epoch = epoch;
  datagram.sequence = 0;
  datagram.readingCount = kind === KIND.DATA ? readings : 0;
  for (let index = 0; index < datagram.readingCount; index++) {
    datagram.channels[index] = index;
    datagram.types[index] = VALUE_TYPE.FLOAT64;
  }
  return datagram;
};

/** Bytes of one datagram of that kind; the same for every device. */
export const datagramBytesOf = (kind: number, shape: LoadShape): number => {
  const datagram = prototypeOf(kind, shape);
  setDeviceId(datagram, idOf(0));
  const scratch = new Uint8Array(65_536);
  return encodeBinary(datagram, 0, scratch, new DataView(scratch.buffer));
};

/** Write one datagram of every device, one after the other. */
export const writeDatagrams = (kind: number, shape: LoadShape, bytes: Uint8Array, view: DataView): void => {
  const datagram = prototypeOf(kind, shape);
  for (let device = 0, at = 0; device < shape.devices; device++) {
    setDeviceId(datagram, idOf(device));
    at += encodeBinary(datagram, 0, bytes, view, at);
  }
};

/** What a random walk does next, in hundredths: looked up, so that making values costs the generator little. */
const STEPS = 1 << 12;

/** Patches the fields that change. Every channel of every device is a random walk with two decimals. */
export class Patcher {
  readonly #view: DataView;
  readonly #datagramBytes: number;
  readonly #readings: number;
  readonly #levels: Int32Array;
  readonly #steps: Int32Array;
  #step = 0;

  constructor(view: DataView, datagramBytes: number, { devices, readings }: LoadShape) {
    const random = seededDoubles(1);
    this.#view = view;
    this.#datagramBytes = datagramBytes;
    this.#readings = readings;
    this.#levels = Int32Array.from({ length: devices * readings }, () => 2000 + Math.floor(random() * 1000));
    this.#steps = Int32Array.from({ length: STEPS }, () => Math.floor(random() * 51) - 25);
  }

  /** @param timeUs - send time, a non-negative integer */
  header(device: number, sequence: number, timeUs: number): void {
    const at = device * this.#datagramBytes;
    this.#view.setUint32(at + SEQUENCE_AT + 4, sequence);
    this.#view.setUint32(at + SEND_TIME_AT, Math.floor(timeUs / TWO_32));
    this.#view.setUint32(at + SEND_TIME_AT + 4, timeUs % TWO_32);
  }

  values(device: number): void {
    const readings = this.#readings;
    const levels = this.#levels;
    let at = (device + 1) * this.#datagramBytes - readings * ENTRY_BYTES + VALUE_IN_ENTRY;
    for (let index = device * readings; index < (device + 1) * readings; index++, at += ENTRY_BYTES) {
      levels[index] = levels[index]! + this.#steps[this.#step++ % STEPS]!;
      this.#view.setFloat64(at, levels[index]! / 100);
    }
  }
}

/** Lets so much through per millisecond, and what a short delay held back at once, but no more than `depth`. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #depth: number;
  #tokens = 0;
  #atMs: number;

  constructor(rateHz: number, depth: number, nowMs: number) {
    this.#perMs = rateHz / 1000;
    this.#depth = depth;
    this.#atMs = nowMs;
  }

  /** @returns whole tokens there are */
  available(nowMs: number): number {
    this.#tokens = Math.min(this.#depth, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    return Math.floor(this.#tokens);
  }

  take(tokens: number): void {
    this.#tokens -= tokens;
  }
}
