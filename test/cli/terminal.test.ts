import { expect, test } from "vitest";
import { deviceRate, lossPercent, percent } from "../../cli/terminal.ts";

test("a completeness is rounded down, a loss up: what is lost is never shown as nothing", () => {
  const most = 2 ** 40;
  expect([percent((most - 1) / most), lossPercent(1 / most)]).toEqual(["99.99 %", "0.01 %"]);
  expect([percent(1), lossPercent(0)]).toEqual(["100.00 %", "0.00 %"]);
  expect([percent(null), lossPercent(null)]).toEqual(["–", "–"]);
});

test("a whole hundredth of a percent is shown as it is, whatever binary fractions make of it", () => {
  for (let number = 0; number <= 10_000; number++) {
    const shown = `${(number / 100).toFixed(2)} %`;
    expect([percent(number / 10_000), lossPercent(number / 10_000)]).toEqual([shown, shown]);
  }
});

test("the rate of a device is told by the time in which it sends something", () => {
  expect([1234.5, 9.96, 1.25, 0.1, 1 / 60, 1 / 3600, 1 / 86_400, 0].map(deviceRate)).toEqual([
    "1,235/s",
    "10/s",
    "1.3/s",
    "0.1/s",
    "1/min",
    "1/h",
    "1/d",
    "0/d",
  ]);
});
