import { expect, test } from "vitest";
import { ago, delay, duration, shortTime, tickTime } from "../../web/src/format/times.ts";

test.each([
  [0.012, "12 ms"],
  [0.4, "0.4 s"],
  [12, "12 s"],
  [180, "3 min"],
  [3 * 3600 + 12 * 60 + 5, "3 h 12 min"],
  [86_400 * 2 + 30, "2 d"],
])("%d s is %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  [0.3, "now"],
  [14, "14 s ago"],
  [150, "2 min ago"],
  [90_000, "1 d ago"],
])("%d s ago is %s", (seconds, text) => {
  expect(ago(seconds)).toBe(text);
});

test.each([
  [0, "0 µs"],
  [0.0000854, "85.4 µs"],
  [0.00124, "1.24 ms"],
  [0.3898, "390 ms"],
  [-3.021, "−3.02 s"],
  [-7200, "−2 h"],
])("a delay of %d s is %s", (seconds, text) => {
  expect(delay(seconds)).toBe(text);
});

test.each([
  [0.5, "03:09.500"],
  [1, "14:03:09"],
  [60, "14:03"],
  [86_400, "11-20"],
])("a tick where ticks are %d s apart is %s", (step, text) => {
  expect(tickTime(new Date(2026, 10, 20, 14, 3, 9, 500).getTime() / 1000, step)).toBe(text);
});

test("a tick at midnight is its day", () => {
  expect(tickTime(new Date(2026, 10, 20).getTime() / 1000, 3600)).toBe("11-20");
});

test.each([
  ["2026-11-20T14:03:09", "14:03:09"],
  ["2026-11-20T00:00:00", "00:00:00"],
  ["2026-11-19T23:59:59", "11-19 23:59:59"],
  ["2025-11-20T14:03:09", "2025-11-20 14:03:09"],
])("on 2026-11-20 %s is told as %s", (time, text) => {
  expect(shortTime(new Date(time).getTime(), new Date("2026-11-20T15:00:00").getTime())).toBe(text);
});
