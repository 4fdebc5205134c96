import { expect, test } from "vitest";
import {
  bytes,
  compact,
  completeness,
  count,
  measured,
  plural,
  rate,
  share,
} from "../../web/src/format/numbers.ts";
import { unitText } from "../../web/src/format/unit.ts";

test.each([
  [null, "–"],
  [1, "100 %"],
  [0.97, "97.00 %"],
  [0.97319, "97.31 %"],
  [0.99899, "99.89 %"],
  [0.9996, "99.9600 %"],
  [0.999_999, "99.999900 %"],
  [1 - 1e-12, "> 99.999999 %"],
  [0, "0.00 %"],
])("a completeness of %s is shown as %s, never rounded up", (ratio, text) => {
  expect(completeness(ratio)).toBe(text);
});

test.each([
  [0, "0 %"],
  [1e-7, "< 0.001 %"],
  [0.000_42, "0.042 %"],
  [0.0231, "2.31 %"],
  [0.25, "25.0 %"],
  [0.998, "99.8 %"],
  [0.9996, "99.9600 %"],
  [99_999 / 100_000, "99.999000 %"],
  [1, "100 %"],
])("a share of %s is shown as %s, never rounded to nothing nor to all", (ratio, text) => {
  expect(share(ratio)).toBe(text);
});

test.each([
  [0, "0"],
  [999, "999"],
  [1234, "1.23k"],
  [99_960, "100k"],
  [999_999, "1.00M"],
  [45_600_000, "45.6M"],
  [12.34, "12.3"],
])("%d is %s in short", (value, text) => {
  expect(compact(value)).toBe(text);
});

test.each([
  [null, "–"],
  [0, "0/s"],
  [1e-9, "0.00/d"],
  [1 / 86_400, "1.0/d"],
  [1 / 3600, "1.0/h"],
  [1 / 60, "1.0/min"],
  [0.25, "0.25/s"],
  [0.999, "1.0/s"],
  [9.2, "9.2/s"],
  [10, "10.0/s"],
  [12.46, "12.5/s"],
  [482.4, "482/s"],
  [1170, "1.17k/s"],
])("the rate %s is shown as %s", (perSecond, text) => {
  expect(rate(perSecond)).toBe(text);
});

test("counts", () => {
  expect(count(1_234_567)).toBe("1,234,567");
  expect([plural(1, "number"), plural(2000, "number")]).toEqual(["1 number", "2,000 numbers"]);
});

test.each([
  [0, "0 B"],
  [12.34, "12 B"],
  [1023, "1023 B"],
  [1024, "1 KiB"],
  [40_960, "40 KiB"],
  [154_000, "150 KiB"],
  [1_610_612_736, "1.5 GiB"],
  [2 ** 60, "1048576 TiB"],
])("%d bytes are %s", (value, text) => {
  expect(bytes(value)).toBe(text);
});

test.each([
  [21.5, "21.5"],
  [1 / 3, "0.333333"],
  [0, "0"],
  [123_544_976.5, "123544976.5"],
  [-1_234_567.25, "-1234567.3"],
  [5_000_000_123, "5000000123"],
  [1e-9, "1e-9"],
  [1.234_567_89e-9, "1.23457e-9"],
  [1.031e300, "1.031e+300"],
  [2 ** 60, "1.15292e+18"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "Infinity"],
  [true, "true"],
  ["NaN", "NaN"],
  [null, "–"],
  [undefined, "–"],
])("the value %s is shown as %s", (value, text) => {
  expect(measured(value)).toBe(text);
});

test.each([
  ["1", ""],
  ["Cel", "°C"],
  ["kPa", "kPa"],
  ["constructor", "constructor"],
])("the unit %s is written %j", (unit, text) => {
  expect(unitText(unit)).toBe(text);
});
