import { describe, expect, test } from "vitest";
import { deviceStatus } from "../../protocol/device-status.ts";
import { ROW_FLAG } from "../../protocol/ledger-row.ts";
import { NOON_US, rowOf } from "../support/fake-sources.ts";

const SECOND_US = 1_000_000;
const statusAfter = (silenceSeconds: number, fields: Parameters<typeof rowOf>[0] = {}): string =>
  deviceStatus(
    rowOf({ LAST_ARRIVAL: NOON_US, INTERVAL: SECOND_US, ...fields }),
    0,
    NOON_US + silenceSeconds * SECOND_US,
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
