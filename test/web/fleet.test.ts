import { describe, expect, test } from "vitest";
import { CAUSES } from "../../protocol/ledger-row.ts";
import { binNumbers } from "../../web/src/bins/bin-numbers.ts";
import { LOST_BINS, CAUSES as WEB_CAUSES } from "../../web/src/bins/bins.ts";
import type { Causes, HistorySample } from "../../web/src/data/types.ts";
import { eventSentence } from "../../web/src/fleet/event-sentence.ts";
import { formatSorting, nextSorting, parseSorting } from "../../web/src/fleet/sort.ts";
import {
  completenessOf,
  lately,
  rawLossOf,
  residualOf,
  spanOfStep,
  trendOf,
} from "../../web/src/fleet/trend.ts";
import { completenessData, lossData, STACKED, trendPoints } from "../../web/src/fleet/trend-columns.ts";
import { notStored, verdict } from "../../web/src/fleet/verdict.ts";

const causes = (given: Partial<Causes> = {}): Causes => ({
  network: 0,
  "socket-overflow": 0,
  "queue-overflow": 0,
  "collector-down": 0,
  gone: 0,
  undetermined: 0,
  ...given,
});

const sample = (second: number, given: Partial<HistorySample> = {}): HistorySample => ({
  time: new Date(second * 1000).toISOString(),
  datagrams: 0,
  expected: 0,
  received: 0,
  reordered: 0,
  recovered: 0,
  late: 0,
  missing: 0,
  lost: 0,
  causes: causes(),
  ...given,
});

test("the page knows the causes of the ledger, and each has its bin", () => {
  expect(WEB_CAUSES).toEqual(CAUSES);
  expect(LOST_BINS.map(({ key }) => key).sort()).toEqual(CAUSES.toSorted());
});

test("the bins of a total add up to what was expected", () => {
  const bins = {
    expected: 100,
    received: 90,
    recovered: 3,
    late: 2,
    missing: 4,
    lost: 6,
    causes: causes({ gone: 6 }),
  };
  const numbers = binNumbers({ ...bins, reordered: 5 });
  expect(Object.values(numbers).reduce((sum, number) => sum + number, 0)).toBe(100);
  expect(numbers.inOrder).toBe(80);
});

describe("the trend", () => {
  const samples = Array.from({ length: 101 }, (_, second) =>
    sample(second, {
      expected: second * 10,
      received: second * 9,
      recovered: second,
      lost: second,
      causes: causes({ network: second }),
    }),
  );

  test("has about as many steps as asked for, each the difference of its ends", () => {
    const trend = trendOf(samples, 20);
    expect(trend).toHaveLength(20);
    expect(completenessOf(trend[3]!)).toBe(0.9);
    expect([rawLossOf(trend[3]!), residualOf(trend[3]!)]).toEqual([10, 5]);
  });

  test("reaches to the newest sample, also where steps are joined and one is left", () => {
    for (let many = 2; many <= samples.length; many++) {
      const trend = trendOf(samples.slice(0, many), 20);
      expect(trend.length).toBeLessThanOrEqual(20);
      expect(trend.at(-1)!.toMs).toBe(Date.parse(samples[many - 1]!.time));
      expect(trend.reduce((sum, { expected }) => sum + expected, 0)).toBe(
        samples[many - 1]!.expected - samples[0]!.expected,
      );
    }
  });

  test("of the last minute reaches a minute back, or as far as there is", () => {
    expect(lately(samples, 60)?.expected).toBe(600);
    expect(lately(samples.slice(0, 4), 60)?.expected).toBe(30);
    expect(lately(samples.slice(0, 1), 60)).toBeUndefined();
    // nothing was told meanwhile
    expect(lately([sample(0), sample(120, { expected: 10 })], 60)?.expected).toBe(10);
  });

  test("a number that came late takes a loss back and makes none", () => {
    const [step] = trendOf(
      [
        sample(0, { lost: 5, causes: causes({ gone: 5 }) }),
        sample(1, { lost: 3, late: 2, causes: causes({ gone: 3 }) }),
      ],
      10,
    );
    expect([step!.lost, residualOf(step!)]).toEqual([0, 0]);
  });

  test("is drawn over the whole of a step that stands between two in which nothing was expected", () => {
    const trend = trendOf(
      [
        sample(0),
        sample(1),
        sample(6, { expected: 10, received: 8, missing: 2 }),
        sample(7, { expected: 10, received: 10 }),
      ],
      10,
    );
    const points = trendPoints(trend);
    expect(completenessData(points)).toEqual([
      [1, 1.001, 6, 7],
      [null, 100, 100, null],
    ]);
    expect(lossData(points)[0]).toEqual([1, 1.001, 6, 7]);
  });

  test("stacks what did not come in time upon what was lost here, in percent, the greatest sum first", () => {
    const step = (given: Partial<HistorySample>) => trendOf([sample(0), sample(1, given)], 1)[0]!;
    const lossy = step({
      ...{ expected: 100, received: 84, recovered: 1, late: 2, missing: 3, lost: 13 },
      causes: causes({ "queue-overflow": 4, network: 9 }),
    });
    expect(rawLossOf(lossy)).toBe(19);
    const points = [lossy, step({})].map((each, ms) => ({ ms: ms * 1000, step: each }));
    const [times, ...layers] = lossData(points);
    expect(times).toEqual([0, 1]);
    expect(STACKED.map(({ key }, index) => [key, ...layers.toReversed()[index]!])).toEqual([
      ["queue-overflow", 4, null],
      ["socket-overflow", 4, null],
      ["collector-down", 4, null],
      ["network", 13, null],
      ["gone", 13, null],
      ["undetermined", 13, null],
      ["missing", 16, null],
      ["late", 18, null],
      ["recovered", 19, null],
    ]);
  });

  test("knows no completeness where nothing was expected", () => {
    expect(completenessOf({ received: 0, expected: 0 })).toBeNull();
  });
});

test.each([
  [{ expected: 0, missing: 0, causes: causes() }, "No numbered datagram in the last minute."],
  [{ expected: 9, missing: 0, causes: causes() }, "Every number sent in the last minute is here."],
  [{ expected: 9, missing: 2, causes: causes() }, "Nothing is lost. 2 numbers may still come."],
  [
    { expected: 9, missing: 0, causes: causes({ network: 3 }) },
    "3 numbers lost on the way here. This host lost none.",
  ],
  [
    { expected: 9, missing: 0, causes: causes({ network: 3, "socket-overflow": 1 }) },
    "This host lost 1 number in the buffer of our socket.",
  ],
  [
    { expected: 9, missing: 0, causes: causes({ undetermined: 3 }) },
    "3 numbers lost. Nothing says that it was this host.",
  ],
])("the verdict says whose doing it is: %#", (numbers, sentence) => {
  expect(verdict(numbers, "the last minute")).toBe(sentence);
});

test.each([
  [0, ""],
  [1, " 1 number is not stored yet."],
  [1603, " 1,603 numbers are not stored yet."],
])("beside the verdict stands what only the memory holds: %d", (pending, sentence) => {
  expect(notStored(pending)).toBe(sentence);
});

test("a column is sorted by what an operator looks for first, then the other way", () => {
  const first = nextSorting(parseSorting(null), "lost");
  expect(formatSorting(first)).toBe("-lost");
  expect(formatSorting(nextSorting(first, "lost"))).toBe("lost");
  expect(parseSorting("-lost")).toEqual(first);
  expect(["id", "-id", "nonsense"].map((text) => formatSorting(parseSorting(text)))).toEqual([
    null,
    "-id",
    null,
  ]);
});

test("an event is a sentence, one of an unknown kind is named", () => {
  const event = { event: 1, time: "", device: "pump-7" };
  const down = { from: "2026-11-20T12:00:00.000000Z", to: "2026-11-20T12:01:01.000000Z" };
  expect(eventSentence({ ...event, kind: "restart", detail: { from: 1, to: null } })).toBe(
    "restarted: epoch 1 → –",
  );
  expect(eventSentence({ ...event, kind: "collector-down", detail: down })).toBe(
    "the collector was down for 1 min 1 s",
  );
  expect(eventSentence({ ...event, kind: "collector-down", detail: { ...down, from: null } })).toBe(
    "the collector was down; nothing had been heard before",
  );
  const until = "2026-11-20T12:00:00.000000Z";
  expect(eventSentence({ ...event, kind: "sleep", detail: { until } })).toMatch(
    /^announced that it sleeps until .*2026/,
  );
  const listener = "udp://239.1.2.3:4748";
  const reason = `${listener}: there is no interface eth7`;
  expect(
    eventSentence({ ...event, kind: "listener-state", detail: { listener, state: "UNAVAILABLE", reason } }),
  ).toBe("udp://239.1.2.3:4748 is UNAVAILABLE: there is no interface eth7");
  const online = { silenceSeconds: 42.4, intervalSeconds: 5.003 };
  expect(eventSentence({ ...event, kind: "online", detail: { ...online, from: "offline" } })).toBe(
    "is heard again after 42 s",
  );
  expect(eventSentence({ ...event, kind: "online", detail: { ...online, from: "unknown" } })).toBe(
    "is heard every 5 s",
  );
  // 0 in events of earlier builds
  for (const intervalSeconds of [null, 0]) {
    const detail = { ...online, from: "unknown", intervalSeconds };
    expect(eventSentence({ ...event, kind: "online", detail })).toBe("is heard");
  }
  const changes = { online: 4847, stale: 0, offline: 12 };
  expect(eventSentence({ ...event, kind: "status-changes", detail: changes })).toBe(
    "many more changed at once: 4,847 online, 0 stale, 12 offline",
  );
  expect(eventSentence({ ...event, kind: "path-down", detail: { path: "B", owed: 1 } })).toBe(
    "path B is dead: 1 number came by others only",
  );
  expect(eventSentence({ ...event, kind: "path-up", detail: { path: null } })).toBe(
    "the path without a name is back",
  );
  expect(eventSentence({ ...event, kind: "new-kind", detail: {} })).toBe("new-kind");
  expect(eventSentence({ ...event, kind: "offline", detail: { damaged: true } })).toMatch(
    /^offline .*damaged/,
  );
});

test.each([
  [1000, "the last second"],
  [1800, "the last 2 seconds"],
  [59_200, "the last minute"],
  [61_000, "the last minute"],
])("what was counted for %i ms is of %s", (toMs, span) => {
  expect(spanOfStep({ fromMs: 86_400_000, toMs: 86_400_000 + toMs })).toBe(span);
});
