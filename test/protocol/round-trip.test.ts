import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FLAG, KIND, MAX_DATAGRAM_BYTES } from "../../protocol/constants.ts";
import { encodeBinary } from "../../protocol/encode-binary.ts";
import { encodeJson } from "../../protocol/encode-json.ts";
import { binaryDatagram, jsonDatagram } from "../support/arbitrary-datagram.ts";
import { decodePlain, fromPlain, type PlainDatagram } from "../support/plain-datagram.ts";
import { HEADER } from "../support/vectors/vector.ts";

const out = Buffer.alloc(MAX_DATAGRAM_BYTES);
const view = new DataView(out.buffer, out.byteOffset, out.length);
const binary = (datagram: PlainDatagram, flags: number) =>
  out.subarray(0, encodeBinary(fromPlain(datagram), flags, out, view));

for (const [words, flags] of [
  ["without flags", 0],
  ["with a checksum", FLAG.CRC],
  ["with offsets in milliseconds", FLAG.OFFSETS_MS],
  ["with both", FLAG.CRC | FLAG.OFFSETS_MS],
] as const) {
  test(`decoding undoes encoding for every binary kind, ${words}`, () => {
    fc.assert(
      fc.property(binaryDatagram((flags & FLAG.OFFSETS_MS) !== 0), (datagram) => {
        expect(decodePlain(binary(datagram, flags))).toStrictEqual(datagram);
      }),
      { numRuns: 300 },
    );
  });
}

test("decoding undoes encoding for every JSON kind", () => {
  fc.assert(
    fc.property(jsonDatagram, (datagram) => {
      const length = encodeJson(fromPlain(datagram), out);
      expect(decodePlain(out.subarray(0, length))).toStrictEqual(datagram);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["int32", -(2 ** 31), 2 ** 31 - 1],
  ["int64", -(2 ** 53), 2 ** 53],
  ["bool", 0, 1],
  ["uint64", 0, 2 ** 53],
])("the least and the greatest %s are what they were", (type, ...values) => {
  const readings = values.map((value, channel) => ({ channel, type, offsetUs: 0, value }));
  const datagram: PlainDatagram = { ...HEADER, readings };
  expect(decodePlain(binary(datagram, 0))).toStrictEqual(datagram);
});

test("a NACK carries its ranges as GONE does", () => {
  const gone: PlainDatagram = {
    kind: "GONE",
    device: "pump-7",
    epoch: 3,
    sequence: 43,
    sendTimeUs: 1,
    gone: [
      [5, 7],
      [9, 9],
    ],
  };
  const bytes = binary({ ...gone, kind: "NACK" }, 0);
  expect(bytes[3]).toBe(KIND.NACK);
  bytes[3] = KIND.GONE;
  expect(decodePlain(bytes)).toStrictEqual(gone);
});

test("encoding at an offset touches nothing around the datagram", () => {
  const room = Buffer.alloc(100, 0xee);
  const roomView = new DataView(room.buffer, room.byteOffset, room.length);
  const datagram = fromPlain({ kind: "DATA", device: "a", epoch: 0, sequence: 0, sendTimeUs: 0 });
  const length = encodeBinary(datagram, FLAG.CRC, room, roomView, 10);
  expect(length).toBe(33);
  expect(room.subarray(0, 10).every((byte) => byte === 0xee)).toBe(true);
  expect(room.subarray(43).every((byte) => byte === 0xee)).toBe(true);
});
