import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { FLAG, KIND, MAX_SEQUENCE } from "../../protocol/constants.ts";
import type { Datagram } from "../../protocol/datagram.ts";
import { encodeBinary } from "../../protocol/encode-binary.ts";
import { encodeJson, jsonNumber, jsonText } from "../../protocol/encode-json.ts";
import { fromPlain, type PlainReading } from "../support/plain-datagram.ts";
import { HEADER } from "../support/vectors/vector.ts";

const out = Buffer.alloc(2048);
const view = new DataView(out.buffer, out.byteOffset, out.length);
const FLOAT32: PlainReading = { channel: 1, type: "float32", offsetUs: 0, value: 21.5 };
const withReading = (reading: Partial<PlainReading>): Datagram =>
  fromPlain({ ...HEADER, readings: [{ ...FLOAT32, ...reading }] });
const oneReading = (): Datagram => withReading({});

test.each<[words: string, spoilt: Partial<Datagram>]>([
  ["an unknown kind", { kind: 6 }],
  ["no epoch", { epoch: -1 }],
  ["no sequence", { sequence: -1 }],
  ["a sequence that is too great", { sequence: MAX_SEQUENCE + 1 }],
  ["a fractional sequence", { sequence: 0.5 }],
  ["no device id", { idLength: 0 }],
  ["a fractional send time", { sendTimeUs: 0.5 }],
  ["names instead of numbers", { named: true }],
  ["absolute times", { timesAreAbsolute: true }],
])("the binary format refuses to encode %s", (_words, spoilt) => {
  const datagram = Object.assign(oneReading(), spoilt);
  expect(() => encodeBinary(datagram, 0, out, view)).toThrow(expect.objectContaining({ code: "ERR_ENCODE" }));
});

test.each<[words: string, reading: Partial<PlainReading>, flags: number]>([
  ["an offset beyond int32", { offsetUs: 2 ** 31 }, 0],
  ["an offset of half a millisecond", { offsetUs: 500 }, FLAG.OFFSETS_MS],
  ["text", { type: "text" }, 0],
  ["an int32 that is none", { type: "int32" }, 0],
  ["an int64 that is none", { type: "int64" }, 0],
  ["a bool that is none", { type: "bool" }, 0],
  ["a negative uint64", { type: "uint64", value: -1 }, 0],
  ["a reserved flag", {}, 0x20],
])("the binary format refuses to encode a reading with %s", (_words, reading, flags) => {
  expect(() => encodeBinary(withReading(reading), flags, out, view)).toThrow(
    expect.objectContaining({ code: "ERR_ENCODE" }),
  );
});

test("a datagram that does not fit into its buffer is refused before anything is written", () => {
  const room = Buffer.alloc(45);
  const roomView = new DataView(room.buffer, room.byteOffset, room.length);
  expect(() => encodeBinary(oneReading(), 0, room, roomView)).toThrow(/does not fit/);
  expect(() => encodeJson(oneReading(), room)).toThrow(/does not fit/);
  expect(room.every((byte) => byte === 0)).toBe(true);
});

test("a name of 256 bytes is refused", () => {
  const describe = fromPlain({
    ...HEADER,
    kind: "DESCRIBE",
    descriptions: [{ channel: 1, name: "x".repeat(256), unit: "" }],
  });
  expect(() => encodeBinary(describe, 0, out, view)).toThrow(/1 to 255/);
});

test("JSON has no NACK, no GONE and no relative send times", () => {
  for (const kind of [KIND.NACK, KIND.GONE]) {
    const datagram = oneReading();
    datagram.kind = kind;
    expect(() => jsonText(datagram)).toThrow(expect.objectContaining({ code: "ERR_ENCODE" }));
  }
  const relative = oneReading();
  relative.sendTimeIsRelative = true;
  expect(() => jsonText(relative)).toThrow(/relative/);
});

test("JSON has no offsets from an unknown send time", () => {
  const datagram = oneReading();
  datagram.sendTimeUs = 0;
  datagram.times[0] = 5;
  expect(() => jsonText(datagram)).toThrow(/unknown send time/);
});

test("a JSON datagram is one line, its channels named as long as nobody described them", () => {
  expect(jsonText(oneReading())).toBe(
    '{"device":"pump-7","epoch":3,"seq":42,"time_us":1795176000123456,"values":{"ch1":21.5}}',
  );
});

test("readings with offsets become samples with times", () => {
  const datagram = fromPlain({
    ...HEADER,
    readings: [
      { channel: 1, type: "int32", offsetUs: -10, value: 1 },
      { channel: 2, type: "bool", offsetUs: -10, value: 1 },
      { channel: 1, type: "int32", offsetUs: 0, value: 2 },
    ],
  });
  expect(JSON.parse(jsonText(datagram)).samples).toEqual([
    { time_us: 1795176000123446, values: { ch1: 1, ch2: true } },
    { values: { ch1: 2 } },
  ]);
});

test("a channel that occurs twice at one time begins a second sample", () => {
  const reading = { name: "t", type: "float64", offsetUs: 0, value: 1 };
  const text = jsonText(fromPlain({ ...HEADER, readings: [reading, { ...reading, value: 2 }] }));
  expect(JSON.parse(text).samples).toEqual([{ values: { t: 1 } }, { values: { t: 2 } }]);
});

test("a DESCRIBE with a number becomes a heartbeat with units, one without becomes units alone", () => {
  const describe = fromPlain({
    ...HEADER,
    kind: "DESCRIBE",
    sequence: 43,
    descriptions: [{ channel: null, name: "t", unit: "Cel" }],
  });
  expect(JSON.parse(jsonText(describe))).toMatchObject({ next: 43, units: { t: "Cel" } });
  describe.sequence = -1;
  expect(JSON.parse(jsonText(describe))).not.toHaveProperty("next");
});

test("numbers are written so that reading them gives the same bits", () => {
  expect([0, -0, 0.1, 2 ** 53, 1e21, 5e-324].map(jsonNumber)).toEqual([
    "0",
    "-0",
    "0.1",
    "9007199254740992",
    "1e+21",
    "5e-324",
  ]);
  expect([Number.NaN, Infinity, -Infinity].map(jsonNumber)).toEqual(['"NaN"', '"Infinity"', '"-Infinity"']);
});
