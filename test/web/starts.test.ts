import { expect, test } from "vitest";
import { markPlaces, nearestMark } from "../../web/src/charts/mark-places.ts";
import { nameOfStart } from "../../web/src/device/start-words.ts";

test.each([
  [[100], [[100, true]]],
  [
    [0, 12, 30],
    [
      [0, true],
      [12, true],
      [30, true],
    ],
  ],
  [
    [0, 11, 30],
    [
      [0, false],
      [11, false],
      [30, true],
    ],
  ],
  [
    [4.6, 5.4, 40],
    [
      [5, true],
      [40, true],
    ],
  ],
  [[], []],
] as const)(
  "marks at %j are drawn once for each pixel, and with a line where they stand alone",
  (positions, drawn) => {
    expect(markPlaces(positions, 12).map(({ at, isLine }) => [at, isLine])).toEqual(drawn);
  },
);

test("thousands of marks are no more than the chart has pixels, and no line", () => {
  const places = markPlaces(
    Array.from({ length: 5000 }, (_, index) => index / 5),
    12,
  );
  expect([places.length, places.some(({ isLine }) => isLine)]).toEqual([1001, false]);
});

test.each([
  [50, null],
  [94, 0],
  [93, null],
  [104, 0],
  [106, 1],
  [105, 0],
  [116, 1],
])("at %d the mark that is pointed at is %s", (at, index) => {
  expect(nearestMark([100, 110], at, 6)).toBe(index);
});

test.each([
  [7, 0, "epoch 7"],
  [7, 2, "epoch 7, run 2"],
  [null, 0, "run 0"],
  [null, 3, "run 3"],
])("epoch %s, run %d is called %j", (epoch, run, name) => {
  expect(nameOfStart({ at: "", epoch, run })).toBe(name);
});
