import { expect, test } from "vitest";
import { NOTHING_RESTORED } from "../../../collector/ingest/nothing-restored.ts";
import { DEFAULT_TRACKER_SETTINGS } from "../../../collector/ingest/tracker-settings.ts";
import { countsOf, ListenerCounters } from "../../../collector/status/counters.ts";
import { Tracker } from "../../../collector/tracker/tracker.ts";
import { LacunaError } from "../../../common/errors.ts";
import { type DeviceSnapshot, OP, OP_CODE } from "../../../protocol/batch.ts";
import { CAUSE, ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { REJECT } from "../../../protocol/reasons.ts";
import { rowOf } from "../../support/fake-sources.ts";
import { IngestBench } from "../../support/ingest-bench.ts";

const WALL_US = 1_795_176_000_000_000;

test("an accepted datagram is stored with its readings, times made absolute", () => {
  const bench = new IngestBench();
  bench.receive({
    sendTimeUs: WALL_US - 5000,
    readings: [
      { channel: 3, type: "float64", offsetUs: -10, value: 21.5 },
      { channel: 4, type: "int32", offsetUs: 7, value: -2 },
    ],
  });
  bench.advance(120);
  expect(bench.reader.stored).toEqual([
    {
      run: 1,
      sequence: 0,
      timeUs: WALL_US - 5000,
      readings: [
        { channel: 3, type: 2, timeUs: WALL_US - 5010, value: 21.5 },
        { channel: 4, type: 3, timeUs: WALL_US - 4993, value: -2 },
      ],
    },
  ]);
  expect(bench.reader.rows.get(1)![ROW.READINGS]).toBe(2);
});

test("without a usable send time the arrival stands in, and an unusable one is counted", () => {
  const bench = new IngestBench();
  bench.receive({ sendTimeUs: 0, readings: [{ channel: 0, type: "float64", value: 1 }] });
  bench.receive({ sequence: 1, sendTimeUs: 1, readings: [{ channel: 0, type: "float64", value: 2 }] });
  // of what comes next, in order, nothing is refused
  bench.receive({ sequence: 2, sendTimeUs: WALL_US - 1, readings: [] });
  bench.stop();
  expect(bench.reader.stored.map(({ timeUs, readings }) => [timeUs, readings[0]?.timeUs])).toEqual([
    [WALL_US, WALL_US],
    [WALL_US, WALL_US],
    [WALL_US - 1, undefined],
  ]);
  expect(bench.counts().unusableSendTimes).toBe(1);
});

test("a datagram that is not sound is rejected under its reason", () => {
  const bench = new IngestBench();
  bench.receive("");
  bench.receive("{");
  bench.receive(Uint8Array.of(0x4c, 0x43, 9));
  bench.receive("nonsense");
  expect(bench.counts()).toMatchObject({
    datagrams: 4,
    rejected: { empty: 1, "bad-json": 1, truncated: 1, "bad-magic": 1 },
  });
});

test("who sent the last datagram that was rejected for what was in it is known, by the decoder or by the ledger", () => {
  const bench = new IngestBench();
  bench.receive({ sequence: 0 });
  expect(bench.counts().lastRejected).toBeNull();
  bench.receive("{", 0, 5001);
  const atUs = bench.wallUs;
  expect(bench.counts().lastRejected).toEqual({ atUs, source: "10.0.0.1:5001", reason: "bad-json" });
  bench.advance(20);
  for (let epoch = 2; epoch <= 9; epoch++) bench.receive({ epoch }, 0, 5002);
  expect(bench.counts().lastRejected).toEqual({
    ...{ atUs: bench.wallUs, source: "10.0.0.1:5002", reason: "too-many-epochs" },
  });
});

test.each(["crosstalk", "device-limit", "not-asked"] as const)("%s is no mistake of its sender", (reason) => {
  const counters = new ListenerCounters();
  counters.rejectArrival(REJECT[reason], { arrivalUs: 1, address: "10.0.0.1", port: 5000 });
  expect(countsOf(counters)).toMatchObject({ rejected: { [reason]: 1 }, lastRejected: null });
});

test("a listener decodes as its format says", () => {
  const bench = new IngestBench({ formats: ["auto", "lacuna"] });
  const text = '{"device":"pump-7","seq":0,"values":{"t":1}}';
  bench.receive(text, 0);
  bench.receive(text, 1);
  expect(bench.counts(0).received).toBe(1);
  expect(bench.counts(1).rejected).toEqual({ "bad-magic": 1 });
});

test("a datagram of another sender than the one a listener may hear is crosstalk, whatever is in it", () => {
  const bench = new IngestBench({ formats: ["auto", "auto"], sources: ["10.0.0.9", "10.0.0.1"] });
  bench.receive({ sequence: 0 }, 0);
  bench.receive("nonsense", 0);
  bench.receive({ sequence: 0 }, 1);
  expect(bench.counts(0)).toMatchObject({ datagrams: 2, received: 0, rejected: { crosstalk: 2 } });
  expect(bench.counts(1)).toMatchObject({ received: 1, rejected: {} });
});

test("crosstalk says nothing of what its sender's other datagrams may have lost", () => {
  const bench = new IngestBench({ formats: ["auto", "auto"], sources: [null, "10.0.0.9"] });
  bench.receive({ sequence: 0 });
  bench.receive("nonsense", 1);
  bench.receive({ sequence: 2 });
  bench.advance(400);
  bench.ingest.kernelDrops(bench.nowMs, bench.nowMs, [0, 0]);
  bench.receive({ sequence: 4 });
  bench.receive("nonsense", 1);
  bench.nowMs += 400;
  bench.wallUs += 400_000;
  bench.ingest.kernelDrops(bench.nowMs, bench.nowMs, [0, 0]);
  bench.advance(20);
  const causes = bench.reader.opsOf(OP_CODE.LOST).map((op) => [op[OP.FIRST], op[OP.CAUSE]]);
  expect(causes.at(-1)).toEqual([3, CAUSE.NETWORK]);
});

test("what came is counted with its bytes, and when the last of it came", () => {
  const bench = new IngestBench();
  bench.receive("{}");
  bench.advance(20);
  bench.receive("{");
  expect(bench.counts()).toMatchObject({ datagrams: 2, bytes: 3, lastDatagramAtUs: bench.wallUs });
});

test("duplicates, control and unsequenced datagrams are counted and only the latter stored", () => {
  const bench = new IngestBench();
  bench.receive({ sequence: 0 });
  bench.receive({ sequence: 0 });
  bench.receive({ kind: "HEARTBEAT", sequence: 1 });
  bench.receive('{"device":"other","values":{"t":1}}');
  bench.stop();
  expect(bench.counts()).toMatchObject({ received: 1, duplicates: 1, control: 1, unsequenced: 1 });
  expect(bench.reader.stored).toHaveLength(2);
});

test("a refused reading is counted by its reason and the others are stored", () => {
  const bench = new IngestBench();
  bench.receive('{"device":"d","seq":0,"values":{"good":1,"bad":"text"}}');
  // of a copy no reading is stored, and none refused
  bench.receive('{"device":"d","seq":0,"values":{"good":1,"bad":"text"}}');
  bench.stop();
  expect(bench.counts()).toMatchObject({ received: 1, duplicates: 1, refusedReadings: { "bad-value": 1 } });
  expect(bench.reader.stored[0]!.readings).toHaveLength(1);
});

test("a held datagram is stored when the next number confirms it", () => {
  const bench = new IngestBench();
  const far = 2 ** 40;
  bench.receive({ sequence: 0 });
  bench.receive({ sequence: far, readings: [{ channel: 0, type: "float64", value: 7 }] });
  expect(bench.counts()).toMatchObject({ received: 1, held: 1 });
  bench.receive({ sequence: far + 1, readings: [{ channel: 0, type: "float64", value: 8 }] });
  expect(bench.counts()).toMatchObject({ received: 3, held: 0 });
  bench.stop();
  expect(bench.reader.stored.map(({ sequence, readings }) => [sequence, readings[0]?.value])).toEqual([
    [0, undefined],
    [far, 7],
    [far + 1, 8],
  ]);
  const [run] = bench.reader.stored.slice(-1).map((datagram) => datagram.run);
  expect(bench.reader.rows.get(run!)![ROW.READINGS]).toBe(2);
});

test("of a held datagram what is unusable is refused once it is confirmed", () => {
  const bench = new IngestBench();
  const far = 2 ** 40;
  for (const seq of [0, far]) bench.receive(`{"device":"d","seq":${seq},"values":{"good":1,"bad":"text"}}`);
  expect(bench.counts().refusedReadings).toEqual({ "bad-value": 1 });
  bench.receive(`{"device":"d","seq":${far + 1},"values":{"good":1}}`);
  expect(bench.counts()).toMatchObject({ received: 3, refusedReadings: { "bad-value": 2 } });
});

test("where too much is held to be kept the number is stored, at its time, and the readings are refused", () => {
  const bench = new IngestBench();
  const readings = Array.from({ length: 5000 }, () => ({ channel: 1, type: "int32", value: 1 }));
  const far = 2 ** 40;
  const devices = Array.from({ length: 300 }, (_, index) => `d${index}`);
  for (const device of devices) bench.receive({ device, sequence: 0 });
  for (const device of devices) bench.receive({ device, sequence: far, sendTimeUs: 0, readings });
  const heldAtUs = bench.wallUs;
  bench.advance(100);
  bench.receive({ device: devices.at(-1)!, sequence: far + 1 });
  bench.stop();
  expect(bench.counts().refusedReadings).toEqual({ "too-many-readings": 5000 });
  expect(bench.reader.stored.find(({ sequence }) => sequence === far)).toMatchObject({
    timeUs: heldAtUs,
    readings: [],
  });
});

test("a reading may be as far ahead of its arrival as a send time may, however long the datagram was kept", () => {
  const bench = new IngestBench();
  const hourUs = 3_600_000_000;
  const samples = [{ time_us: WALL_US + 10 * hourUs, values: { a: 1 } }];
  bench.receive(JSON.stringify({ device: "d", seq: 0, time_us: WALL_US - 20 * hourUs, samples }));
  bench.stop();
  expect(bench.reader.stored[0]!.readings[0]!.timeUs).toBe(WALL_US + 10 * hourUs);
});

test("a held datagram that nothing confirms is rejected after its time, in a batch of its own", () => {
  const bench = new IngestBench();
  bench.receive({ sequence: 0 });
  bench.receive({ sequence: 2 ** 40 });
  bench.advance(1000);
  expect(bench.reader.fleet).toMatchObject({ held: 1 });
  bench.advance(6000);
  expect(bench.counts()).toMatchObject({ held: 0, rejected: { "implausible-sequence": 1 } });
  expect(bench.reader.fleet).toMatchObject({ held: 0, rejected: { "implausible-sequence": 1 } });
});

test("a stop decides what is held also where the worker has nothing else to tell", () => {
  const bench = new IngestBench({ worker: 1 });
  bench.receive({ sequence: 0 });
  bench.receive({ sequence: 9_000_000 });
  bench.advance(200);
  expect(bench.reader.fleet).toMatchObject({ held: 1 });
  expect(bench.stop()).toBe(true);
  expect(bench.reader.fleet).toMatchObject({ held: 0, rejected: { "implausible-sequence": 1 } });
});

test("a stop decides what is held and leaves windows as they are", () => {
  const bench = new IngestBench();
  bench.receive({ sequence: 0 });
  bench.receive({ sequence: 2 });
  bench.receive({ sequence: 2 ** 40 });
  expect(bench.stop()).toBe(true);
  expect(bench.reader.fleet).toMatchObject({ held: 0, rejected: { "implausible-sequence": 1 } });
  expect(bench.reader.opsOf(OP_CODE.LOST)).toEqual([]);
  expect(bench.reader.rows.get(1)![ROW.MISSING]).toBe(1);
  expect(bench.reader.notesOf("event").map(({ kind }) => kind)).toEqual([
    "collector-started",
    "collector-stopped",
  ]);
});

test("an exception while a datagram is judged rejects that datagram only", () => {
  class Faulty extends Tracker {
    fail = false;
    override onDatagram(...given: Parameters<Tracker["onDatagram"]>) {
      if (this.fail) throw new RangeError("a bug");
      return super.onDatagram(...given);
    }
  }
  let tracker: Faulty | null = null;
  const errors: unknown[] = [];
  const bench = new IngestBench({
    createTracker: (options, sink) => {
      tracker = new Faulty(options, sink);
      return tracker;
    },
    onError: (_reason, error) => errors.push(error),
  });
  const send = (sequence: number, fails: boolean): void => {
    tracker!.fail = fails;
    bench.receive({ sequence, readings: [{ channel: 0, type: "int32", value: sequence }] });
  };
  send(0, false);
  send(1, true);
  send(2, false);
  bench.advance(120);
  // the first one of a batch
  send(3, true);
  send(4, false);
  bench.stop();
  expect(bench.counts()).toMatchObject({ received: 3, rejected: { "internal-error": 2 } });
  expect(errors).toHaveLength(2);
  const values = bench.reader.stored.map(({ readings }) => readings.map(({ value }) => value));
  expect(values).toEqual([[0], [2], [4]]);
});

test("an exception after a datagram was counted does not count it once more", () => {
  class Faulty extends Tracker {
    override addReadings(): void {
      throw new RangeError("a bug");
    }
    override onShed(): void {
      throw new RangeError("a bug");
    }
  }
  const errors: unknown[] = [];
  const bench = new IngestBench({
    batches: 2,
    createTracker: (options, sink) => new Faulty(options, sink),
    onError: (_reason, error) => errors.push(error),
  });
  bench.isWriterAlive = false;
  bench.receive({ sequence: 0 });
  for (let sequence = 1; bench.counts().shed < 2; sequence++) bench.receive({ sequence });
  const { datagrams, received, shed, rejected } = bench.counts();
  expect([received + shed, shed, rejected]).toEqual([datagrams, 2, {}]);
  expect(errors).toHaveLength(datagrams);
});

test("no epoch is said to have begun while we listened when a listener changed its state since", () => {
  const bench = new IngestBench();
  const firstOf = (epoch: number): number => {
    bench.receive({ epoch, sequence: 3 });
    bench.advance(120);
    return [...bench.reader.rows.values()].at(-1)![ROW.FIRST]!;
  };
  firstOf(1);
  expect(firstOf(2)).toBe(0);
  bench.ingest.listenerChanged("udp://0.0.0.0:1", "OK", "bound", bench.wallUs, bench.nowMs);
  expect(firstOf(3)).toBe(3);
});

test("a device that is idle makes room once what it said is committed, not before", () => {
  const archive = { load: () => null, loadEpoch: () => null };
  const bench = new IngestBench({
    tracker: { ...DEFAULT_TRACKER_SETTINGS, maxDevices: 1, archive },
  });
  bench.isWriterAlive = false;
  for (const sequence of [0, 1]) bench.receive({ device: "old", sequence });
  bench.nowMs += 60_000;
  bench.wallUs += 60_000_000;
  bench.receive({ device: "new", sequence: 0 });
  bench.advance(200);
  bench.receive({ device: "new", sequence: 0 });
  expect(bench.counts()).toMatchObject({ received: 2, rejected: { "device-limit": 2 } });
  bench.giveBack();
  bench.receive({ device: "new", sequence: 0 });
  expect(bench.counts()).toMatchObject({ received: 3, rejected: { "device-limit": 2 } });
});

test("while the database does not give a device, its datagrams are rejected for that, and no network has lost them", () => {
  let isFailing = true;
  const archived: DeviceSnapshot[] = [];
  const archive = {
    load: (id: string) => {
      if (isFailing) throw new LacunaError("ERR_ARCHIVE", "disk I/O error");
      return archived.find((device) => device.id === id) ?? null;
    },
    loadEpoch: () => null,
  };
  const errors: unknown[] = [];
  const bench = new IngestBench({
    tracker: { ...DEFAULT_TRACKER_SETTINGS, maxDevices: 1, archive },
    onError: (_reason, error) => errors.push(error),
  });
  for (const sequence of [0, 1]) bench.receive({ device: "old", sequence });
  bench.advance(60_000);
  archived.push({
    device: 1,
    id: "old",
    source: "10.0.0.1:5000",
    channels: [],
    runs: [{ epoch: 1, index: 0, row: bench.reader.rows.get(1)!, absent: [] }],
  });
  bench.receive({ device: "new", sequence: 0 });
  bench.advance(20);
  bench.ingest.kernelDrops(bench.nowMs, bench.nowMs, [0]);
  for (const sequence of [2, 3]) bench.receive({ device: "old", sequence });
  isFailing = false;
  for (const sequence of [4, 6]) bench.receive({ device: "old", sequence });
  bench.nowMs += 400;
  bench.wallUs += 400_000;
  bench.ingest.kernelDrops(bench.nowMs, bench.nowMs, [0]);
  bench.advance(20);
  expect(bench.counts()).toMatchObject({ received: 5, rejected: { "database-error": 2 } });
  expect(errors).toHaveLength(2);
  const causes = bench.reader.opsOf(OP_CODE.LOST).map((op) => [op[OP.FIRST], op[OP.CAUSE]]);
  expect(causes).toEqual([
    [2, CAUSE.UNDETERMINED],
    [5, CAUSE.UNDETERMINED],
  ]);
});

test("a NACK leaves for the address the device sends to, and is counted with its bytes", () => {
  const sent: { local: number; lengthBytes: number }[] = [];
  const bench = new IngestBench({
    recovery: {
      listeners: ["on"],
      random: () => 0,
      send: (_listener, bytes, _address, _port, local) => {
        sent.push({ local, lengthBytes: bytes.length });
        return true;
      },
    },
  });
  for (const sequence of [0, 1, 3]) bench.receive({ sequence }, 0, 5000, 7);
  bench.advance(300);
  expect(sent).toEqual([{ local: 7, lengthBytes: 45 }]);
  expect(bench.counts()).toMatchObject({ nacks: 1, nackBytes: 45 });
});

test("a change of a listener's state becomes an event", () => {
  const bench = new IngestBench();
  bench.ingest.listenerChanged("udp://0.0.0.0:1", "FAILED", "the socket broke", WALL_US, bench.nowMs);
  bench.advance(120);
  expect(bench.reader.notesOf("event").at(-1)).toEqual({
    note: "event",
    at: WALL_US,
    kind: "listener-state",
    device: null,
    detail: { listener: "udp://0.0.0.0:1", state: "FAILED", reason: "the socket broke" },
  });
});

test("fleet counters go on where the database stopped, what was held then is rejected", () => {
  const refusedReadings = { "bad-value": 2 };
  const fleet = { ...NOTHING_RESTORED.fleet, datagrams: 10, control: 9, held: 1, refusedReadings };
  const bench = new IngestBench({ restored: { ...NOTHING_RESTORED, hasHistory: true, fleet } });
  expect(bench.ingest.fleet).toEqual({
    ...fleet,
    held: 0,
    rejected: { "implausible-sequence": 1 },
  });
  bench.receive({ sequence: 0 });
  expect(bench.ingest.fleet.datagrams).toBe(11);
  bench.receive('{"device":"d","seq":0,"values":{"bad":"text"}}');
  expect(bench.ingest.fleet.refusedReadings).toEqual({ "bad-value": 3 });
});

test("the collector was down since the last datagram of any device it knows", () => {
  const known = (device: number, lastUs: number): DeviceSnapshot => ({
    device,
    id: `pump-${device}`,
    source: "10.0.0.1:5000",
    channels: [],
    runs: [
      {
        epoch: 1,
        index: 0,
        row: rowOf({ RUN: device, DEVICE: device, LAST_ARRIVAL: lastUs, FLAGS: ROW_FLAG.CURRENT }),
        absent: [],
      },
    ],
  });
  const devices = [known(1, WALL_US - 2), known(2, WALL_US - 1), known(3, WALL_US - 3)];
  const bench = new IngestBench({
    restored: { ...NOTHING_RESTORED, hasHistory: true, devices, nextDevice: 4, nextRun: 4 },
  });
  bench.stop();
  const [down] = bench.reader.notesOf("event");
  expect(down).toMatchObject({ kind: "collector-down", detail: { from: WALL_US - 1, to: WALL_US } });
});

test("a database whose numbers are used up takes no new device and no new run, those it knows go on", () => {
  const bench = new IngestBench({ restored: { ...NOTHING_RESTORED, nextRun: 2 ** 32 - 2 } });
  bench.receive({ device: "old", sequence: 0 });
  bench.receive({ device: "new", sequence: 0 });
  bench.receive({ device: "newest", sequence: 0 });
  bench.receive({ device: "old", sequence: 1 });
  bench.receive({ device: "old", epoch: 2, sequence: 0 });
  bench.receive('{"device":"old","values":{"t":1}}');
  bench.stop();
  const numbered = bench.reader.stored.map(({ run, sequence }) => [run, sequence]);
  expect(numbered).toEqual([
    [2 ** 32 - 2, 0],
    [2 ** 32 - 1, 0],
    [2 ** 32 - 2, 1],
  ]);
  expect(bench.counts().rejected).toEqual({ "device-limit": 1, "too-many-epochs": 2 });
});
