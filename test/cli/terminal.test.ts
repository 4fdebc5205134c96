import { expect, test } from "vitest";
import { lossPercent, percent } from "../../cli/terminal.ts";

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
