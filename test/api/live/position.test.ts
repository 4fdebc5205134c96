import { expect, test } from "vitest";
import { isBehind, parsePlace, partId } from "../../../api/live/position.ts";

test.each([
  ["7.k3f9-0", { flush: 7, mark: "k3f9", part: 0, isAfterRest: false, event: null }],
  ["7.k3f9-1-2-30", { flush: 7, mark: "k3f9", part: 1, isAfterRest: false, event: { run: 2, index: 30 } }],
  ["0.0000-2-0-0", { flush: 0, mark: "0000", part: 0, isAfterRest: true, event: { run: 0, index: 0 } }],
])("%s is a place", (id, place) => {
  expect(parsePlace(id)).toEqual(place);
});

test.each([
  ...[
    "",
    "nonsense",
    "7",
    "7-0",
    "7.k3f9",
    "7.k3f9-3",
    "7.K3f9-0",
    "7.k3f-0",
    "7.k3f9-0-1",
    "7.k3f9-0-1-2-3",
  ],
  ...[" 7.k3f9-0", "7.k3f9-0 ", "-7.k3f9-0", "1234567890123456.k3f9-0", "7.k3f9-0-12345678901-0"],
])("%j is no place", (id) => {
  expect(parsePlace(id)).toBeUndefined();
});

test.each([
  [0, false, "7.000z-0"],
  [0, true, "7.000z-2"],
  [1, false, "7.000z-1"],
] as const)("part %d, behind a rest: %j, has the id %s", (part, isAfterRest, id) => {
  expect(partId({ flush: 7, committedAtUs: 36 ** 4 + 35, part, isAfterRest })).toBe(id);
});

test.each([
  ["7.k3f9-0-2-3", { flush: 7, part: 0 }, 2, 3, false],
  ["7.k3f9-0-2-3", { flush: 7, part: 0 }, 2, 4, true],
  ["7.k3f9-0-2-3", { flush: 7, part: 0 }, 1, 4, false],
  ["7.k3f9-0-2-3", { flush: 7, part: 0 }, 3, 0, true],
  ["7.k3f9-0-2-3", { flush: 7, part: 1 }, 1, 0, true],
  ["7.k3f9-1-2-3", { flush: 7, part: 0 }, 3, 9, false],
  ["7.k3f9-1-2-3", { flush: 8, part: 0 }, 1, 0, true],
  ["7.k3f9-0-2-3", { flush: 6, part: 1 }, 3, 9, false],
  // all of the part was told
  ["7.k3f9-0", { flush: 7, part: 0 }, 3, 9, false],
  ["7.k3f9-0", { flush: 7, part: 1 }, 1, 0, true],
] as const)("behind %s, of %j run %d row %d: %j", (id, part, run, index, isSo) => {
  expect(isBehind(parsePlace(id)!, part, run, index)).toBe(isSo);
});
