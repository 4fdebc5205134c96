import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Arrivals, Gap, LedgerEpoch, SeriesBucket, SeriesGap, Total } from "../../web/src/data/types.ts";
import { chartData, divided, standingAlone } from "../../web/src/device/chart-data.ts";
import { completeSentence } from "../../web/src/device/complete-sentence.ts";
import { numbersOf } from "../../web/src/device/numbers-of.ts";
import { placeOfGap } from "../../web/src/device/place-of-gap.ts";
import {
  bucketsFor,
  closeTo,
  formatRange,
  notEmpty,
  panned,
  parseRange,
  spanOfRange,
  zoomed,
} from "../../web/src/device/range.ts";

const bucket = (
  second: number,
  mean: number | null,
  expected: number | null = mean === null ? 0 : 1,
): SeriesBucket => ({
  start: new Date(second * 1000).toISOString(),
  count: mean === null ? 0 : 1,
  nonFinite: 0,
  received: mean === null ? 0 : 1,
  recovered: 0,
  late: 0,
  expected,
  mean,
  min: mean,
  max: mean,
  last: mean,
});

test("a value is alone where no other is right beside it", () => {
  expect(standingAlone([null, 1, null, 2, 3, null, undefined, 0])).toEqual([1, 7]);
  expect(standingAlone([1])).toEqual([0]);
  expect(standingAlone([1, 2])).toEqual([]);
});

describe("the place of a gap", () => {
  const [openedAt, closedAt] = ["2026-11-20T12:00:01Z", "2026-11-20T12:00:03Z"];
  const gap = { epoch: 1, run: 0, first: 10, last: 19, openedAt, closedAt } as Gap;
  const part = (first: number, last: number, from: string, to: string, epoch = 1, run = 0): SeriesGap =>
    ({ epoch, run, first, last, from: `2026-11-20T${from}Z`, to: `2026-11-20T${to}Z` }) as SeriesGap;
  const span = (from: string, to: string) => ({
    fromMs: Date.parse(`2026-11-20T${from}Z`),
    toMs: Date.parse(`2026-11-20T${to}Z`),
  });
  const transit = (leastSeconds: number, isRelative = false) =>
    ({ leastSeconds, isRelative }) as Arrivals["transit"];

  test("is where its numbers would be by their send times, of all that is left of it", () => {
    const parts = [
      part(0, 9, "12:50:00", "12:50:01"),
      part(10, 10, "13:00:00", "13:00:01"),
      part(19, 19, "13:00:02", "13:00:04"),
      part(20, 29, "13:10:00", "13:10:01"),
      part(10, 19, "14:00:00", "14:00:01", 2),
      part(10, 19, "15:00:00", "15:00:01", 1, 1),
    ];
    expect(placeOfGap(gap, parts, transit(-3600))).toEqual(span("13:00:00", "13:00:04"));
  });

  test.each([
    ["by its delay", transit(-3600), span("13:00:01", "13:00:03")],
    ["by its delay in the other direction", transit(1), span("12:00:00", "12:00:02")],
    ["as it arrived, when no delay is known", null, span("12:00:01", "12:00:03")],
    [
      "as it arrived, when send times are made from arrivals",
      transit(-9e8, true),
      span("12:00:01", "12:00:03"),
    ],
  ])("of what came in the end is %s", (_, delay, place) => {
    expect(placeOfGap(gap, [], delay)).toEqual(place);
  });

  test("that is open and shaded nowhere is where it opened", () => {
    expect(placeOfGap({ ...gap, closedAt: null }, [], null)).toEqual(span("12:00:01", "12:00:01"));
  });
});

describe("values that no chart can draw as they are", () => {
  test.each([
    [1.7e308, 308],
    [-1e300, 300],
    [5e-324, -324],
    [6.6e-34, -34],
    [1e30, 0],
    [-21.5, 0],
    [1e-15, 0],
    [0, 0],
  ])("%d is drawn without ten to the power of %d", (value, exponent) => {
    const data = chartData([bucket(0, value), bucket(1, value / 2), bucket(2, null, 1)], 1000);
    expect(data.exponent).toBe(exponent);
    const drawn = Math.abs(divided(value, exponent));
    if (exponent !== 0) expect(drawn).toBeGreaterThanOrEqual(0.9);
    if (exponent !== 0) expect(drawn).toBeLessThan(10);
    else expect(drawn).toBe(Math.abs(value));
  });

  test("are none where there is no value", () => {
    expect(chartData([bucket(0, null, 1)], 1000).exponent).toBeNull();
  });
});

describe("a line", () => {
  test("goes on over buckets in which nothing was due", () => {
    const { times, value } = chartData(
      [bucket(0, 1), bucket(1, null), bucket(2, 2), bucket(3, null), bucket(4, 3)],
      1000,
    );
    expect(times).toEqual([0.5, 2.5, 4.5]);
    expect(value).toEqual([1, 2, 3]);
  });

  test("is drawn in the middle of each bucket, and knows its least and greatest value", () => {
    const { times, value, min, max } = chartData(
      [{ ...bucket(0, 2), min: 1, max: 3 }, bucket(1, null, 1)],
      1000,
    );
    expect([times, value, min, max]).toEqual([
      [0.5, 1.5],
      [2, null],
      [1, null],
      [3, null],
    ]);
  });

  test("has points where numbers came back, and counts them, also those without a value", () => {
    const { recovered, late, cameBack } = chartData(
      [
        bucket(0, 1),
        { ...bucket(1, 2), recovered: 2 },
        { ...bucket(2, 3), late: 1 },
        { ...bucket(3, null), expected: 1, recovered: 1 },
      ],
      1000,
    );
    expect(recovered).toEqual([null, 2, null, null]);
    expect(late).toEqual([null, null, 3, null]);
    expect(cameBack).toEqual({ recovered: 3, late: 1 });
  });

  test("stops where numbers were due and no value is", () => {
    const { value } = chartData([bucket(0, 1), bucket(1, null, 2), bucket(2, 3)], 1000);
    expect(value).toEqual([1, null, 3]);
  });

  test("goes on over buckets whose datagrams are here and had nothing of this channel", () => {
    const without = (second: number) => ({ ...bucket(second, null, 1), received: 1 });
    const { value } = chartData([bucket(0, 1), without(1), bucket(2, 2), without(3), bucket(4, 3)], 1000);
    expect(value).toEqual([1, 2, 3]);
  });

  test("stops at values no line can show, and tells them from absent ones", () => {
    const nan = { ...bucket(1, null, 1), count: 1, nonFinite: 1, received: 1 };
    const { value, nonFinite, isAbsent } = chartData(
      [bucket(0, 1), nan, bucket(2, 2), bucket(3, null, 1), bucket(4, 3)],
      1000,
    );
    expect(value).toEqual([1, null, 2, null, 3]);
    expect(nonFinite).toEqual([0, 1, 0, 0, 0]);
    expect(isAbsent).toEqual([false, false, false, true, false]);
  });

  test("stops over a long silence", () => {
    const { times, value } = chartData(
      [bucket(0, 1), bucket(1, 2), bucket(2, 3), bucket(60, 4), bucket(61, 5)],
      1000,
    );
    expect(times).toEqual([0.5, 1.5, 2.5, 31.5, 60.5, 61.5]);
    expect(value).toEqual([1, 2, 3, null, 4, 5]);
  });

  test.each([
    [[0, 1, 2, 6], false],
    [[0, 1, 2, 7], true],
    [[0, 3, 6, 18], false],
    [[0, 3, 6, 19], true],
  ])("with values at %j seconds stops before the last one: %j", (seconds, stops) => {
    const buckets = seconds.map((second) => bucket(second, 1));
    expect(chartData(buckets, 1000).value).toEqual(stops ? [1, 1, 1, null, 1] : [1, 1, 1, 1]);
  });

  test("of a device without numbers stops only over a silence", () => {
    const { value } = chartData([bucket(0, 1, null), bucket(1, null, null), bucket(2, 3, null)], 1000);
    expect(value).toEqual([1, 3]);
  });
});

describe("a channel whose values are 0 and 1", () => {
  const mixed = { ...bucket(1, 0.5), min: 0, max: 1, last: 1 };

  test("holds the newest value of each bucket", () => {
    const { isSwitch, value } = chartData([bucket(0, 0), mixed, bucket(2, 1)], 1000);
    expect(isSwitch).toBe(true);
    expect(value).toEqual([0, 1, 1]);
  });

  test("is no switch with any other value", () => {
    const { isSwitch, value } = chartData([bucket(0, 0), mixed, bucket(2, 2)], 1000);
    expect(isSwitch).toBe(false);
    expect(value).toEqual([0, 0.5, 2]);
  });

  test.each([
    { min: 0, max: 5 },
    { min: -5, max: 1 },
  ])("is no switch with other values in a bucket: %j", (bounds) => {
    expect(chartData([bucket(0, 0), { ...mixed, ...bounds }], 1000).isSwitch).toBe(false);
  });

  test("is not told from a channel without values", () => {
    expect(chartData([bucket(0, null, 1)], 1000).isSwitch).toBe(false);
  });
});

describe("the range of time", () => {
  test("comes back from the URL it is written into", () => {
    for (const range of [
      { kind: "all" },
      { kind: "last", seconds: 3600 },
      { kind: "last", seconds: 300 },
      { kind: "last", seconds: 1 },
      { kind: "last", seconds: 1e9 },
      { kind: "fixed", fromMs: 1_795_176_000_000, toMs: 1_795_176_060_000 },
    ] as const) {
      const parameters = Object.entries(formatRange(range)).filter(([, value]) => value !== null) as [
        string,
        string,
      ][];
      expect(parseRange(new URLSearchParams(parameters))).toEqual(range);
    }
  });

  test("is written to the millisecond, and the default not at all", () => {
    const fixed = { kind: "fixed", fromMs: 1_795_176_000_000.4, toMs: 1_795_176_060_000.6 } as const;
    expect([fixed, { kind: "last", seconds: 300 } as const].map(formatRange)).toEqual([
      { from: "2026-11-20T12:00:00.000Z", to: "2026-11-20T12:01:00.001Z", last: null },
      { from: null, to: null, last: null },
    ]);
  });

  test("ends now unless its ends are given; of all that is stored only an answer tells", () => {
    const nowMs = 1_795_176_000_000;
    expect(spanOfRange({ kind: "last", seconds: 60 }, nowMs)).toEqual({
      fromMs: nowMs - 60_000,
      toMs: nowMs,
    });
    expect(spanOfRange({ kind: "fixed", fromMs: 1000, toMs: 3000 }, nowMs)).toEqual({
      fromMs: 1000,
      toMs: 3000,
    });
    expect(spanOfRange({ kind: "all" }, nowMs)).toBeNull();
  });

  test.each([
    "last=-5",
    "last=0.5",
    "last=1000000001",
    "from=2300-01-01&to=2301-01-01",
    "last=x",
    "from=2026-11-20",
    "from=b&to=a",
    "from=2026-11-20&to=2026-11-19",
  ])("%s makes no sense and is the default", (search) => {
    expect(parseRange(new URLSearchParams(search))).toEqual({ kind: "last", seconds: 300 });
  });

  test("of all that is stored is seen also where all of it has one time", () => {
    expect(notEmpty({ fromMs: 5000, toMs: 5000 })).toEqual({ fromMs: 4500, toMs: 5500 });
    expect(notEmpty({ fromMs: 5000, toMs: 5100 })).toEqual({ fromMs: 5000, toMs: 5100 });
  });

  test("zooms around its middle and moves by a share of its length", () => {
    const zero = 1_795_176_000_000;
    const span = { fromMs: zero + 1000, toMs: zero + 3000 };
    expect(zoomed(span, 0.5)).toEqual({ kind: "fixed", fromMs: zero + 1500, toMs: zero + 2500 });
    expect(panned(span, -0.25)).toEqual({ kind: "fixed", fromMs: zero + 500, toMs: zero + 2500 });
    const short = { fromMs: zero, toMs: zero + 10 };
    expect(zoomed(short, 0.5)).toEqual({ kind: "fixed", fromMs: zero - 5, toMs: zero + 15 });
  });

  test("shows a tenth of itself around a moment, ten seconds at least", () => {
    const zero = 1_795_176_000_000;
    const around = (lengthMs: number) => closeTo(zero + 7, { fromMs: zero, toMs: zero + lengthMs });
    expect(around(86_400_000)).toEqual({
      kind: "fixed",
      fromMs: zero + 7 - 4_320_000,
      toMs: zero + 7 + 4_320_000,
    });
    expect(around(50_000)).toEqual({ kind: "fixed", fromMs: zero + 7 - 5000, toMs: zero + 7 + 5000 });
  });

  test("stays where readings can be, however far one zooms out or moves", () => {
    const year2000 = Date.UTC(2000, 0, 1);
    const year2200 = Date.UTC(2200, 0, 1);
    const span = { fromMs: 1_795_176_000_000, toMs: 1_795_176_060_000 };
    const all = { kind: "fixed", fromMs: year2000, toMs: year2200 };
    expect(zoomed(span, 2 ** 40)).toEqual(all);
    expect(panned(span, -1e9)).toEqual({ kind: "fixed", fromMs: year2000, toMs: year2000 + 20 });
    expect(panned(span, 1e9)).toEqual({ kind: "fixed", fromMs: year2200 - 20, toMs: year2200 });
    expect(parseRange(new URLSearchParams("from=1970-01-01&to=3000-01-01"))).toEqual(all);
  });

  test("is cut into buckets of lengths that people can read, each as short as the points allow", () => {
    const stepOf = (length: number): number => bucketsFor({ fromMs: 0, toMs: length }, 1).stepMs;
    const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000] as const;
    const lengths = [
      ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
      ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * second),
      ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minute),
      ...[1, 2, 4, 6, 12].map((hours) => hours * hour),
      ...[1, 2, 3].map((days) => days * day),
    ];
    expect(lengths.map(stepOf)).toEqual(lengths);
    expect(lengths.slice(0, -1).map((length) => stepOf(length + 0.5))).toEqual(lengths.slice(1));
    const fromMs = 1_795_176_000_123;
    expect(bucketsFor({ fromMs, toMs: fromMs + 300_000 }, 300)).toEqual({
      fromMs: 1_795_176_000_000,
      toMs: 1_795_176_301_000,
      stepMs: 1000,
    });
  });

  test("is cut into at most as many buckets as there are points, and they stay where they are while time goes on", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e11 }), fc.integer({ min: 50, max: 4000 }), (length, points) => {
        const fromMs = 1_795_176_000_123;
        const { stepMs, ...span } = bucketsFor({ fromMs, toMs: fromMs + length }, points);
        expect((span.toMs - span.fromMs) / stepMs).toBeLessThanOrEqual(points + 2);
        expect([span.fromMs % stepMs, span.toMs % stepMs]).toEqual([0, 0]);
        expect(span.fromMs <= fromMs && span.toMs >= fromMs + length).toBe(true);
      }),
    );
  });
});

test.each([
  [{ expected: 1, unsequenced: 0, pending: 0 }, "complete, of 1 number"],
  [{ expected: 1500, unsequenced: 3, pending: 0 }, "complete, of 1,500 numbers"],
  [
    { expected: 15_000, unsequenced: 3, pending: 1200 },
    "complete, of 15,000 numbers, 1,200 of them not stored yet",
  ],
  [{ expected: 0, unsequenced: 0, pending: 0 }, "complete, of 0 numbers"],
  [{ expected: 0, unsequenced: 2, pending: 2 }, "2 datagrams without a number: what was lost is unknown"],
])("of %j the completeness says what it is of", (numbers, sentence) => {
  expect(completeSentence(numbers as Total)).toBe(sentence);
});

test.each([
  [{ first: 0, highWater: 41, headKnown: true, tailKnown: true }, "0 – 41"],
  [{ first: 7, highWater: 1041, headKnown: false, tailKnown: false }, "?…7 – 1,041 …"],
  [{ first: 0, highWater: null, headKnown: true, tailKnown: true }, "none yet"],
  [{ first: 5, highWater: 4, headKnown: false, tailKnown: true }, "none yet"],
  [{ first: null, highWater: null, headKnown: false, tailKnown: false }, "–"],
])("of a run with %j the page says which numbers it has", (run, words) => {
  expect(numbersOf(run as LedgerEpoch)).toBe(words);
});
