import { KIND, MAX_EPOCH, MAX_SEQUENCE } from "./constants.ts";
import type { Datagram } from "./datagram.ts";
import {
  isAbsent,
  isObject,
  type JsonObject,
  readSamples,
  readUnits,
  readValues,
} from "./decode-json-body.ts";
import { setDeviceId } from "./device-id.ts";
import { readJsonTime } from "./json-time.ts";
import { REJECT } from "./reasons.ts";

const SOUND = REJECT.sound;
const BAD_FIELD = REJECT["bad-field"];

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes one datagram of the JSON format: exactly one object in UTF-8, white space around it allowed. Members it does not know are
 * ignored; `null` counts as absent; of equal names the last counts.
 *
 *     kind       has                                    optional
 *     DATA       device, values and/or samples, or seq  epoch, seq, time, units
 *     HEARTBEAT  device, next                           epoch, time, units, sleep or end
 *     DESCRIBE   device, units (nothing of the above)   epoch, time
 *
 * Checks run in this order and the first that fails names the reason: text and syntax (`bad-json`), device, epoch, time, numbers, body. A single bad
 * value, unit or sample is refused and counted, never fatal.
 *
 * @returns REJECT.*, 0 = sound and `into` is filled
 * @see docs/protocol.md
 */
export const decodeJson = (bytes: Uint8Array, offset: number, length: number, into: Datagram): number => {
  into.reset();
  const message = parseObject(bytes.subarray(offset, offset + length));
  if (message === undefined) return REJECT["bad-json"];
  into.named = true;
  return (
    readDevice(message, into) ||
    readEpoch(message, into) ||
    readSendTime(message, into) ||
    readNumber(message, into) ||
    readBody(message, into)
  );
};

const parseObject = (bytes: Uint8Array): JsonObject | undefined => {
  try {
    const parsed: unknown = JSON.parse(utf8.decode(bytes));
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined; // not UTF-8, or not JSON: both parsers report it only by throwing
  }
};

const readDevice = ({ device }: JsonObject, into: Datagram): number => {
  if (typeof device !== "string") return BAD_FIELD;
  return setDeviceId(into, device) ? SOUND : REJECT["bad-device-id"];
};

const readEpoch = ({ epoch }: JsonObject, into: Datagram): number => {
  if (isAbsent(epoch)) return SOUND;
  into.epoch = integerWithin(epoch, MAX_EPOCH);
  return into.epoch < 0 ? BAD_FIELD : SOUND;
};

const readSendTime = (message: JsonObject, into: Datagram): number => {
  const timeUs = readJsonTime(message);
  if (Number.isNaN(timeUs)) return BAD_FIELD;
  into.sendTimeUs = timeUs;
  return SOUND;
};

/** `seq` or `next`, which also decides the kind. */
const readNumber = ({ seq, next, values, samples, units }: JsonObject, into: Datagram): number => {
  if (!isAbsent(next)) {
    if (!isAbsent(seq) || !isAbsent(values) || !isAbsent(samples)) return BAD_FIELD;
    into.kind = KIND.HEARTBEAT;
    return readSequence(next, MAX_SEQUENCE + 1, into);
  }
  if (!isAbsent(seq)) {
    into.kind = KIND.DATA;
    return readSequence(seq, MAX_SEQUENCE, into);
  }
  if (!isAbsent(values) || !isAbsent(samples)) {
    into.kind = KIND.DATA;
    return SOUND;
  }
  into.kind = KIND.DESCRIBE;
  return isAbsent(units) ? BAD_FIELD : SOUND;
};

const readSequence = (value: unknown, greatest: number, into: Datagram): number => {
  if (typeof value !== "number") return BAD_FIELD;
  into.sequence = integerWithin(value, greatest);
  return into.sequence < 0 ? REJECT["bad-sequence"] : SOUND;
};

const readBody = (message: JsonObject, into: Datagram): number => {
  const { values, samples, units } = message;
  const reject = readFarewell(message, into);
  if (reject !== SOUND) return reject;
  if (!isAbsent(units)) {
    if (!isObject(units)) return BAD_FIELD;
    readUnits(units, into);
  }
  into.timesAreAbsolute = !isAbsent(samples);
  if (!isAbsent(values)) {
    if (!isObject(values)) return BAD_FIELD;
    readValues(values, 0, into);
  }
  if (!isAbsent(samples)) {
    if (!Array.isArray(samples)) return BAD_FIELD;
    readSamples(samples, into);
  }
  return SOUND;
};

/** `sleep` and `end` of a heartbeat; at most one of them, and nowhere else. */
const readFarewell = ({ sleep, end }: JsonObject, into: Datagram): number => {
  if (isAbsent(sleep) && isAbsent(end)) return SOUND;
  if (into.kind !== KIND.HEARTBEAT) return BAD_FIELD;
  if (!isAbsent(end) && typeof end !== "boolean") return BAD_FIELD;
  into.isEnd = end === true;
  if (isAbsent(sleep)) return SOUND;
  // 0xFFFFFFFF means the end in the binary format, so that no sleep is that long
  into.sleepSeconds = integerWithin(sleep, MAX_EPOCH - 1);
  return into.isEnd || into.sleepSeconds < 0 ? BAD_FIELD : SOUND;
};

/** `value` when it is an integer in [0, greatest] (-0 becomes 0), else -1. */
const integerWithin = (value: unknown, greatest: number): number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= greatest ? value + 0 : -1;
