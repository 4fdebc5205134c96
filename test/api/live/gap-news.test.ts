import { expect, test } from "vitest";
import type { LiveClient } from "../../../api/live/client.ts";
import { GapNews, joinFilled } from "../../../api/live/gap-news.ts";
import type { LiveGap } from "../../../api/sources.ts";

const FIRST: LiveGap = {
  ...{ run: 1, first: 4, last: 5, arrival: "late", cause: "network", requests: 0 },
  ...{ openedAtUs: 1000, atUs: 2000 },
};
const NEXT: LiveGap = { ...FIRST, first: 6, last: 6, atUs: 3000 };

test("numbers of a gap that arrived side by side are one, as of when the last of them came", () => {
  const after = { ...NEXT, first: 7, last: 7, atUs: 4000 };
  expect(joinFilled([FIRST, NEXT, after])).toEqual([{ ...FIRST, last: 7, atUs: 4000 }]);
});

test.each<[string, Partial<LiveGap>]>([
  ["of another run", { run: 2 }],
  ["not side by side", { first: 7, last: 7 }],
  ["that arrived in another way", { arrival: "recovered" }],
  ["absent for another reason", { cause: "gone" }],
  ["of another gap", { openedAtUs: 1001 }],
  ["asked for more often", { requests: 1 }],
])("numbers %s are told apart", (_what, difference) => {
  const other = { ...NEXT, ...difference };
  expect(joinFilled([FIRST, other])).toEqual([FIRST, other]);
});

test("lost numbers are told as they were declared lost", () => {
  const [one, other] = [
    { ...FIRST, arrival: null },
    { ...NEXT, arrival: null },
  ];
  expect(joinFilled([one, other])).toEqual([one, other]);
});

test("what a client may miss is from the earliest to the latest gap, in whatever order workers bring them", () => {
  const gaps = [3000, 2000, 5000, 4000].map((atUs) => ({ ...FIRST, atUs }));
  const spans: number[][] = [];
  const client = {
    wish: { devices: [] },
    sendGaps: (_bytes: Uint8Array, fromUs: number, toUs: number) => spans.push([fromUs, toUs]),
  };
  const owner = { device: "pump", epoch: 3, index: 0, isUnsequenced: false };
  new GapNews(gaps, { runOwner: () => owner }).tell(client as unknown as LiveClient);
  expect(spans).toEqual([[2000, 5000]]);
});
