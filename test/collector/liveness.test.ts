import { expect, test } from "vitest";
import { NOTHING_RESTORED } from "../../collector/ingest/nothing-restored.ts";
import { DEFAULT_TRACKER_SETTINGS } from "../../collector/ingest/tracker-settings.ts";
import type { DeviceSnapshot } from "../../protocol/batch.ts";
import { ROW, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { NOON_US, rowOf } from "../support/fake-sources.ts";
import { IngestBench } from "../support/ingest-bench.ts";

const KINDS = ["online", "stale", "offline", "status-changes"];
const said = (bench: IngestBench) =>
  bench.reader
    .notesOf("event")
    .filter(({ kind }) => KINDS.includes(kind))
    .map(({ kind, device, at }) => `${kind} ${device} ${Math.round((at - NOON_US) / 1e6)}`);

/** `count` datagrams of each device, a second apart. */
const speak = (bench: IngestBench, ids: readonly string[], from: number, count: number): void => {
  for (let sequence = from; sequence < from + count; sequence++) {
    for (const id of ids) bench.receive({ device: id, sequence });
    bench.advance(1000);
  }
};

const device = (fields: Parameters<typeof rowOf>[0]): DeviceSnapshot => ({
  device: 1,
  id: "pump-7",
  source: "10.0.0.1:5000",
  channels: [],
  runs: [
    {
      epoch: 1,
      index: 0,
      row: rowOf({
        RUN: 1,
        DEVICE: 1,
        FIRST: 0,
        HIGH_WATER: 99,
        IN_ORDER: 100,
        FLAGS: ROW_FLAG.CURRENT | ROW_FLAG.CONFIRMED,
        INTERVAL: 1_000_000,
        ...fields,
      }),
      absent: [],
    },
  ],
});
const restoredWith = (snapshot: DeviceSnapshot) => ({
  ...NOTHING_RESTORED,
  hasHistory: true,
  nextDevice: 2,
  nextRun: 2,
  devices: [snapshot],
});

test("a device that falls silent is stale, then offline, and online when it is heard again", () => {
  const bench = new IngestBench();
  speak(bench, ["pump-7"], 0, 5);
  bench.advance(20_000);
  bench.receive({ device: "pump-7", sequence: 5 });
  bench.advance(2000);
  // heard last at 4 s
  expect(said(bench)).toEqual(["stale 1 7", "offline 1 14", "online 1 25"]);
});

test.each([
  ["DATA", 1],
  ["HEARTBEAT", 1],
  ["DATA", 2],
  ["HEARTBEAT", 2],
] as const)(
  "the silence ends with the first datagram after it, be it %s of epoch %i, however many came before it was seen",
  (kind, epoch) => {
    const bench = new IngestBench();
    speak(bench, ["pump-7"], 0, 5);
    bench.advance(20_000);
    const sequence = epoch === 1 ? 5 : 0;
    bench.receive({ device: "pump-7", kind, epoch, sequence });
    bench.nowMs += 900;
    bench.wallUs += 900_000;
    bench.receive({ device: "pump-7", epoch, sequence: kind === "DATA" ? sequence + 1 : sequence });
    bench.advance(1000);
    const back = bench.reader.notesOf("event").find((event) => event.kind === "online");
    expect(back?.detail).toMatchObject({ silenceSeconds: 21 });
  },
);

test("an event tells the status before, how long the silence is and what is usual", () => {
  const bench = new IngestBench();
  speak(bench, ["pump-7"], 0, 5);
  bench.advance(5000);
  const [event] = bench.reader.notesOf("event").filter(({ kind }) => kind === "stale");
  expect(event!.detail).toMatchObject({ from: "online", intervalSeconds: 1 });
  expect(event!.detail.silenceSeconds).toBeGreaterThan(3);
  expect(event!.detail.silenceSeconds).toBeLessThan(4.1);
});

test("an interval that is not learned yet is null in the event, as it is of the device", () => {
  const bench = new IngestBench();
  bench.receive({ device: "pump-7", sequence: 0 });
  bench.advance(5000);
  for (let sequence = 0; sequence < 2; sequence++) bench.receive({ device: "pump-7", epoch: 2, sequence });
  bench.advance(1000);
  const [event] = bench.reader.notesOf("event").filter(({ kind }) => kind === "online");
  expect(event!.detail).toEqual({ from: "unknown", silenceSeconds: 5, intervalSeconds: null });
});

test.each([
  ["the same epoch", 1],
  ["a new epoch", 2],
])("the event online tells how long nothing was heard before, also in %s", (_, epoch) => {
  const bench = new IngestBench();
  speak(bench, ["pump-7"], 0, 5);
  bench.advance(9500);
  for (let sequence = 0; sequence < 20; sequence++) {
    bench.receive({ device: "pump-7", epoch, sequence: epoch === 1 ? sequence + 5 : sequence });
    bench.advance(100);
  }
  const [event] = bench.reader.notesOf("event").filter(({ kind }) => kind === "online");
  // heard last at 4 s, then at 14.5 s
  expect(event!.detail).toMatchObject({ from: "offline", silenceSeconds: 10.5 });
});

test("an announced sleep and an orderly end are no alarm", () => {
  const bench = new IngestBench();
  speak(bench, ["asleep", "over"], 0, 5);
  bench.receive({ device: "asleep", kind: "HEARTBEAT", sequence: 5, sleepSeconds: 60 });
  bench.receive({ device: "over", kind: "HEARTBEAT", sequence: 5, end: true });
  bench.advance(55_000);
  expect(said(bench)).toEqual([]);
});

test("a device that oversleeps is an alarm", () => {
  const bench = new IngestBench();
  speak(bench, ["asleep"], 0, 5);
  bench.receive({ device: "asleep", kind: "HEARTBEAT", sequence: 5, sleepSeconds: 60 });
  bench.advance(70_000);
  expect(said(bench)).toEqual(["stale 1 68"]);
});

test("a restart of the collector alarms for nobody, and a device that stays away does", () => {
  const bench = new IngestBench({
    restored: restoredWith(device({ LAST_ARRIVAL: NOON_US - 3_600_000_000 })),
  });
  bench.advance(2500);
  expect(said(bench)).toEqual([]);
  bench.advance(10_000);
  expect(said(bench).map((event) => event.split(" ")[0])).toEqual(["stale", "offline"]);
});

test("the time the collector was down is no part of a silence that an event tells", () => {
  const unnumbered = { FIRST: 0, HIGH_WATER: -1, IN_ORDER: 0, LAST_ARRIVAL: NOON_US - 3_600_000_000 };
  const bench = new IngestBench({ restored: restoredWith(device(unnumbered)) });
  bench.advance(15_000);
  bench.receive({ device: "pump-7", kind: "HEARTBEAT", sequence: 0 });
  bench.advance(100);
  const silences = bench.reader
    .notesOf("event")
    .filter(({ kind }) => KINDS.includes(kind))
    .map(({ kind, detail }) => [kind, Math.floor(Number(detail.silenceSeconds))]);
  expect(silences).toEqual([
    ["stale", 3],
    ["offline", 10],
    ["online", 15],
  ]);
});

test("a device that was offline before the stop is no news after the start", () => {
  const gone = device({ RUN: 2, DEVICE: 2, LAST_ARRIVAL: NOON_US - 7_200_000_000 });
  const alive = device({ LAST_ARRIVAL: NOON_US - 3_600_000_000 });
  const restored = { ...restoredWith(alive), nextDevice: 3, nextRun: 3 };
  const bench = new IngestBench({
    restored: { ...restored, devices: [alive, { ...gone, device: 2, id: "gone" }] },
  });
  bench.advance(20_000);
  expect(said(bench).map((event) => event.replace(/ \d+$/, ""))).toEqual(["stale 1", "offline 1"]);
});

test("a device that is new, or says one thing only, is no news", () => {
  const bench = new IngestBench();
  bench.advance(20_000);
  bench.receive({ device: "once", sequence: 0 });
  bench.receive({ device: "pump-7", sequence: 0 });
  bench.advance(1000);
  bench.receive({ device: "pump-7", sequence: 1 });
  bench.advance(2500);
  expect(bench.reader.notesOf("event").map(({ kind }) => kind)).toEqual(["collector-started"]);
});

test("a device in the place of one that was offline is not said to be back", () => {
  const bench = new IngestBench({ tracker: { ...DEFAULT_TRACKER_SETTINGS, maxDevices: 1 } });
  for (const sequence of [0, 2]) {
    bench.receive({ device: "forgotten", sequence });
    bench.advance(1000);
  }
  bench.advance(20_000);
  bench.receive({ device: "pump-7", sequence: 0 });
  bench.advance(1000);
  expect(said(bench).map((event) => event.replace(/ \d+$/, ""))).toEqual(["stale 1", "offline 1"]);
  expect(bench.counts().rejected).toEqual({});
});

test("what was known before the restart is not said again", () => {
  const ended = device({ LAST_ARRIVAL: NOON_US - 10, FLAGS: ROW_FLAG.CURRENT | ROW_FLAG.ENDED });
  const bench = new IngestBench({ restored: restoredWith(ended) });
  bench.advance(20_000);
  expect(said(bench)).toEqual([]);
});

test("many devices that fall silent at once are told by a few events and a sum", () => {
  const ids = Array.from({ length: 900 }, (_, index) => `d${index}`);
  const bench = new IngestBench();
  speak(bench, ids, 0, 3);
  bench.advance(40_000);
  const events = bench.reader.notesOf("event").filter(({ kind }) => KINDS.includes(kind));
  const told = events.filter(({ kind }) => kind === "stale" || kind === "offline").length;
  const sums = events.filter(({ kind }) => kind === "status-changes").map(({ detail }) => detail);
  const summed = sums.reduce((sum, { stale, offline }) => sum + Number(stale) + Number(offline), 0);
  expect(told).toBeLessThan(300);
  expect(sums.length).toBeGreaterThan(0);
  expect(told + summed).toBe(2 * ids.length);
});

test("of 300 devices 100 are told at once and 10 a second, within a second of the change, the others in a sum 10 s later", () => {
  const ids = Array.from({ length: 300 }, (_, index) => `d${index}`);
  const bench = new IngestBench();
  speak(bench, ids, 0, 3);
  bench.advance(18_000);
  const events = bench.reader.notesOf("event").filter(({ kind }) => KINDS.includes(kind));
  const secondsOf = (wanted: string): number[] =>
    events.filter(({ kind }) => kind === wanted).map(({ at }) => (at - NOON_US) / 1e6);
  const [stale, offline] = [secondsOf("stale"), secondsOf("offline")];
  // heard last at 2 s: of the offline ones the burst is the 70 that seven seconds have brought
  expect([stale.length, offline.length]).toEqual([109, 70]);
  expect([Math.min(...stale), Math.max(...stale) < 6.03, stale.filter((at) => at < 5.36).length]).toEqual([
    5.02,
    true,
    102,
  ]);
  expect([Math.min(...offline), Math.max(...offline) < 13.03]).toEqual([12.02, true]);
  // the 104th was the first that was not told, at 5.36 s
  expect(secondsOf("status-changes")).toEqual([15.36]);
  expect(events.at(-1)!.detail).toEqual({ online: 0, stale: 191, offline: 230 });
});

test("a copy does not shorten the learned interval", () => {
  const bench = new IngestBench();
  for (let sequence = 0; sequence < 30; sequence++) {
    bench.receive({ sequence });
    bench.advance(500);
    bench.receive({ sequence });
    bench.advance(500);
  }
  expect(bench.reader.rows.get(1)![ROW.INTERVAL]).toBe(1_000_000);
});

test("a clock that is set back makes nobody online, and is no news of those that go on", () => {
  const bench = new IngestBench();
  speak(bench, ["gone", "alive"], 0, 5);
  speak(bench, ["alive"], 5, 15);
  bench.wallUs -= 3_600_000_000;
  bench.advance(2000);
  speak(bench, ["alive"], 20, 15);
  expect(said(bench).map((event) => event.replace(/ -?\d+$/, ""))).toEqual(["stale 1", "offline 1"]);
});

test("events are at whole microseconds, however the clock that says what is drained counts", () => {
  const bench = new IngestBench();
  speak(bench, ["pump-7"], 0, 5);
  for (let tick = 0; tick < 300; tick++) {
    bench.advance(20);
    bench.ingest.tick(bench.nowMs, bench.nowMs - 0.000_3, bench.wallUs);
  }
  bench.advance(200);
  const events = bench.reader.notesOf("event").filter(({ kind }) => kind === "stale");
  expect(events.map(({ at }) => Number.isInteger(at))).toEqual([true]);
});
