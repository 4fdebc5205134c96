import { expect, test } from "vitest";
import { DamageTold } from "../../../api/answers/damage-told.ts";

test("each damaged part is told once, and all of them by the first", () => {
  const told = new DamageTold();
  const part = { epoch: 3, run: 0, segment: 12, first: 5, last: 9, count: 5 };
  const others = [
    { ...part, first: 20 },
    { ...part, segment: 11 },
    { ...part, run: 1 },
    { ...part, epoch: null },
  ];
  expect(told.news([part, others[0]!])).toEqual([part, others[0]]);
  expect(told.news()).toEqual([]);
  expect(told.news([others[0]!, ...others.slice(1), part])).toEqual(others.slice(1));
  expect([told.count, String(told)]).toEqual([5, "5 parts, the first one in segment 12"]);
});
