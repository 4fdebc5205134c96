import { expect, test } from "vitest";
import { BATCH_DATAGRAMS, Batch, OP, OP_CODE } from "../../../protocol/batch.ts";
import { KIND } from "../../../protocol/constants.ts";
import { Datagram } from "../../../protocol/datagram.ts";
import { setDeviceId } from "../../../protocol/device-id.ts";
import { CAUSE, ROW } from "../../../protocol/ledger-row.ts";
import { IngestBench } from "../../support/ingest-bench.ts";

test("a batch is handed over 100 ms after its first change and not before", () => {
  const bench = new IngestBench();
  bench.advance(120);
  const before = bench.reader.lastNumber;
  bench.receive({ sequence: 0 });
  bench.advance(80);
  expect(bench.reader.lastNumber).toBe(before);
  bench.advance(20);
  expect(bench.reader.lastNumber).toBe(before + 1);
  bench.advance(1000);
  expect(bench.reader.lastNumber).toBe(before + 1);
});

test("a batch is handed over at once when it is full", () => {
  const bench = new IngestBench();
  for (let sequence = 0; sequence < 5000; sequence++) bench.receive({ sequence });
  expect(bench.reader.lastNumber).toBe(1);
  expect(bench.reader.stored.length).toBeGreaterThan(4000);
  bench.stop();
  expect(bench.reader.stored).toHaveLength(5000);
});

/** [number of rows, is partial] of each batch handed over so far; the writer must have kept them. */

const rowsOf = (bench: IngestBench) =>
  bench.messages.map(({ buffer, isPartial }) => [new Batch(buffer).rowCount, isPartial]);

test("of full batches that follow each other fast only some carry rows and windows, for those before them too", () => {
  const bench = new IngestBench({ batches: 32 });
  bench.isWriterAlive = false;
  const isLeftOut = (sequence: number): boolean => sequence % 1000 === 7;
  bench.receiveRun(0, 2.5 * BATCH_DATAGRAMS, isLeftOut);
  bench.nowMs += 30;
  bench.receiveRun(2.5 * BATCH_DATAGRAMS, 5 * BATCH_DATAGRAMS, isLeftOut);
  const [full, partial] = [
    [1, false],
    [0, true],
  ];
  expect(rowsOf(bench)).toEqual([full, partial, full, partial]);
  expect(new Batch(bench.messages[2]!.buffer).opCount).toBeGreaterThan(8);
  bench.giveBack();
  bench.stop();
  expect(bench.reader.stored).toHaveLength(bench.counts().received);
});

test("when batches run out the last of them is complete, so that the writer can give them back", () => {
  const bench = new IngestBench({ batches: 16 });
  bench.isWriterAlive = false;
  bench.receiveRun(0, 13 * BATCH_DATAGRAMS);
  expect(rowsOf(bench).map(([, isPartial]) => isPartial)).toEqual([
    false,
    true,
    true,
    ...new Array(9).fill(false),
  ]);
  expect(bench.counts().shed).toBeGreaterThan(0);
});

test("what was handed over in part is completed by time, however much is under way", () => {
  const bench = new IngestBench({ batches: 64 });
  bench.isWriterAlive = false;
  bench.receiveRun(0, 36 * BATCH_DATAGRAMS);
  const { length } = bench.messages;
  expect([length > 32, bench.messages.at(-1)!.isPartial]).toEqual([true, true]);
  bench.advance(100);
  expect(bench.messages.slice(length).map(({ isPartial }) => isPartial)).toEqual([false]);
});

test("gaps close in batches that are kept from datagrams, also while datagrams are shed", () => {
  const bench = new IngestBench({ batches: 16 });
  bench.isWriterAlive = false;
  bench.receiveRun(0, 13 * BATCH_DATAGRAMS, (sequence) => sequence === 12 * BATCH_DATAGRAMS - 100);
  const { shed } = bench.counts();
  // a writer that gives nothing back is not given what it cannot take anyway, one that is slow is
  bench.advance(400);
  expect(bench.reader.opsOf(OP_CODE.LOST)).toHaveLength(0);
  bench.giveBack(6);
  bench.advance(100);
  bench.receiveRun(13 * BATCH_DATAGRAMS, 13 * BATCH_DATAGRAMS + 10);
  expect(bench.counts().shed).toBe(shed + 10);
  expect(bench.reader.opsOf(OP_CODE.LOST)).toHaveLength(1);
});

test("what is due at once is closed in portions, and what comes between them is in time", () => {
  const bench = new IngestBench();
  bench.receiveRun(0, 6002, (sequence) => sequence % 2 === 1);
  bench.nowMs += 250;
  const left = (): number[] => {
    const numbers: number[] = [];
    for (let isMoreDue = true; isMoreDue; numbers.push(bench.ingest.openGaps))
      isMoreDue = bench.ingest.tick(bench.nowMs, bench.nowMs, bench.wallUs);
    return numbers;
  };
  expect(bench.ingest.tick(bench.nowMs, bench.nowMs, bench.wallUs)).toBe(true);
  const { openGaps } = bench.ingest;
  bench.receive({ sequence: 1 });
  bench.receive({ sequence: 5999 });
  expect(left()).toEqual([0]);
  bench.stop();
  expect([3000 - openGaps, bench.reader.opsOf(OP_CODE.LOST).length]).toEqual([2048, 2999]);
  expect(bench.reader.rows.get(1)).toMatchObject({ [ROW.MISSING]: 0, [ROW.REORDERED]: 1, [ROW.LATE]: 1 });
});

test("a gap of which many single numbers were shed counts as the many rows it becomes", () => {
  const bench = new IngestBench();
  const datagram = new Datagram();
  const devices = ["a", "b", "c", "d", "e"];
  for (const device of devices) {
    for (const sequence of [0, 1]) bench.receive({ device, sequence });
    setDeviceId(datagram, device);
    datagram.kind = KIND.DATA;
    datagram.epoch = 1;
    for (datagram.sequence = 3; datagram.sequence < 2003; datagram.sequence += 2)
      bench.ingest.shedElsewhere(datagram, bench.wallUs, bench.nowMs);
    bench.receive({ device, sequence: 2003 });
  }
  bench.nowMs += 250;
  const open: number[] = [];
  for (let isMoreDue = true; isMoreDue; open.push(bench.ingest.openGaps))
    isMoreDue = bench.ingest.tick(bench.nowMs, bench.nowMs, bench.wallUs);
  expect(open).toEqual([3, 1, 0]);
});

test("a gap that only a timer closes makes a batch of its own", () => {
  const bench = new IngestBench();
  bench.receive({ sequence: 0 });
  bench.receive({ sequence: 3 });
  bench.advance(120);
  const windows = bench.reader.opsOf(OP_CODE.OPEN);
  expect(windows.map((op) => [op[OP.FIRST], op[OP.LAST]])).toEqual([[1, 2]]);
  const before = bench.reader.lastNumber;
  bench.advance(400);
  expect(bench.reader.lastNumber).toBe(before + 1);
  expect(bench.reader.opsOf(OP_CODE.LOST).map((op) => [op[OP.FIRST], op[OP.LAST], op[OP.CAUSE]])).toEqual([
    [1, 2, CAUSE.UNDETERMINED],
  ]);
  expect(bench.reader.opsOf(OP_CODE.WINDOWS)).toHaveLength(2);
});

test("without a free batch datagrams are shed before the tracker sees them, and their gap says so", () => {
  const bench = new IngestBench({ batches: 2 });
  for (const sequence of [0, 1]) bench.receive({ sequence });
  bench.advance(120);
  bench.isWriterAlive = false;
  for (let sequence = 2; sequence < 9000; sequence++) bench.receive({ sequence });
  const { shed } = bench.counts();
  expect(shed).toBeGreaterThan(0);
  bench.isWriterAlive = true;
  bench.giveBack();
  bench.receive({ sequence: 9000 });
  bench.advance(500);
  const row = bench.reader.rows.get(1)!;
  expect(row[ROW.LOST + CAUSE.QUEUE_OVERFLOW]).toBe(shed);
  expect(row[ROW.IN_ORDER]! + shed).toBe(9001);
  expect(bench.reader.fleet).toMatchObject({ datagrams: 9001, shed });
});

test("without a free batch windows wait and close when one is back", () => {
  const bench = new IngestBench({ batches: 1 });
  bench.isWriterAlive = false;
  bench.receive({ sequence: 0 });
  bench.receive({ sequence: 2 });
  bench.advance(1000);
  expect(bench.reader.opsOf(OP_CODE.LOST)).toHaveLength(0);
  bench.giveBack();
  bench.advance(40);
  bench.isWriterAlive = true;
  bench.giveBack();
  bench.advance(200);
  expect(bench.reader.opsOf(OP_CODE.LOST)).toHaveLength(1);
});

test("a stop without a free batch says so and is done when one is back", () => {
  const bench = new IngestBench({ batches: 1 });
  bench.isWriterAlive = false;
  bench.receive({ sequence: 0 });
  bench.advance(120);
  expect(bench.stop()).toBe(false);
  bench.giveBack();
  expect(bench.ingest.flushAll(bench.nowMs)).toBe(true);
  expect(bench.reader.notesOf("event").at(-1)).toMatchObject({ kind: "collector-stopped" });
});

test("a datagram of the greatest size fits while another is held", () => {
  const bench = new IngestBench();
  const readings = Array.from({ length: 5000 }, () => ({ channel: 1, type: "int32", value: 1 }));
  const sequences = [0, 1, 2 ** 40, 2 ** 40 + 1, 2 ** 40 + 2, 2 ** 40 + 3, 2 ** 40 + 4];
  for (const sequence of sequences) bench.receive({ sequence, readings });
  bench.stop();
  expect(bench.counts()).toMatchObject({ received: 7, shed: 0 });
  const stored = bench.reader.stored.map(({ sequence, readings: kept }) => [
    sequence,
    kept.filter(({ value }) => value === 1).length,
  ]);
  expect(stored).toEqual(sequences.map((sequence) => [sequence, 5000]));
});

test("a tick that closes gaps into more parts than a batch has room for tells each of them once", () => {
  const bench = new IngestBench();
  const shed = new Datagram();
  shed.kind = KIND.DATA;
  shed.epoch = 1;
  const devices = ["a", "b", "c", "d", "e"];
  const last = 2000;
  for (const device of devices) {
    bench.receive({ device, sequence: 0 });
    shed.pointId(new TextEncoder().encode(device));
    for (shed.sequence = 1; shed.sequence < last; shed.sequence += 2)
      bench.ingest.shedElsewhere(shed, bench.wallUs, bench.nowMs);
    bench.receive({ device, sequence: last });
  }
  bench.advance(1000);
  const expected = devices.flatMap((_, index) =>
    Array.from({ length: last - 1 }, (_unused, at) => [index + 1, at + 1]),
  );
  const told = bench.reader.opsOf(OP_CODE.LOST).map((op) => [op[OP.RUN]!, op[OP.FIRST]!] as const);
  // which run's gaps close first is not fixed
  expect(told.sort(([one], [other]) => one - other)).toEqual(expected);
});

test("more windows than a batch has room for are spread over batches and end as lost", () => {
  const bench = new IngestBench();
  for (let sequence = 0; sequence < 6000; sequence += 2) {
    for (const device of ["a", "b", "c", "d"]) bench.receive({ device, sequence });
  }
  bench.advance(1000);
  bench.stop();
  for (const row of bench.reader.rows.values()) expect(row[ROW.MISSING]).toBe(0);
  expect(bench.reader.opsOf(OP_CODE.LOST)).toHaveLength(4 * 2999);
  expect(bench.reader.lastNumber).toBeLessThan(20);
  expect(bench.messages.some(({ isPartial }) => isPartial)).toBe(true);
  expect(bench.messages.at(-1)).toMatchObject({ isPartial: false });
  const lastOfRun = new Map(bench.reader.ops.map((op) => [op[OP.RUN], op[OP.CODE]]));
  expect([...lastOfRun.values()]).toEqual(new Array(4).fill(OP_CODE.WINDOWS));
});
