import { expect, test } from "vitest";
import { writePoints, writeSeries } from "../../../api/answers/series-text.ts";
import { TextWriter } from "../../../api/answers/text-writer.ts";
import { Buckets } from "../../../db/series/buckets.ts";
import type { PointsFound } from "../../../db/series/points-query.ts";
import type { SeriesFound, SeriesRun } from "../../../db/series/series-query.ts";

type PlacedGap = SeriesFound["gaps"][number];

const runOf = (run: number, isUnsequenced: boolean): SeriesRun =>
  ({ run, epoch: 3, index: run, isUnsequenced, channels: [1] }) as unknown as SeriesRun;

const foundOf = (gaps: PlacedGap[] = []): SeriesFound => {
  const buckets = new Buckets({
    fromUs: 0,
    toUs: 1000,
    stepUs: 1000,
    count: 1,
  } as SeriesFound["buckets"]["grid"]);
  buckets.received[0] = 7;
  buckets.absent[0] = 2;
  return { buckets, gaps, gapsLeftOut: 0, starts: [], startsLeftOut: 0 };
};

const jsonOf = (write: (out: TextWriter) => void) => {
  const out = new TextWriter();
  out.begin().ascii("{");
  write(out);
  return JSON.parse(Buffer.from(out.ascii("}").end()).toString());
};

test.each([
  ["numbered runs", [runOf(1, false)], 9],
  ["a numbered run beside one without numbers", [runOf(1, true), runOf(2, false)], 9],
  ["no numbered run", [runOf(1, true)], null],
] as const)("what was expected is known of a device with %s, or null", (_what, runs, expected) => {
  const { buckets } = jsonOf((out) => writeSeries(out, foundOf(), runs, "us"));
  expect(buckets).toMatchObject([{ expected, received: expected === null ? null : 7 }]);
});

test("a gap that is open has no end", () => {
  const gap = {
    ...{ run: 1, first: 5, last: 6, state: "open", cause: null, requests: 2 },
    ...{ fromUs: 100, toUs: 200, openedAtUs: 300, closedAtUs: null },
  } as PlacedGap;
  const found = foundOf([gap, { ...gap, state: "lost", cause: "network", closedAtUs: 400 }]);
  const { gaps } = jsonOf((out) => writeSeries(out, found, [runOf(1, false)], "us"));
  const same = {
    epoch: 3,
    run: 1,
    first: 5,
    last: 6,
    requests: 2,
    count: 2,
    from: 100,
    to: 200,
    openedAt: 300,
  };
  expect(gaps).toEqual([
    { ...same, state: "open", cause: null, closedAt: null },
    { ...same, state: "lost", cause: "network", closedAt: 400 },
  ]);
});

test.each([
  ["us", [1_795_000_000_000_100, 1_795_000_000_000_200]],
  ["ms", [1_795_000_000_000.1, 1_795_000_000_000.2]],
  ["rfc3339", ["2026-11-18T11:06:40.000100Z", "2026-11-18T11:06:40.000200Z"]],
] as const)("times of a gap are told as asked for, in %s", (time, [one, other]) => {
  const [fromUs, toUs] = [1_795_000_000_000_100, 1_795_000_000_000_200];
  const gap = {
    ...{ run: 1, first: 5, last: 6, state: "lost", cause: "network", requests: 2 },
    ...{ fromUs, toUs, openedAtUs: fromUs, closedAtUs: toUs },
  } as PlacedGap;
  const { gaps } = jsonOf((out) => writeSeries(out, foundOf([gap]), [runOf(1, false)], time));
  expect(gaps).toMatchObject([{ from: one, to: other, openedAt: one, closedAt: other }]);
});

test.each([
  ["us", 1_795_000_000_000_100],
  ["ms", 1_795_000_000_000.1],
  ["rfc3339", "2026-11-18T11:06:40.000100Z"],
] as const)("a start names its epoch and run, and its time as asked for, in %s", (time, at) => {
  const found = { ...foundOf(), starts: [{ run: 2, atUs: 1_795_000_000_000_100 }], startsLeftOut: 4 };
  const withoutEpoch = { ...runOf(2, false), epoch: null };
  for (const run of [runOf(2, false), withoutEpoch]) {
    const { starts, startsLeftOut } = jsonOf((out) => writeSeries(out, found, [runOf(1, false), run], time));
    expect([starts, startsLeftOut]).toEqual([[{ at, epoch: run.epoch, run: 2 }], 4]);
  }
});

test("a broken line has a point without value half way, one where several lines have no chosen point", () => {
  const points = {
    ...{
      count: 6,
      timeUs: [100, 200, 300, 400, 500, 600],
      value: [1, 2, 3, 4, 5, 6],
      lineStart: [0, 2, 3, 4],
    },
  } as unknown as PointsFound["points"];
  const found: PointsFound = { whole: foundOf(), points, chosen: [0, 1, 4, 5] };
  const json = jsonOf((out) => writePoints(out, found, [runOf(1, false)], "us"));
  expect(json.points).toEqual([
    { time: 100, value: 1 },
    { time: 200, value: 2 },
    { time: 350, value: null },
    { time: 500, value: 5 },
    { time: 600, value: 6 },
  ]);
});
