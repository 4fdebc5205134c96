import fc from "fast-check";
import { MAX_EPOCH, MAX_SEQUENCE } from "../../protocol/constants.ts";
import { isChannelName, isCleanText, isUnit } from "../../protocol/text.ts";
import type { PlainDatagram, PlainReading } from "./plain-datagram.ts";

/** Datagrams that each format can say, as plain data. */

const record = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(model, { noNullPrototype: true });

const deviceId = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 64 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
  )
  .filter((id) => isCleanText(id) && new TextEncoder().encode(id).length <= 64);
const epoch = fc.oneof(fc.nat(MAX_EPOCH), fc.constantFrom(0, MAX_EPOCH));
const upTo = (greatest: number) =>
  fc.oneof(
    fc.maxSafeNat().map((n) => Math.min(n, greatest)),
    fc.nat(1000),
    fc.constantFrom(0, greatest),
  );
const sequence = upTo(MAX_SEQUENCE);
const next = upTo(MAX_SEQUENCE + 1);
const sendTimeUs = fc.oneof(fc.maxSafeInteger(), fc.constant(0));

const plainValue = (value: number): number | string => (Number.isFinite(value) ? value : String(value));
const valueOfType: Record<string, fc.Arbitrary<number | string>> = {
  float32: fc.float().map(plainValue),
  float64: fc.double().map(plainValue),
  int32: fc.integer(),
  int64: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(2 ** 53, -(2 ** 53))),
  bool: fc.nat(1),
  uint64: fc.oneof(fc.maxSafeNat(), fc.constant(2 ** 53)),
};

const binaryReading = (offsetUs: fc.Arbitrary<number>): fc.Arbitrary<PlainReading> =>
  fc
    .constantFrom(...Object.keys(valueOfType))
    .chain((type) =>
      record({ channel: fc.nat(0xffff), type: fc.constant(type), offsetUs, value: valueOfType[type]! }),
    );

const someOf = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 20 });
const relative = fc.option(fc.constant(true as const), { nil: undefined });
const name = fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).filter(isChannelName);
const unit = fc.oneof(fc.constantFrom("Cel", "m/s", ""), fc.string({ maxLength: 12 }).filter(isUnit));

/** `undefined` members away, as `toPlain` leaves them out. */
const compact = <T extends object>(record: T): PlainDatagram =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never;

const kind = <K extends PlainDatagram["kind"]>(word: K) => fc.constant(word);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const header = { device: deviceId, epoch, sendTimeUs };
const range = fc.tuple(sequence, sequence).map(([a, b]): [number, number] => (a < b ? [a, b] : [b, a]));
const farewell = fc.oneof(
  fc.constant({}),
  record({ sleepSeconds: fc.nat(MAX_EPOCH - 1) }),
  fc.constant({ end: true as const }),
);

/** A sound binary datagram of any kind a device sends, for the flag OFFSETS_MS set or not. */
export const binaryDatagram = (isOffsetMs: boolean): fc.Arbitrary<PlainDatagram> => {
  const offsetUs = fc.integer().map((offset) => (isOffsetMs ? offset * 1000 : offset) + 0);
  const binaryHeader = { ...header, sendTimeIsRelative: relative };
  return fc
    .oneof(
      record({
        ...binaryHeader,
        kind: kind("DATA"),
        sequence,
        readings: optional(someOf(binaryReading(offsetUs))),
      }),
      fc
        .tuple(record({ ...binaryHeader, kind: kind("HEARTBEAT"), sequence: next }), farewell)
        .map(([heartbeat, words]) => ({ ...heartbeat, ...words })),
      record({
        ...binaryHeader,
        kind: kind("DESCRIBE"),
        sequence: next,
        descriptions: optional(someOf(record({ channel: fc.nat(0xffff), name, unit }))),
      }),
      record({
        ...binaryHeader,
        kind: kind("GONE"),
        sequence: next.map((n) => (n === 0 ? null : n)),
        gone: optional(someOf(range)),
      }),
    )
    .map(compact);
};

/** JSON.parse puts names that are array indices first, which would change the order. */
const jsonName = fc.oneof(
  name.filter((text) => !/^\d+$/.test(text)),
  fc.constantFrom("__proto__", "constructor", "toString", "temperature"),
);
const jsonTyped = fc.oneof(
  valueOfType.float64!.map((value) => ({ type: "float64", value })),
  fc.nat(1).map((value) => ({ type: "bool", value })),
);
const jsonValues = fc
  .uniqueArray(fc.tuple(jsonName, jsonTyped), { minLength: 1, maxLength: 10, selector: ([text]) => text })
  .map((members) => members.map(([text, typed]): PlainReading => ({ name: text, ...typed, offsetUs: 0 })));
/** the first one has a time of its own, else they might as well be `values` */
const jsonSamples = someOf(fc.tuple(jsonName, jsonTyped, sendTimeUs)).map((members) =>
  members.map(
    ([text, typed, timeUs], index): PlainReading => ({
      name: text,
      ...typed,
      timeUs: index === 0 && timeUs === 0 ? 1 : timeUs,
    }),
  ),
);
const jsonUnits = optional(
  fc
    .uniqueArray(record({ name: jsonName, unit }), {
      minLength: 1,
      maxLength: 5,
      selector: (each) => each.name,
    })
    .map((units) => units.map((each) => ({ channel: null, ...each }))),
);

/** A sound JSON datagram of any kind JSON has. */
export const jsonDatagram: fc.Arbitrary<PlainDatagram> = (() => {
  const jsonHeader = {
    ...header,
    epoch: fc.option(epoch),
    descriptions: jsonUnits,
  };
  return fc
    .oneof(
      record({
        ...jsonHeader,
        kind: kind("DATA"),
        sequence: fc.option(sequence),
        readings: fc.oneof(jsonValues, jsonSamples),
      }),
      fc
        .tuple(record({ ...jsonHeader, kind: kind("HEARTBEAT"), sequence: next }), farewell)
        .map(([heartbeat, words]) => ({ ...heartbeat, ...words })),
    )
    .map(compact);
})();
