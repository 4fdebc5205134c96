import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearMatch } from "../../common/near-match.ts";

test.each([
  ["", "", 0],
  ["flush", "flush", 0],
  ["Flush", "flush", 0],
  ["fush", "flush", 1],
  ["kitten", "sitting", 3],
])("from %j to %j it is %d letters", (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance);
});

test("the distance is the same both ways", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => editDistance(a, b) === editDistance(b, a)));
});

test("the nearest known word is offered, and none when all are far", () => {
  const known = ["listen", "http", "window"];
  expect([nearMatch("lisen", known), nearMatch("htp", known), nearMatch("telemetry", known)]).toEqual([
    "listen",
    "http",
    undefined,
  ]);
});
