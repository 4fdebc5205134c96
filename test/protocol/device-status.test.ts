import { describe, expect, test } from "vitest";
import {
  announcementOf,
  deviceStatus,
  isUsualSpacing,
  learnInterval,
  smoothedInterval,
} from "../../protocol/device-status.ts";
import { ROW_FLAG } from "../../protocol/ledger-row.ts";
import { NOON_US, rowOf } from "../support/fake-sources.ts";

const SECOND_US = 1_000_000;
const statusAfter = (silenceSeconds: number, fields: Parameters<typeof rowOf>[0] = {}): string =>
  deviceStatus(
    rowOf({ LAST_ARRIVAL: NOON_US, INTERVAL: SECOND_US, ...fields }),
    NOON_US + silenceSeconds * SECOND_US,
    null,
  );

test.each([
  [0, "online"],
  [3, "online"],
  [3.1, "stale"],
  [10, "stale"],
  [10.1, "offline"],
  [-5, "online"],
])("a device that speaks each second is after %d s of silence %s", (silenceSeconds, status) => {
  expect(statusAfter(silenceSeconds)).toBe(status);
});

test("a device whose last datagram lies ahead, since the clock was set back, is unknown until it speaks", () => {
  expect([statusAfter(-10), statusAfter(-10.1), statusAfter(-3600)]).toEqual([
    "online",
    "unknown",
    "unknown",
  ]);
  expect(statusAfter(-3600, { FLAGS: ROW_FLAG.ENDED })).toBe("offline");
});

test("a fast device is neither stale nor offline before 2 s of silence", () => {
  expect([statusAfter(2, { INTERVAL: 1000 }), statusAfter(2.1, { INTERVAL: 1000 })]).toEqual([
    "online",
    "offline",
  ]);
});

test("while no interval is known, silence beyond the floor is unknown", () => {
  expect([statusAfter(1, { INTERVAL: 0 }), statusAfter(3, { INTERVAL: 0 })]).toEqual(["online", "unknown"]);
});

describe("announced silence", () => {
  const asleep = { SLEEP_UNTIL: NOON_US + 3600 * SECOND_US };

  test("counts as online until it is over", () => {
    expect(statusAfter(3600, asleep)).toBe("online");
  });

  test("is followed by the usual limits", () => {
    expect([statusAfter(3604, asleep), statusAfter(3611, asleep)]).toEqual(["stale", "offline"]);
  });

  test("for good means offline at once", () => {
    expect(statusAfter(0, { FLAGS: ROW_FLAG.ENDED })).toBe("offline");
  });
});

test("when the collector was down before a device was heard last is none of its silence", () => {
  const down = { fromUs: NOON_US - 100 * SECOND_US, toUs: NOON_US - 50 * SECOND_US };
  const row = rowOf({ LAST_ARRIVAL: NOON_US, INTERVAL: SECOND_US });
  expect([2, 4, 11].map((seconds) => deviceStatus(row, NOON_US + seconds * SECOND_US, down))).toEqual([
    "online",
    "stale",
    "offline",
  ]);
});

describe("while the collector was down", () => {
  const at = (nowSeconds: number, toSeconds: number): string =>
    deviceStatus(rowOf({ LAST_ARRIVAL: NOON_US, INTERVAL: SECOND_US }), NOON_US + nowSeconds * SECOND_US, {
      fromUs: NOON_US + SECOND_US,
      toUs: NOON_US + toSeconds * SECOND_US,
    });

  test("nobody could hear the device: that is no silence", () => {
    expect([at(101, 101), at(102, 101), at(103.5, 101), at(111, 101)]).toEqual([
      "online",
      "online",
      "stale",
      "offline",
    ]);
  });

  test("the status stays as it was while nobody listens yet", () => {
    expect(at(1000, Number.POSITIVE_INFINITY)).toBe("online");
  });
});

test("what a device announced is told as long as it holds", () => {
  const asleep = rowOf({ SLEEP_UNTIL: NOON_US });
  expect([
    announcementOf(asleep, NOON_US - 1),
    announcementOf(asleep, NOON_US),
    announcementOf(rowOf({ FLAGS: ROW_FLAG.ENDED }), NOON_US),
  ]).toEqual(["sleep", null, "end"]);
});

describe("the learned interval", () => {
  const learned = (spacings: number[], intervalUs = 0): number =>
    spacings.reduce((interval, spacing, index) => learnInterval(interval, spacing, index + 2), intervalUs);

  test("is the first spacing, then smoothed by 1/8", () => {
    expect([learned([8000]), learned([8000, 16_000])]).toEqual([8000, 9000]);
  });

  test.each([
    [999, false],
    [1000, true],
    [24_000, true],
    [24_001, false],
  ])("of 8 ms is simply smoothed by a spacing of %d µs: %j", (spacing, isUsual) => {
    expect(isUsualSpacing(8000, spacing)).toBe(isUsual);
    expect(learnInterval(8000, spacing, 100) === smoothedInterval(8000, spacing)).toBe(
      isUsual || spacing > 8000,
    );
  });

  test("takes over a much longer spacing while little is known", () => {
    expect(learned([1000, 60_000_000])).toBe(60_000_000);
  });

  test("of a device that sends in bursts is the pause between them", () => {
    const burst = [...new Array<number>(100).fill(1000), 10_000_000];
    const interval = learned(new Array(40).fill(burst).flat());
    expect(interval).toBeGreaterThan(9_000_000);
    expect(interval).toBeLessThanOrEqual(10_000_000);
  });

  test("is not spoilt by an outage", () => {
    expect(learnInterval(1_000_000, 3_600_000_000, 16)).toBe(2_125_000);
  });

  test("follows a device that became faster or slower", () => {
    expect(learned(new Array<number>(100).fill(500_000), 10_000_000)).toBeCloseTo(500_000, -4);
    expect(learned(new Array<number>(100).fill(60_000_000), 1_000_000)).toBeCloseTo(60_000_000, -4);
  });
});
