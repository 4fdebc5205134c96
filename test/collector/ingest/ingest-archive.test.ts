import { expect, test } from "vitest";
import { DEFAULT_TRACKER_SETTINGS } from "../../../collector/ingest/tracker-settings.ts";
import { Tracker } from "../../../collector/tracker/tracker.ts";
import { IngestBench } from "../../support/ingest-bench.ts";

/** Two open runs of a device, and of those that are closed only what may not leave the memory yet. */
const closing = () => {
  const archive = { load: () => null, loadEpoch: () => null };
  const bounds = { maxOpenRuns: 2, maxClosedRuns: 0 };
  let tracker: Tracker | undefined;
  const bench = new IngestBench({
    tracker: { ...DEFAULT_TRACKER_SETTINGS, ...bounds, archive },
    createTracker: (options, sink) => (tracker = new Tracker(options, sink)),
  });
  return { bench, runCount: () => tracker?.runCount };
};

test.each([
  ["waits for a batch", 0],
  ["is on its way to the writer", 200],
])("a closed run stays in memory while something of it %s", (_, handedOverMs) => {
  const { bench, runCount } = closing();
  bench.isWriterAlive = false;
  for (const epoch of [1, 2, 3, 4]) {
    bench.receive({ epoch, sequence: 0 });
    bench.nowMs += 10_000;
    bench.wallUs += 10_000_000;
    bench.advance(handedOverMs);
  }
  expect(runCount()).toBe(4);
  bench.advance(200);
  bench.giveBack();
  bench.receive({ epoch: 5, sequence: 0 });
  expect(runCount()).toBeLessThan(5);
});

test("a closed run stays in memory until it is in the tables, where it is read back from", () => {
  const { bench, runCount } = closing();
  const runsAfter = (epochs: number[]): number | undefined => {
    for (const epoch of epochs) {
      bench.receive({ epoch, sequence: 0 });
      bench.nowMs += 10_000;
      bench.wallUs += 10_000_000;
      bench.advance(200);
    }
    return runCount();
  };
  bench.areTablesBehind = true;
  expect(runsAfter([1, 2, 3, 4])).toBe(4);
  bench.areTablesBehind = false;
  // that it was closed is to get there too
  expect(runsAfter([5, 6])).toBe(3);
});

test.each([
  ["a name", (bench: IngestBench) => bench.receive('{"device":"d","epoch":1,"units":{"t":"Cel"}}')],
  ["its source", (bench: IngestBench) => bench.receive({ sequence: 2 ** 40 }, 0, 6000)],
])("a device stays in memory until %s, which no row tells, is in the tables", (_, say) => {
  const archive = { load: () => null, loadEpoch: () => null };
  let tracker: Tracker | undefined;
  const bench = new IngestBench({
    tracker: { ...DEFAULT_TRACKER_SETTINGS, maxDevices: 1, archive },
    createTracker: (options, sink) => (tracker = new Tracker(options, sink)),
  });
  bench.receive({ sequence: 0 });
  bench.receive({ sequence: 1 });
  // more than it takes to be idle
  bench.advance(120_000);
  bench.areTablesBehind = true;
  say(bench);
  // what was held is dropped
  bench.advance(6000);
  bench.receive({ device: "e" });
  expect(bench.counts().rejected).toMatchObject({ "device-limit": 1 });
  bench.areTablesBehind = false;
  bench.advance(120_000);
  bench.receive({ device: "e" });
  expect([tracker?.arrivalsOf("d"), tracker?.deviceCount]).toEqual([null, 1]);
});
