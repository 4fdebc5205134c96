import fc from "fast-check";
import { expect, test } from "vitest";
import { formatSizeBytes, parseSizeBytes, sizeInWords } from "../../common/size.ts";

test.each([
  ["4096", 4096],
  ["1B", 1],
  ["8MiB", 8_388_608],
  ["10GB", 10_000_000_000],
  ["1.5KiB", 1536],
  ["64kB", 64_000],
  ["64KB", 64_000],
  ["2 TiB", 2 * 2 ** 40],
])("%s is %d bytes", (text, bytes) => {
  expect(parseSizeBytes(text)).toBe(bytes);
});

test.each(["", "MiB", "-1", "1mb", "1M", "1 Mib B", "0x10", "1e3"])(
  "%j is refused with what is accepted",
  (text) => {
    expect(() => parseSizeBytes(text)).toThrow(
      expect.objectContaining({ code: "ERR_SIZE", message: expect.stringContaining('"8MiB"') }),
    );
  },
);

test.each([
  [0, "0B"],
  [8_388_608, "8MiB"],
  [1000, "1kB"],
  [1234, "1234B"],
])("%d bytes are written %s", (bytes, text) => {
  expect(formatSizeBytes(bytes)).toBe(text);
});

test("reading undoes writing", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseSizeBytes(formatSizeBytes(bytes)) === bytes));
});

test.each([
  [0, "0 B"],
  [65_536, "64 KiB"],
  [212_992, "208 KiB"],
  [1023, "1023 B"],
  [1024, "1 KiB"],
  [100 * 2 ** 40 - 2 ** 39, "99.5 TiB"],
  [1_600_000_000, "1.5 GiB"],
  // there is no greater unit
  [5 * 2 ** 50, "5120 TiB"],
])("in a sentence %d bytes are %s", (bytes, text) => {
  expect(sizeInWords(bytes)).toBe(text);
});
