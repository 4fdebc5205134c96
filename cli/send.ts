import { Buffer } from "node:buffer";
import { type Command, InvalidArgumentError } from "commander";
import { systemClock } from "../common/clock.ts";
import { ConfigurationError } from "../common/errors.ts";
import {
  FLAG,
  KIND,
  MAX_DATAGRAM_BYTES,
  MAX_EPOCH,
  MAX_SEQUENCE,
  VALUE_TYPE,
} from "../protocol/constants.ts";
import { Datagram } from "../protocol/datagram.ts";
import { encodeBinary } from "../protocol/encode-binary.ts";
import { encodeJson } from "../protocol/encode-json.ts";
import { sendDatagram } from "../simulator/udp-transport.ts";

interface SendFlags {
  to: string;
  device: string;
  epoch?: number;
  seq?: number;
  native?: boolean;
  heartbeat?: boolean;
}

const wholeNumber =
  (most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value > most) {
      throw new InvalidArgumentError(`accepted is a whole number from 0 to ${most}`);
    }
    return value;
  };

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

const send = async (readings: string[], flags: SendFlags): Promise<void> => {
  const isNative = flags.native === true;
  const bytes = encode(datagramOf(flags, readings), isNative);
  await sendDatagram(flags.to, bytes);
  process.stdout.write(`${bytes.toString(isNative ? "hex" : "utf8")}\n`);
};

export const registerSend = (program: Command): void => {
  program
    .command("send")
    .description("send one datagram by hand and print it")
    .argument("[readings...]", "NAME=NUMBER; with --native CHANNEL=NUMBER")
    .requiredOption("--device <id>", "device id, 1 to 64 bytes of UTF-8")
    .option("--to <url>", "where to: udp://HOST:PORT?interface=&source=&ttl=&loop=", "udp://127.0.0.1:4747")
    .option(
      "--epoch <number>",
      `epoch of the device (0 to ${MAX_EPOCH}); JSON leaves it out when not given`,
      wholeNumber(MAX_EPOCH),
    )
    .option(
      "--seq <number>",
      "sequence number; for a heartbeat the number the next DATA will carry; JSON without it is unsequenced",
      wholeNumber(MAX_SEQUENCE),
    )
    .option("--native", "the binary format instead of JSON")
    .option("--heartbeat", "a heartbeat instead of readings")
    .action(send);
};
