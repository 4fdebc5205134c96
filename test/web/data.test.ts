import fc from "fast-check";
import { expect, test } from "vitest";
import { lastAnswers, ratesBetween } from "../../web/src/collector/rates.ts";
import { eventParser } from "../../web/src/data/sse.ts";
import type { Listener, Status } from "../../web/src/data/status-types.ts";
import { cellAt, geometryAt, leftOf } from "../../web/src/raster/geometry.ts";

test("events of a stream come whole, wherever it was cut", () => {
  const stream =
    ': hello\n\nid: 1\nevent: ledger\ndata: {"a":1}\n\nevent: gap\r\ndata: x\r\ndata: y\r\n\r\ndata: plain\n\n';
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
      const parse = eventParser();
      const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
      const events = places.slice(1).flatMap((end, index) => parse(stream.slice(places[index], end)));
      expect(events).toEqual([
        { event: "ledger", data: '{"a":1}' },
        { event: "gap", data: "x\ny" },
        { event: "message", data: "plain" },
      ]);
    }),
  );
});

const listener = (given: Partial<Listener> = {}): Listener => ({
  url: "udp://0.0.0.0:4747",
  state: "OK",
  reason: null,
  since: "2026-11-20T12:00:00Z",
  address: "0.0.0.0",
  port: 4747,
  group: null,
  interface: null,
  source: null,
  format: "auto",
  receive: "native",
  receiveBuffer: { requestedBytes: 8_388_608, grantedBytes: 8_388_608 },
  kernelDrops: 0,
  counters: {
    datagrams: 0,
    bytes: 0,
    received: 0,
    duplicates: 0,
    redundant: 0,
    control: 0,
    unsequenced: 0,
    shed: 0,
    held: 0,
    rejected: {},
    unusableSendTimes: 0,
  },
  ...given,
});

const status = (second: number, datagrams: number, given: Partial<Status> = {}): Status => ({
  version: "1",
  now: new Date(second * 1000).toISOString(),
  startedAt: "1970-01-01T00:00:00Z",
  uptimeSeconds: second,
  devices: 0,
  listeners: [listener({ counters: { ...listener().counters, datagrams, bytes: datagrams * 50 } })],
  paths: [],
  threads: [],
  queues: [],
  findings: [],
  database: {
    path: "x",
    state: "OK",
    reason: null,
    since: "",
    sizeBytes: second * 100,
    walBytes: second * 10,
    readingsStored: second,
    lastCommit: null,
    commits: second * 4,
    commitFailures: 0,
    pendingBatches: 0,
  },
  ...given,
});

test("rates are what moved between two answers", () => {
  const rates = ratesBetween(status(10, 1000), status(15, 2000))!;
  expect([rates.datagrams, rates.bytes, rates.commits]).toEqual([200, 10_000, 4]);
  expect(rates.listeners.get("udp://0.0.0.0:4747")).toEqual({ datagrams: 200, bytes: 10_000 });
});

test("rates are of all listeners together, of one that was not there before since it is", () => {
  const [url, counters] = ["udp://[::]:4748", { ...listener().counters, datagrams: 50, bytes: 500 }];
  const before = status(10, 1000);
  const after = status(15, 2000);
  const rates = ratesBetween(before, {
    ...after,
    listeners: [...after.listeners, listener({ url, counters })],
  })!;
  expect([rates.datagrams, rates.bytes]).toEqual([210, 10_100]);
  expect(rates.listeners.get(url)).toEqual({ datagrams: 10, bytes: 100 });
});

test("there are no rates across a restart, nor over so little time that they would be far off", () => {
  for (const seconds of [0, 1, 2.9])
    expect(ratesBetween(status(10, 1), status(10 + seconds, 1000))).toBeUndefined();
  expect(ratesBetween(status(10, 1), status(13, 1))).toBeDefined();
  expect(ratesBetween(status(10, 1), status(15, 1, { startedAt: "1970-01-01T00:00:09Z" }))).toBeUndefined();
});

test("rates go on when the collector's clock is set back, and no more answers are kept than they need", () => {
  let kept: readonly Status[] = [];
  for (let second = 10; second < 40; second++) {
    const anHourBack = { now: new Date((second - 3600) * 1000).toISOString() };
    kept = lastAnswers(kept, status(second, second * 100, second < 25 ? {} : anHourBack));
  }
  expect(kept.map(({ uptimeSeconds }) => uptimeSeconds)).toEqual([
    29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
  ]);
  expect(ratesBetween(status(24, 2400), kept[0]!)?.datagrams).toBe(100);
  const restarted = status(1, 0, { startedAt: "1970-01-01T00:00:40Z" });
  expect(lastAnswers(kept, restarted)).toEqual([restarted]);
});

test.each([1, 1.8])(
  "a point of the raster is a cell, counted from the newest, %s times as large",
  (scale) => {
    const geometry = geometryAt(scale);
    const { cell, row } = geometry;
    expect(cellAt(899, 5, 900, 10, geometry)).toEqual({ row: 0, fromRight: 0 });
    expect(cellAt(900 - cell * 2 - 1, row * 3, 900, 10, geometry)).toEqual({ row: 3, fromRight: 2 });
    expect(cellAt(10, row * 10, 900, 10, geometry)).toBeNull();
    expect(cellAt(901, 5, 900, 10, geometry)).toBeNull();
    expect(leftOf({ row: 0, fromRight: 0 }, 900, geometry)).toBe(900 - cell);
  },
);

test("the raster is as much larger as it is to be, in whole pixels", () => {
  expect([1, 1.8].map(geometryAt)).toEqual([
    { row: 18, rowGap: 2, cell: 9, cellGap: 1 },
    { row: 32, rowGap: 4, cell: 16, cellGap: 2 },
  ]);
});
