import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 } from "../../protocol/crc32.ts";

const crcOf = (bytes: Uint8Array, start = 0): number =>
  crc32(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), start, bytes.length) >>> 0;

test("the check value of CRC-32 is CBF43926", () => {
  expect(crcOf(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

test("any range of any bytes has zlib's sum", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, skip) => {
      const start = Math.min(skip, bytes.length);
      expect(crcOf(bytes, start)).toBe(zlibCrc32(bytes.subarray(start)));
    }),
    { numRuns: 1000 },
  );
});
