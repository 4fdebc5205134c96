import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ago, delay, duration, shortTime, tickTime } from "../../web/src/format/times.ts";

test.each([
  [0.012, "12 ms"],
  [0.4, "0.4 s"],
  [12, "12 s"],
  [59.6, "1 min"],
  [180, "3 min"],
  [3 * 3600 + 12 * 60 + 5, "3 h 12 min"],
  [86_400 * 2 + 30, "2 d"],
])("%d s is %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  [0.3, "now"],
  [2, "2 s ago"],
  [14, "14 s ago"],
  [59.7, "59 s ago"],
  [60, "1 min ago"],
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
  [15 * 86_400, "11-20"],
  [30 * 86_400, "2026-11"],
  [365 * 86_400, "2026-11"],
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

/** In a process of its own: a time zone is that of a process. */
const inZone = (zone: string, expression: string): unknown => {
  const module = join(import.meta.dirname, "../../web/src/format/times.ts");
  const script = `import * as t from ${JSON.stringify(module)}; const at = Date.parse; console.log(JSON.stringify(${expression}));`;
  const args = ["--input-type=module", "-e", script];
  return JSON.parse(execFileSync(process.execPath, args, { env: { ...process.env, TZ: zone } }).toString());
};

test("where the clock shows a time twice its offset says which one is meant", () => {
  const half = ["2026-10-24T23:30Z", "2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z"];
  expect(
    inZone("Europe/Berlin", `${JSON.stringify(half)}.map((time) => t.tickTime(at(time) / 1000, 1800))`),
  ).toEqual(["01:30", "02:30 +02", "02:30 +01", "03:30"]);
  const all =
    "[t.fullTime, t.secondsTime, t.clockTime, (ms) => t.shortTime(ms, ms)].map((text) => text(at('2026-10-25T01:30Z')))";
  expect(inZone("Europe/Berlin", all)).toEqual([
    "2026-10-25 02:30:00.000 +01",
    "2026-10-25 02:30:00 +01",
    "02:30:00 +01",
    "02:30:00 +01",
  ]);
  // by half an hour, where winter is in June; and in spring no time is shown twice
  expect(inZone("Australia/Lord_Howe", "t.clockTime(at('2026-04-04T15:15Z'))")).toBe("01:45:00 +10:30");
  expect(inZone("Europe/Berlin", "t.clockTime(at('2026-03-29T01:30Z'))")).toBe("03:30:00");
});
