import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDurationMs, parseDurationMs } from "../../common/duration.ts";

test.each([
  ["500ms", 500],
  ["1.5s", 1500],
  ["2m", 120_000],
  ["3h", 10_800_000],
  ["30d", 2_592_000_000],
  ["1w", 604_800_000],
  [" 10 s ", 10_000],
  ["0s", 0],
])("%s is %d ms", (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each(["", "5", "s", "-1s", "1 year", "1s2m", "1e3s", "Infinity s", "1S"])(
  "%j is refused with what is accepted",
  (text) => {
    expect(() => parseDurationMs(text)).toThrow(
      expect.objectContaining({ code: "ERR_DURATION", message: expect.stringContaining('"30d"') }),
    );
  },
);

describe("a duration is written in its greatest whole unit", () => {
  test.each([
    [0, "0s"],
    [500, "500ms"],
    [90_000, "90s"],
    [172_800_000, "2d"],
    [604_800_000, "7d"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatDurationMs(ms)).toBe(text);
  });
});

test("reading undoes writing", () => {
  fc.assert(fc.property(fc.nat(2 ** 31 - 1), (ms) => parseDurationMs(formatDurationMs(ms)) === ms));
});
