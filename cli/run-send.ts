import { Buffer } from "node:buffer";
import { systemClock } from "../common/clock.ts";
import { ConfigurationError } from "../common/errors.ts";
import { FLAG, KIND, MAX_DATAGRAM_BYTES, VALUE_TYPE } from "../protocol/constants.ts";
import { Datagram } from "../protocol/datagram.ts";
import { encodeBinary } from "../protocol/encode-binary.ts";
import { encodeJson } from "../protocol/encode-json.ts";
import { sendDatagram } from "../simulator/udp-transport.ts";
import { wholeNumber } from "./whole-number.ts";

export interface SendFlags {
  to: string;
  device: string;
  epoch?: number;
  seq?: number;
  native?: boolean;
  heartbeat?: boolean;
}

const parseReading = (text: string): { name: string; value: number } => {
  const at = text.lastIndexOf("=");
  const value = Number(text.slice(at + 1));
  if (at < 1 || text.slice(at + 1).trim() === "" || Number.isNaN(value)) {
    throw new ConfigurationError([
      {
        key: "readings",
        origin: "--",
        value: text,
        sentence: "accepted is NAME=NUMBER, or with --native CHANNEL=NUMBER",
      },
    ]);
  }
  return { name: text.slice(0, at), value };
};

const addReading = (datagram: Datagram, text: string, isNative: boolean): void => {
  const { name, value } = parseReading(text);
  const at = datagram.readingCount++;
  datagram.types[at] = VALUE_TYPE.FLOAT64;
  datagram.values[at] = value;
  datagram.times[at] = 0;
  if (isNative) datagram.channels[at] = wholeNumber(0xffff)(name);
  else datagram.names[at] = name;
};

const datagramOf = (flags: SendFlags, readings: readonly string[]): Datagram => {
  const datagram = new Datagram();
  const isNative = flags.native === true;
  const id = Buffer.from(flags.device);
  datagram.kind = flags.heartbeat === true ? KIND.HEARTBEAT : KIND.DATA;
  datagram.idBytes = id;
  datagram.idLength = id.length;
  datagram.epoch = flags.epoch ?? (isNative ? 0 : -1);
  datagram.sequence = flags.seq ?? (isNative || flags.heartbeat === true ? 0 : -1);
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

export const send = async (readings: string[], flags: SendFlags): Promise<void> => {
  const isNative = flags.native === true;
  const bytes = encode(datagramOf(flags, readings), isNative);
  await sendDatagram(flags.to, bytes);
  process.stdout.write(`${bytes.toString(isNative ? "hex" : "utf8")}\n`);
};
