import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { FLAG } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { decode } from "../../protocol/decode.ts";
import { decodeNack } from "../../protocol/decode-binary.ts";
import { deviceIdText } from "../../protocol/device-id.ts";
import { REJECT, REJECT_REASONS } from "../../protocol/reasons.ts";
import { decodePlain, toPlain } from "../support/plain-datagram.ts";
import { VECTORS } from "../support/vectors/index.ts";
import { encode, HEADER } from "../support/vectors/vector.ts";

const rejectOf = (text: string | Uint8Array): string | undefined => {
  const decoded = decodePlain(Buffer.from(text as string));
  return "reject" in decoded ? decoded.reject : undefined;
};

test("a datagram is decoded where it lies in a larger buffer", () => {
  const datagram = new Datagram();
  for (const { bytes, datagram: expected, readingCount } of VECTORS) {
    if (expected === undefined || readingCount !== undefined) continue;
    const buffer = Buffer.concat([Buffer.alloc(13, "{"), bytes, Buffer.alloc(9, "}")]);
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    expect(decode(buffer, view, 13, bytes.length, "auto", datagram)).toBe(REJECT.sound);
    expect(toPlain(datagram)).toStrictEqual(expected);
  }
});

test("nothing of an earlier datagram is left in a later one", () => {
  const datagram = new Datagram();
  const decodeInto = (bytes: Uint8Array): number =>
    decode(
      bytes,
      new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      0,
      bytes.length,
      "auto",
      datagram,
    );
  for (const { bytes } of VECTORS) {
    decodeInto(Buffer.from(bytes));
    decodeInto(Buffer.from('{"device":"a","next":1}'));
    expect(toPlain(datagram)).toStrictEqual({
      kind: "HEARTBEAT",
      device: "a",
      epoch: null,
      sequence: 1,
      sendTimeUs: 0,
    });
  }
});

test("the binary device id stays where it was received", () => {
  const bytes = Buffer.from(encode(HEADER));
  const datagram = new Datagram();
  decode(
    bytes,
    new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    0,
    bytes.length,
    "auto",
    datagram,
  );
  expect(datagram.idBytes).toBe(bytes);
  expect([datagram.idOffset, datagram.idLength]).toEqual([28, 6]);
  expect(deviceIdText(datagram)).toBe("pump-7");
});

test("white space before and after a JSON object is allowed, in every format that takes JSON", () => {
  expect(rejectOf(' \t\r\n{"device":"a","seq":1}\r\n')).toBeUndefined();
  expect(rejectOf(" ")).toBe("bad-json");
});

test("a byte order mark is no part of either format", () => {
  expect(rejectOf('\ufeff{"device":"a","seq":1}')).toBe("bad-magic");
  expect(decodePlain(Buffer.from('\ufeff{"device":"a","seq":1}'), "json")).toEqual({ reject: "bad-magic" });
});

test("a listener of one format calls the other one bad-magic", () => {
  const binary = Buffer.from(encode({ ...HEADER, readings: [] }));
  const json = Buffer.from('{"device":"a","seq":1}');
  expect(decodePlain(binary, "json")).toEqual({ reject: "bad-magic" });
  expect(decodePlain(json, "lacuna")).toEqual({ reject: "bad-magic" });
  expect(decodePlain(binary, "lacuna")).not.toHaveProperty("reject");
  expect(decodePlain(json, "json")).not.toHaveProperty("reject");
});

test("what is wrong earlier in the binary header names the reason", () => {
  const bytes = Buffer.from(encode({ ...HEADER, readings: [] }, FLAG.CRC));
  const inWireOrder: [at: number, byte: number, reason: string][] = [
    [33, 0x0a, "bad-checksum"],
    [5, 255, "truncated"],
    [4, 0xff, "bad-flags"],
    [3, 0, "bad-kind"],
    [2, 9, "bad-version"],
    [0, 0x20, "bad-json"],
  ];
  for (const [at, byte, reason] of inWireOrder) {
    bytes[at] = byte;
    expect(rejectOf(bytes)).toBe(reason);
  }
});

test("the first byte of the magic alone is truncated, a wrong second byte is bad-magic", () => {
  expect(rejectOf("L")).toBe("truncated");
  expect(rejectOf("LX")).toBe("bad-magic");
});

test("a device reads the ranges of a NACK, and nothing else as one", () => {
  const into = new Datagram();
  const read = (bytes: Uint8Array): number =>
    decodeNack(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, into);
  const nack = encode({
    ...HEADER,
    kind: "NACK",
    sequence: 9,
    gone: [
      [3, 5],
      [7, 7],
    ],
  });
  expect(read(nack)).toBe(0);
  expect([
    into.sequence,
    into.rangeCount,
    ...into.rangeFirst.subarray(0, 2),
    ...into.rangeLast.subarray(0, 2),
  ]).toEqual([9, 2, 3, 7, 5, 7]);
  expect(REJECT_REASONS[read(nack.subarray(0, nack.length - 1))]).toBe("truncated");
  expect(REJECT_REASONS[read(encode({ ...HEADER, kind: "GONE", gone: [[3, 5]] }))]).toBe("not-for-us");
});

test("a NACK with a damaged header is rejected for the damage", () => {
  const nack = Buffer.from(encode({ ...HEADER, kind: "NACK", sequence: 2 ** 53 - 1 }));
  expect(rejectOf(nack)).toBe("not-for-us");
  nack[28] = 0;
  expect(rejectOf(nack)).toBe("bad-device-id");
});

test("control kinds may carry a next number of 2^53 - 1, DATA may not", () => {
  const heartbeat = Buffer.from(encode({ ...HEADER, kind: "HEARTBEAT", sequence: 2 ** 53 - 1 }));
  expect(rejectOf(heartbeat)).toBeUndefined();
  heartbeat[3] = 1;
  expect(rejectOf(heartbeat)).toBe("bad-sequence");
});

test("a HEARTBEAT has at most one entry, of four bytes", () => {
  const heartbeat = Buffer.from(encode({ ...HEADER, kind: "HEARTBEAT", sleepSeconds: 0 }));
  expect(decodePlain(heartbeat)).toMatchObject({ sleepSeconds: 0 });
  expect(rejectOf(heartbeat.subarray(0, -1))).toBe("truncated");
  expect(rejectOf(heartbeat.subarray(0, -4))).toBe("count-mismatch");
  expect(rejectOf(Buffer.concat([heartbeat, heartbeat.subarray(-4)]))).toBe("trailing-bytes");
  heartbeat[7] = 2;
  expect(rejectOf(Buffer.concat([heartbeat, heartbeat.subarray(-4)]))).toBe("count-mismatch");
});

test("a send time beyond 2^53 does not reject the datagram", () => {
  const bytes = Buffer.from(encode(HEADER));
  bytes.writeBigInt64BE(-(2n ** 63n), 20);
  expect(decodePlain(bytes)).toMatchObject({ sendTimeUs: -(2 ** 63) });
});

test.each([
  [2n ** 53n, true],
  [2n ** 53n + 1n, false],
  [2n ** 53n + 2n, false],
  [-(2n ** 53n), true],
  [-(2n ** 53n) - 1n, false],
  [-(2n ** 63n), false],
])("int64 %i is exact in a float64 and so accepted: %s", (value, isAccepted) => {
  const bytes = Buffer.from(
    encode({ ...HEADER, readings: [{ channel: 1, type: "int64", offsetUs: 0, value: 0 }] }),
  );
  bytes.writeBigInt64BE(value, bytes.length - 8);
  expect(decodePlain(bytes)).toMatchObject(
    isAccepted ? { readings: [{ value: Number(value) }] } : { refused: { "out-of-range": 1 } },
  );
});

test("of equal JSON names the last counts", () => {
  expect(decodePlain(Buffer.from('{"device":"a","seq":1,"values":{"t":1,"t":2},"seq":3}'))).toMatchObject({
    sequence: 3,
    readings: [{ name: "t", value: 2 }],
  });
});

test("__proto__ in JSON is a member like any other and gives the datagram nothing", () => {
  expect(rejectOf('{"__proto__":{"device":"a","seq":1}}')).toBe("bad-field");
  expect(rejectOf('{"device":"a","seq":1,"values":{"__proto__":{"x":1}}}')).toBeUndefined();
  expect({}).not.toHaveProperty("x");
});

test("members that JSON does not know are ignored", () => {
  expect(rejectOf('{"device":"a","seq":1,"rssi":-70,"toString":1}')).toBeUndefined();
});

test.each([
  ['{"device":7,"seq":1}', "bad-field"],
  ['{"device":null,"seq":1}', "bad-field"],
  ['{"device":"","seq":1}', "bad-device-id"],
  [`{"device":"${"ü".repeat(33)}","seq":1}`, "bad-device-id"],
  ['{"device":"a","epoch":-1,"seq":1}', "bad-field"],
  ['{"device":"a","epoch":"3","seq":1}', "bad-field"],
  ['{"device":"a","epoch":1.5,"seq":1}', "bad-field"],
  ['{"device":"a","seq":-1}', "bad-sequence"],
  ['{"device":"a","seq":1e400}', "bad-sequence"],
  ['{"device":"a","seq":true}', "bad-field"],
  ['{"device":"a","next":9007199254740992}', "bad-sequence"],
  ['{"device":"a","seq":1,"time":1795176000}', "bad-field"],
  ['{"device":"a","seq":1,"time_us":"1795176000000000"}', "bad-field"],
  ['{"device":"a","seq":1,"time_ms":1.5}', "bad-field"],
  ['{"device":"a","next":1,"values":{}}', "bad-field"],
  ['{"device":"a","next":1,"sleep":4294967295}', "bad-field"],
  ['{"device":"a","next":1,"sleep":-1}', "bad-field"],
  ['{"device":"a","next":1,"sleep":60,"end":true}', "bad-field"],
  ['{"device":"a","next":1,"end":1}', "bad-field"],
  ['{"device":"a","end":true}', "bad-field"],
  ['{"device":"a","seq":1,"samples":{}}', "bad-field"],
  ['{"device":"a","seq":1,"units":[]}', "bad-field"],
  ['{"device":"a"}', "bad-field"],
  ["null", "bad-magic"],
  ["{}", "bad-field"],
])("%s is %s", (text, reason) => {
  expect(rejectOf(text)).toBe(reason);
});

test("JSON's -0 is number zero", () => {
  expect(decodePlain(Buffer.from('{"device":"a","epoch":-0,"seq":-0,"time_us":-0}'))).toStrictEqual({
    kind: "DATA",
    device: "a",
    epoch: 0,
    sequence: 0,
    sendTimeUs: 0,
  });
});

test("one bad sample or unit is refused and the rest of the datagram kept", () => {
  const text =
    '{"device":"a","seq":1,"units":{"t":"Cel","p":5,"":"m"},"samples":[7,{"values":[]},{"time_ms":1,"time_us":1,"values":{"t":1}},{"values":{"t":2}}]}';
  expect(decodePlain(Buffer.from(text))).toMatchObject({
    readings: [{ name: "t", value: 2, timeUs: 0 }],
    descriptions: [{ channel: null, name: "t", unit: "Cel" }],
    refused: { "bad-value": 3, "bad-channel": 1, "bad-time": 1 },
  });
});

test("values and samples may stand in one datagram", () => {
  const text = '{"device":"a","seq":1,"values":{"t":1},"samples":[{"time_us":5,"values":{"t":2}}]}';
  expect(decodePlain(Buffer.from(text))).toMatchObject({
    readings: [
      { value: 1, timeUs: 0 },
      { value: 2, timeUs: 5 },
    ],
  });
});

test.each([
  [0, "bad-device-id"],
  [1, undefined],
  [64, undefined],
  [65, "bad-device-id"],
])("a binary device id of %i bytes", (length, reason) => {
  const bytes = Buffer.alloc(28 + length, "a");
  bytes.fill(0, 0, 28);
  bytes.write("LC");
  bytes.set([1, 2, 0, length], 2);
  expect(rejectOf(bytes)).toBe(reason);
});
