import { expect, test } from "vitest";
import { RoundTrip } from "../../../collector/recovery/round-trip.ts";

test("the wait is the smoothed round trip and four times its variation", () => {
  const trip = new RoundTrip();
  trip.sample(100);
  expect([trip.smoothedMs, trip.spacingMs]).toEqual([100, 300]);
  trip.sample(180);
  expect([trip.smoothedMs, trip.spacingMs]).toEqual([110, 110 + 4 * 57.5]);
});

test("a quick device is not asked again within 40 ms, a slow one within 2 s", () => {
  const quick = new RoundTrip();
  for (let i = 0; i < 50; i++) quick.sample(1);
  expect(quick.spacingMs).toBe(40);
  const slow = new RoundTrip();
  slow.sample(5000);
  expect(slow.spacingMs).toBe(2000);
});

test("an answer to a repeated request says that the wait was short, and no more", () => {
  const trip = new RoundTrip();
  trip.ambiguous();
  expect([trip.smoothedMs, trip.spacingMs]).toEqual([-1, 500]);
});

test("each further request for a number waits twice as long, up to 2 s", () => {
  const trip = new RoundTrip();
  expect([1, 2, 3, 4, 5, 9].map((requests) => trip.backedOffMs(requests))).toEqual([
    250, 500, 1000, 2000, 2000, 2000,
  ]);
});
