import { expect, test } from "vitest";
import { NOTHING_RESTORED } from "../../../collector/ingest/nothing-restored.ts";
import { DEFAULT_TRACKER_SETTINGS } from "../../../collector/ingest/tracker-settings.ts";
import type { DeviceSnapshot } from "../../../protocol/batch.ts";
import { ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { rowOf } from "../../support/fake-sources.ts";
import { IngestBench } from "../../support/ingest-bench.ts";

test("a described channel is announced once per epoch, and again when its name changes", () => {
  const bench = new IngestBench();
  const readings = [{ channel: 7, type: "float64", value: 1 }];
  bench.receive({ sequence: 0, readings });
  bench.receive({ sequence: 1, readings });
  const descriptions = [{ channel: 7, name: "temperature", unit: "Cel" }];
  bench.receive({ kind: "DESCRIBE", sequence: 2, descriptions });
  bench.receive({ kind: "DESCRIBE", sequence: 2, descriptions });
  bench.receive({ epoch: 2, sequence: 0, readings });
  const renamed = [{ channel: 7, name: "temp", unit: "Cel" }];
  bench.receive({ epoch: 2, kind: "DESCRIBE", sequence: 1, descriptions: renamed });
  bench.stop();
  const device = bench.reader.notesOf("device")[0]!.device;
  expect(bench.reader.notesOf("channel")).toEqual([
    { note: "channel", device, epoch: 1, channel: 7, name: "temperature", unit: "Cel" },
    { note: "channel", device, epoch: 2, channel: 7, name: "temp", unit: "Cel" },
  ]);
});

test("JSON channels are numbered by their names, also over restarts of the sender", () => {
  const bench = new IngestBench();
  bench.receive('{"device":"d","epoch":1,"seq":0,"values":{"a":1,"b":2},"units":{"b":"Cel"}}');
  bench.receive('{"device":"d","epoch":2,"seq":0,"values":{"b":3}}');
  bench.stop();
  expect(bench.reader.stored.map(({ readings }) => readings.map(({ channel }) => channel))).toEqual([
    [32_769, 32_768],
    [32_768],
  ]);
  expect(bench.reader.notesOf("channel").map(({ channel, name, unit }) => [channel, name, unit])).toEqual([
    [32_768, "b", ""],
    [32_768, "b", "Cel"],
    [32_769, "a", ""],
    [32_768, "b", ""],
  ]);
});

test("JSON channels of datagrams without a number are named where their readings are: in no epoch", () => {
  const bench = new IngestBench();
  bench.receive('{"device":"d","epoch":3,"values":{"temp":1},"units":{"temp":"Cel"}}');
  bench.receive('{"device":"d","epoch":4,"values":{"temp":2}}');
  bench.stop();
  expect(bench.reader.notesOf("run")).toMatchObject([{ epoch: null }]);
  expect(bench.reader.notesOf("channel").map(({ epoch, name, unit }) => [epoch, name, unit])).toEqual([
    [null, "temp", ""],
    [null, "temp", "Cel"],
  ]);
});

test("names of an epoch that was refused are not stored, nor those of one that has sent nothing", () => {
  const bench = new IngestBench();
  const describe = (epoch: number) =>
    bench.receive({
      kind: "DESCRIBE",
      epoch,
      sequence: 0,
      descriptions: [{ channel: 1, name: `name ${epoch}`, unit: "" }],
    });
  for (let epoch = 0; epoch < 100; epoch++) describe(epoch);
  bench.receive('{"device":"d","epoch":1,"units":{"temp":"Cel"}}');
  bench.receive('{"device":"d","epoch":1000,"units":{"temp":"K"}}');
  bench.stop();
  expect(bench.counts().control).toBe(102);
  const epochs = bench.reader.notesOf("run").map(({ epoch }) => epoch);
  const names = bench.reader.notesOf("channel");
  expect(names.map(({ epoch }) => epoch)).toEqual([...epochs, 1, 1]);
  expect(names.at(-1)).toMatchObject({ name: "temp", unit: "Cel" });
});

test("of what one datagram says of a channel the last counts", () => {
  const bench = new IngestBench();
  const descriptions = ["a", "b", "c"].flatMap((name) =>
    [1, 2].map((channel) => ({ channel, name, unit: "" })),
  );
  bench.receive({ kind: "DESCRIBE", sequence: 0, descriptions });
  bench.stop();
  expect(bench.reader.notesOf("channel")).toMatchObject([
    { channel: 1, name: "c" },
    { channel: 2, name: "c#2" },
  ]);
});

test("names of an epoch that was refused are not those of the datagrams without a number", () => {
  const bench = new IngestBench();
  bench.receive('{"device":"d","values":{"temp":1}}');
  for (let epoch = 0; epoch < 100; epoch++)
    bench.receive(`{"device":"d","epoch":${epoch},"next":0,"units":{"temp":"Cel"}}`);
  bench.stop();
  const [unsequenced, ...epochs] = bench.reader.notesOf("run").map(({ epoch }) => epoch);
  expect(unsequenced).toBeNull();
  const described = bench.reader.notesOf("channel").filter(({ unit }) => unit === "Cel");
  expect(described.map(({ epoch }) => epoch)).toEqual(epochs);
});

test("units alone describe the datagrams without a number where the epoch has no other", () => {
  const bench = new IngestBench();
  bench.receive('{"device":"d","epoch":3,"values":{"temp":1}}');
  bench.receive('{"device":"d","epoch":3,"units":{"temp":"Cel"}}');
  bench.stop();
  expect(bench.reader.notesOf("channel").map(({ epoch, unit }) => [epoch, unit])).toEqual([
    [null, ""],
    [null, "Cel"],
  ]);
});

test("the channel beyond 1,024 is refused, its datagram is received", () => {
  const bench = new IngestBench();
  for (let batch = 0; batch < 2; batch++) {
    const readings = Array.from({ length: 600 }, (_, index) => ({
      channel: batch * 600 + index,
      type: "float64",
      value: 1,
    }));
    bench.receive({ sequence: batch, readings });
  }
  bench.stop();
  expect(bench.counts()).toMatchObject({ received: 2, refusedReadings: { "too-many-channels": 176 } });
  expect(bench.reader.rows.get(1)![ROW.READINGS]).toBe(1024);
});

test("a device that was read back has its channels by the numbers they had", () => {
  const archived: DeviceSnapshot[] = [];
  const archive = {
    load: (id: string) => archived.find((device) => device.id === id) ?? null,
    loadEpoch: () => null,
  };
  const bench = new IngestBench({
    tracker: { ...DEFAULT_TRACKER_SETTINGS, maxDevices: 1, archive },
  });
  for (const seq of [0, 1]) bench.receive(`{"device":"old","epoch":1,"seq":${seq},"values":{"a":1,"b":2}}`);
  bench.advance(60_000);
  const row = bench.reader.rows.get(1)!;
  const channels = bench.reader.notesOf("channel").map(({ note: _, device: __, ...channel }) => channel);
  archived.push({
    device: 1,
    id: "old",
    source: "10.0.0.1:5000",
    channels,
    runs: [{ epoch: 1, index: 0, row, absent: [] }],
  });
  bench.receive('{"device":"new","seq":0}');
  bench.receive('{"device":"old","epoch":1,"seq":2,"values":{"b":2}}');
  bench.stop();
  const numbers = bench.reader.stored
    .filter(({ run }) => run === 1)
    .map(({ readings }) => readings.map(({ channel, value }) => [channel, value]));
  const [[a], [b]] = numbers[0] as [[number, number], [number, number]];
  expect(a).not.toBe(b);
  expect(numbers.at(-1)).toEqual([[b, 2]]);
});

test("names alone are taken of a device that is not in memory: it is read back", () => {
  const flags = ROW_FLAG.CONFIRMED | ROW_FLAG.CURRENT;
  const row = rowOf({ RUN: 1, DEVICE: 1, FIRST: 0, FLAGS: flags });
  const run = { epoch: 1, index: 0, row, absent: [] };
  const old: DeviceSnapshot = { device: 1, id: "old", source: "10.0.0.1:5000", channels: [], runs: [run] };
  const bench = new IngestBench({
    tracker: { ...DEFAULT_TRACKER_SETTINGS, archive: { load: () => old, loadEpoch: () => null } },
    restored: { ...NOTHING_RESTORED, nextDevice: 2, nextRun: 2, leftOut: ["old"] },
  });
  bench.receive('{"device":"nobody","epoch":1,"units":{"a":"Cel"}}');
  bench.receive('{"device":"old","epoch":1,"units":{"a":"Cel"}}');
  bench.stop();
  expect(bench.reader.notesOf("device")).toEqual([]);
  expect(bench.reader.notesOf("channel").at(-1)).toMatchObject({
    device: 1,
    epoch: 1,
    name: "a",
    unit: "Cel",
  });
});
