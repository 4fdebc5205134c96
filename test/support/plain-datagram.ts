import { KIND, VALUE_TYPE } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { decode, type Format } from "../../protocol/decode.ts";
import { deviceIdText, setDeviceId } from "../../protocol/device-id.ts";
import { REFUSAL_REASONS, REJECT_REASONS } from "../../protocol/reasons.ts";

/** A datagram as plain data: what the fixtures and the examples in docs/protocol.md are written in. Members at their default are left out. */
export interface PlainDatagram {
  kind: keyof typeof KIND;
  device: string;
  epoch: number | null;
  /** null: unsequenced, or asserts nothing */
  sequence: number | null;
  sendTimeUs: number;
  sendTimeIsRelative?: true;
  readings?: PlainReading[];
  /** refusal reason → how many */
  refused?: Record<string, number>;
  descriptions?: { channel: number | null; name: string; unit: string }[];
  sleepSeconds?: number;
  end?: true;
  gone?: [number, number][];
}

/** `name` and `timeUs` (0 = as the send time) come from JSON, `channel` and `offsetUs` from the binary format. */
export interface PlainReading {
  channel?: number;
  name?: string;
  type: string;
  offsetUs?: number;
  timeUs?: number;
  /** finite, or "NaN", "Infinity", "-Infinity" */
  value: number | string;
}

const TYPE_NAMES = Object.entries(VALUE_TYPE).map(([name, code]) => [name.toLowerCase(), code] as const);
const KIND_NAMES = Object.entries(KIND) as [keyof typeof KIND, number][];

const typeName = (type: number): string => TYPE_NAMES.find(([, code]) => code === type)![0];
const typeCode = (type: string): number => TYPE_NAMES.find(([name]) => name === type)![1];

/** one for all, as a collector has: it holds a datagram's most, and making it takes longer than filling it */
const decoded = new Datagram();
const encoded = new Datagram();

/** What a decoder said about some bytes: the datagram, or the reason of its rejection. */
export const decodePlain = (
  bytes: Uint8Array,
  format: Format = "auto",
): PlainDatagram | { reject: string } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const code = decode(bytes, view, 0, bytes.length, format, decoded);
  return code === 0 ? toPlain(decoded) : { reject: REJECT_REASONS[code]! };
};

export const toPlain = (datagram: Datagram): PlainDatagram => {
  const { kind, epoch, sequence, sendTimeUs, descriptions } = datagram;
  return {
    kind: KIND_NAMES.find(([, code]) => code === kind)![0],
    device: deviceIdText(datagram),
    epoch: epoch < 0 ? null : epoch,
    sequence: sequence < 0 ? null : sequence,
    sendTimeUs,
    ...(datagram.sendTimeIsRelative && { sendTimeIsRelative: true }),
    ...(datagram.readingCount > 0 && { readings: plainReadings(datagram) }),
    ...(datagram.refusedCount > 0 && { refused: plainRefusals(datagram) }),
    ...(descriptions.length > 0 && {
      descriptions: descriptions.map(({ channel, name, unit }) => ({
        channel: channel < 0 ? null : channel,
        name,
        unit,
      })),
    }),
    ...(datagram.sleepSeconds >= 0 && { sleepSeconds: datagram.sleepSeconds }),
    ...(datagram.isEnd && { end: true }),
    ...(datagram.rangeCount > 0 && {
      gone: Array.from({ length: datagram.rangeCount }, (_, range) => [
        datagram.rangeFirst[range]!,
        datagram.rangeLast[range]!,
      ]),
    }),
  };
};

const plainReadings = (datagram: Datagram): PlainReading[] =>
  Array.from({ length: datagram.readingCount }, (_, index) => {
    const value = datagram.values[index]!;
    const time = datagram.times[index]!;
    return {
      ...(datagram.named ? { name: datagram.names[index]! } : { channel: datagram.channels[index]! }),
      type: typeName(datagram.types[index]!),
      ...(datagram.timesAreAbsolute ? { timeUs: time } : { offsetUs: time }),
      value: Number.isFinite(value) ? value : String(value),
    };
  });

const plainRefusals = (datagram: Datagram): Record<string, number> =>
  Object.fromEntries(
    REFUSAL_REASONS.map((reason, code) => [reason, datagram.refused[code]!] as const).filter(
      ([, refused]) => refused > 0,
    ),
  );

/** The datagram to encode for `plain`, until the next call; what was refused has nothing to encode. */
export const fromPlain = (plain: PlainDatagram): Datagram => {
  const datagram = encoded;
  datagram.reset();
  datagram.kind = KIND[plain.kind];
  setDeviceId(datagram, plain.device);
  datagram.epoch = plain.epoch ?? -1;
  datagram.sequence = plain.sequence ?? -1;
  datagram.sendTimeUs = plain.sendTimeUs;
  datagram.sendTimeIsRelative = plain.sendTimeIsRelative ?? false;
  datagram.sleepSeconds = plain.sleepSeconds ?? -1;
  datagram.isEnd = plain.end ?? false;
  for (const { channel, name, unit } of plain.descriptions ?? [])
    datagram.descriptions.push({ channel: channel ?? -1, name, unit });
  for (const [first, last] of plain.gone ?? []) {
    datagram.rangeFirst[datagram.rangeCount] = first;
    datagram.rangeLast[datagram.rangeCount++] = last;
  }
  for (const reading of plain.readings ?? []) addReading(datagram, reading);
  return datagram;
};

const addReading = (
  datagram: Datagram,
  { channel, name, type, offsetUs, timeUs, value }: PlainReading,
): void => {
  const index = datagram.readingCount++;
  datagram.channels[index] = channel ?? 0;
  datagram.types[index] = typeCode(type);
  datagram.times[index] = timeUs ?? offsetUs ?? 0;
  datagram.values[index] = Number(value);
  datagram.timesAreAbsolute ||= timeUs !== undefined;
  if (name !== undefined) {
    datagram.named = true;
    datagram.names[index] = name;
  }
};
