import fc from "fast-check";
import { expect, test } from "vitest";
import { Datagram } from "../../protocol/datagram.ts";
import {
  formatTime,
  parseTime,
  readingTimeUs,
  usableRelativeTime,
  usableSendTime,
} from "../../protocol/time.ts";

const NOON_US = 1_795_176_000_000_000; // 2026-11-20T12:00:00Z

test.each([
  ["2026-11-20T12:00:00Z", NOON_US],
  ["2026-11-20T12:00:00.123456Z", NOON_US + 123_456],
  ["2026-11-20t12:00:00.1z", NOON_US + 100_000],
  ["2026-11-20T12:00:00.123456789Z", NOON_US + 123_456],
  ["2026-11-20T13:30:00+01:30", NOON_US],
  ["2026-11-19T23:00:00.000001-13:00", NOON_US + 1],
  ["2026-11-20T12:00:00-00:00", NOON_US],
  ["1970-01-01T00:00:00Z", 0],
  ["1969-12-31T23:59:59.999999Z", -1],
  ["2000-02-29T00:00:00Z", 951_782_400_000_000],
  ["2016-12-31T23:59:60Z", 1_483_228_800_000_000],
  ["0001-01-01T00:00:00Z", -62_135_596_800_000_000],
  ["9999-12-31T23:59:59Z", 253_402_300_799_000_000],
])("%s is %i microseconds", (text, timeUs) => {
  expect(parseTime(text)).toBe(timeUs);
});

test.each([
  "",
  "2026-11-20",
  "2026-11-20T12:00:00",
  "2026-11-20 12:00:00Z",
  "2026-11-20T12:00Z",
  "2026-11-20T12:00:00.Z",
  "2026-11-20T12:00:00.1234567890Z",
  "2026-11-20T12:00:00+0100",
  "2026-11-20T12:00:00+24:00",
  "2026-11-20T12:00:00+01:60",
  "2026-11-20T24:00:00Z",
  "2026-11-20T12:60:00Z",
  "2026-11-20T12:00:61Z",
  "2026-13-01T00:00:00Z",
  "2026-00-01T00:00:00Z",
  "2026-02-29T00:00:00Z",
  "2026-11-00T00:00:00Z",
  "2026-11-31T00:00:00Z",
  " 2026-11-20T12:00:00Z",
  "2026-11-20T12:00:00Z\n",
  "+002026-11-20T12:00:00Z",
])("%j is no time", (text) => {
  expect(parseTime(text)).toBeNaN();
});

test("every exact microsecond survives writing and reading", () => {
  const timeUs = fc.oneof(
    fc.maxSafeInteger(),
    fc.integer({ min: -2000, max: 2000 }).map((step) => NOON_US + step),
    fc.integer({ min: -2000, max: 2000 }),
  );
  fc.assert(
    fc.property(timeUs, (us) => {
      const text = formatTime(us);
      expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(parseTime(text)).toBe(us);
    }),
    { numRuns: 2000 },
  );
});

test("times are written with exactly six digits and Z", () => {
  expect(formatTime(NOON_US)).toBe("2026-11-20T12:00:00.000000Z");
  expect(formatTime(-1)).toBe("1969-12-31T23:59:59.999999Z");
  expect(formatTime(Number.MAX_SAFE_INTEGER)).toBe("2255-06-05T23:47:34.740991Z");
  expect(formatTime(Number.MIN_SAFE_INTEGER)).toBe("1684-07-28T00:12:25.259009Z");
});

test("a send time is usable from 2000-01-01 to a day after arrival", () => {
  const arrivalUs = NOON_US;
  const earliest = parseTime("2000-01-01T00:00:00Z");
  const latest = parseTime("2026-11-21T12:00:00Z");
  for (const usable of [earliest, arrivalUs, latest]) expect(usableSendTime(usable, arrivalUs)).toBe(usable);
  for (const unusable of [earliest - 1, latest + 1, 0, -1, 2 ** 63, Number.POSITIVE_INFINITY, Number.NaN])
    expect(usableSendTime(unusable, arrivalUs)).toBe(0);
});

test("a relative send time is usable while its epoch would have begun after 2000-01-01", () => {
  const longest = NOON_US - parseTime("2000-01-01T00:00:00Z");
  for (const usable of [1, 60_000_000, longest]) expect(usableRelativeTime(usable, NOON_US)).toBe(usable);
  for (const unusable of [0, -1, longest + 1, 2 ** 63, Number.NaN])
    expect(usableRelativeTime(unusable, NOON_US)).toBe(0);
});

test("a reading's time is its offset from the send time, or its own where it states a usable one", () => {
  const datagram = new Datagram();
  datagram.times.set([-5, NOON_US - 7, 0, 1]);
  expect(readingTimeUs(datagram, 0, NOON_US, NOON_US)).toBe(NOON_US - 5);
  datagram.timesAreAbsolute = true;
  expect([1, 2, 3].map((index) => readingTimeUs(datagram, index, NOON_US, NOON_US))).toEqual([
    NOON_US - 7,
    NOON_US,
    NOON_US,
  ]);
});

test("an offset that leads beyond 24 hours after arrival, or before 2000-01-01, leaves the send time", () => {
  const dayUs = 86_400_000_000;
  const datagram = new Datagram();
  datagram.times.set([dayUs, dayUs + 1, -(2 ** 31) * 1000, 2 ** 31 * 1000]);
  expect([0, 1, 2, 3].map((index) => readingTimeUs(datagram, index, NOON_US, NOON_US))).toEqual([
    NOON_US + dayUs,
    NOON_US,
    NOON_US - 2 ** 31 * 1000,
    NOON_US,
  ]);
  const earlyUs = parseTime("2000-01-02T00:00:00Z");
  expect(readingTimeUs(datagram, 2, earlyUs, NOON_US)).toBe(earlyUs);
});
