import { Buffer } from "node:buffer";
import { systemClock } from "../../common/clock.ts";
import { ConfigurationError } from "../../common/errors.ts";
import { FLAG, KIND, MAX_DATAGRAM_BYTES, VALUE_TYPE } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { setDeviceId } from "../../protocol/device-id.ts";
import { encodeBinary } from "../../protocol/encode-binary.ts";
import { encodeJson } from "../../protocol/encode-json.ts";
import { sendDatagram } from "../../simulator/network/udp-transport.ts";
import type { GivenReading } from "../options/flag-parsers.ts";
import { print } from "../terminal/output.ts";

export interface SendFlags {
  to: string;
  device: string;
  epoch?: number;
  seq?: number;
  native?: boolean;
  heartbeat?: boolean;
}

/** A flag that does not go with the others. */
const wrong = (key: string, value: unknown, sentence: string): ConfigurationError =>
  new ConfigurationError([{ key, origin: `--${key}`, value, sentence }]);

const GREATEST_CHANNEL = 0xffff;
const channelOf = (text: string): number => {
  if (/^\d+$/.test(text) && Number(text) <= GREATEST_CHANNEL) return Number(text);
  throw wrong("native", text, `accepted is a channel from 0 to ${GREATEST_CHANNEL} before the =`);
};

const addReading = (datagram: Datagram, { channel, value }: GivenReading, isNative: boolean): void => {
  const at = datagram.readingCount++;
  datagram.types[at] = VALUE_TYPE.FLOAT64;
  datagram.values[at] = value;
  datagram.times[at] = 0;
  if (isNative) datagram.channels[at] = channelOf(channel);
  else datagram.names[at] = channel;
};

const datagramOf = (flags: SendFlags, readings: readonly GivenReading[]): Datagram => {
  const { device, epoch, seq, native: isNative = false, heartbeat: isHeartbeat = false } = flags;
  const datagram = new Datagram();
  if (!setDeviceId(datagram, device)) {
    throw wrong("device", device, "accepted is 1 to 64 bytes of UTF-8 without control characters");
  }
  if (isHeartbeat && readings.length > 0) throw wrong("heartbeat", true, "a heartbeat carries no readings");
  datagram.kind = isHeartbeat ? KIND.HEARTBEAT : KIND.DATA;
  datagram.epoch = epoch ?? (isNative ? 0 : -1);
  datagram.sequence = seq ?? (isNative || isHeartbeat ? 0 : -1);
  datagram.sendTimeUs = systemClock.wallUs();
  datagram.named = !isNative;
  for (const reading of readings) addReading(datagram, reading, isNative);
  return datagram;
};

const encode = (datagram: Datagram, isNative: boolean): Buffer => {
  const bytes = Buffer.alloc(MAX_DATAGRAM_BYTES);
  if (!isNative) return bytes.subarray(0, encodeJson(datagram, bytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return bytes.subarray(0, encodeBinary(datagram, FLAG.CRC, bytes, view));
};

export const send = async (readings: readonly GivenReading[], flags: SendFlags): Promise<void> => {
  const isNative = flags.native === true;
  const bytes = encode(datagramOf(flags, readings), isNative);
  await sendDatagram(flags.to, bytes);
  await print(`${bytes.toString(isNative ? "hex" : "utf8")}\n`);
};
