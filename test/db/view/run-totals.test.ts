import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { describeRun } from "../../../cli/service/live-source.ts";
import { LedgerState } from "../../../db/view/ledger-state.ts";
import { LedgerView } from "../../../db/view/ledger-view.ts";
import { CHANGE_FIELDS, RUN } from "../../../db/view/run-rows.ts";
import { countsOfRow, sumCounts } from "../../../protocol/ledger-counts.ts";
import { CAUSES, ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";

const DEVICES = [1, 2];

const rowOf = (run: number, device: number, fields: Partial<Record<keyof typeof ROW, number>>) => {
  const row = new Float64Array(CHANGE_FIELDS);
  Object.assign(row, { [ROW.RUN]: run, [ROW.DEVICE]: device });
  for (const [field, value] of Object.entries(fields)) row[ROW[field as keyof typeof ROW]] = value;
  return row;
};

/** A device as its runs tell it, one by one. */
const naive = (view: LedgerView, id: string) => {
  const { runs } = view.device(id)!;
  const lastArrivalUs = Math.max(...runs.map(({ row }) => row[ROW.LAST_ARRIVAL]!));
  const current = runs.find(({ row }) => (row[ROW.FLAGS]! & ROW_FLAG.CURRENT) !== 0);
  const { run, epoch } = current ?? runs.find(({ row }) => row[ROW.LAST_ARRIVAL] === lastArrivalUs)!;
  return {
    ...{ id, run, epoch, lastArrivalUs },
    firstArrivalUs: Math.min(...runs.map(({ row }) => row[ROW.FIRST_ARRIVAL]!)),
    counts: sumCounts(runs.map((each) => countsOfRow(each.row, each))),
    runs: runs.length,
  };
};

const told = (view: LedgerView, id: string) => {
  const { total, heard } = view.device(id)!;
  return { id, run: heard!.run, epoch: heard!.epoch, ...total };
};

const toldOfAll = (view: LedgerView) => {
  const all: object[] = [];
  view.visitDevices(({ heard, causes, rateHz: _, ...summary }) =>
    all.push({ ...summary, run: heard[ROW.RUN], causes: [...causes] }),
  );
  return all;
};

/** What the pass over all devices tells of it. */
const summaryOf = ({ id, run, epoch, lastArrivalUs, counts }: ReturnType<typeof naive>) => {
  const { expected, received, recovered, late, missing, lost, causes } = counts;
  const numbers = { expected, received, recovered, late, missing, lost };
  return { id, run, epoch, lastArrivalUs, ...numbers, causes: CAUSES.map((cause) => causes[cause]) };
};

/** Of the runs a device has by then one changes, one is added, another one becomes current, or one, or all, are no longer. */
const step = fc.record({
  device: fc.constantFrom(...DEVICES),
  what: fc.constantFrom("add", "add", "change", "accept", "current", "current too", "silent", "not current"),
  which: fc.nat(40),
  received: fc.nat(1000),
  lost: fc.nat(50),
  // a wall clock that is set back now and then
  atUs: fc.integer({ min: 1, max: 30 }),
});

test("what the runs of a device come to is kept as they tell it one by one, whatever changes", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 80, maxLength: 120 }), fc.nat(80), (steps, askedAfter) => {
      const state = new LedgerState();
      for (const device of DEVICES) state.addDevice(device, `device ${device}`, 1);
      const runs = new Map<number, Float64Array[]>(DEVICES.map((device) => [device, []]));
      const put = (row: Float64Array, committed = true) => state.putRow(row, 0, 1, committed);
      let lastRun = 0;
      let view: LedgerView | undefined;
      for (const [index, { device, what, which, received, lost, atUs }] of steps.entries()) {
        if (index === askedAfter) view = new LedgerView(state);
        const known = runs.get(device)!;
        let row = known[which % known.length];
        if (row === undefined || what === "add") {
          const run = ++lastRun;
          state.addRun(run, device, known.length, 0, 1);
          row = rowOf(run, device, { FIRST: 0, HIGH_WATER: -1, FIRST_ARRIVAL: atUs });
          known.push(row);
        }
        row[ROW.HIGH_WATER]! += received + lost;
        row[ROW.IN_ORDER]! += received;
        row[ROW.LOST + (which % CAUSES.length)]! += lost;
        row[RUN.EXPIRED] = Math.min(row[ROW.IN_ORDER]!, row[RUN.EXPIRED]! + lost);
        row[ROW.LAST_ARRIVAL] = atUs;
        if (what === "current" || what === "silent") {
          for (const other of known.filter((each) => each[ROW.FLAGS] !== 0)) {
            other[ROW.FLAGS] = 0;
            put(other);
          }
        }
        if (what.startsWith("current")) row[ROW.FLAGS] = ROW_FLAG.CURRENT;
        if (what === "not current") row[ROW.FLAGS] = 0;
        put(row, what !== "accept");
      }
      view ??= new LedgerView(state);
      const ids = DEVICES.filter((device) => runs.get(device)!.length > 0).map(
        (device) => `device ${device}`,
      );
      const expected = ids.map((id) => naive(view!, id));
      expect(ids.map((id) => told(view!, id))).toEqual(expected);
      for (const device of DEVICES) if (runs.get(device)!.length === 0) state.forget(device, true);
      expect(toldOfAll(view)).toEqual(expected.map(summaryOf));
      for (const device of DEVICES) state.forget(device, true);
      state.addDevice(3, "device 3", 1);
      state.addRun(++lastRun, 3, 0, 0, 1);
      put(rowOf(lastRun, 3, { FIRST: 0, HIGH_WATER: 0, IN_ORDER: 1, LAST_ARRIVAL: 1 }));
      expect(told(view, "device 3")).toEqual(naive(view, "device 3"));
    }),
  );
});

test("what is told of a device, or of one run, takes as long with very many runs as with few", () => {
  const state = new LedgerState();
  state.addDevice(1, "pump", 1);
  const view = new LedgerView(state);
  for (let run = 1; run <= 1000; run++) {
    state.addRun(run, 1, run, 0, 1);
    state.putRow(rowOf(run, 1, { FIRST: 0, HIGH_WATER: 9, IN_ORDER: 10, LAST_ARRIVAL: run }), 0, 1, true);
  }
  const looks = [vi.spyOn(state.runs, "get"), vi.spyOn(state.runs, "read")];
  const { total, heard, channels } = view.device("pump")!;
  expect({ received: total.counts.received, heard: heard!.run, channels }).toEqual({
    received: 10_000,
    heard: 1000,
    channels: [],
  });
  expect(toldOfAll(view)).toHaveLength(1);
  expect(describeRun(view, 500)).toMatchObject({ device: "pump", epoch: 500, isUnsequenced: false });
  expect(looks.reduce((sum, { mock }) => sum + mock.calls.length, 0)).toBeLessThan(15);
});

test("the newest runs of a device are found from the newest on: those before them are not looked at", () => {
  const state = new LedgerState();
  const view = new LedgerView(state);
  const runsOf = (id: string) => Array.from(view.device(id)!.newestRuns(), ({ run }) => run);
  for (const device of DEVICES) state.addDevice(device, `device ${device}`, 1);
  for (let run = 1; run <= 1000; run++) state.addRun(run, DEVICES[run % 2]!, run, 0, 1);
  expect(runsOf("device 1")).toEqual(view.device("device 1")!.runNumbers.reverse());
  // what a forgotten device had is given to others
  state.forget(2, true);
  state.addDevice(3, "device 3", 1);
  for (const run of [1001, 1002, 1003]) state.addRun(run, 3, run, 0, 1);
  expect(runsOf("device 3")).toEqual([1003, 1002, 1001]);
  const looks = [vi.spyOn(state.runs, "get"), vi.spyOn(state.runs, "read")];
  const [newest] = view.device("device 1")!.newestRuns();
  expect(newest!.run).toBe(1000);
  expect(view.device("device 1")!.total.runs).toBe(500);
  expect(looks.reduce((sum, { mock }) => sum + mock.calls.length, 0)).toBeLessThan(10);
});

test("the rate of a device is that of the run it is heard on, which for one without numbers is no current one", () => {
  const state = new LedgerState();
  const view = new LedgerView(state);
  const put = (run: number, device: number, fields: Parameters<typeof rowOf>[2]) =>
    state.putRow(rowOf(run, device, fields), 0, 1, true);
  const rates = () => ["no numbers", "both", "restarted"].map((id) => view.device(id)!.rateHz);
  for (const [index, id] of ["no numbers", "both", "restarted"].entries()) state.addDevice(index + 1, id, 1);
  for (const [run, device] of [
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
  ] as const)
    state.addRun(run, device, -1, 0, 1);
  expect(rates()).toEqual([null, null, null]);
  for (const second of [1, 2, 3]) {
    const LAST_ARRIVAL = second * 1e6;
    const unsequenced = { FLAGS: ROW_FLAG.UNSEQUENCED, LAST_ARRIVAL, UNSEQUENCED: 480 * second };
    put(1, 1, unsequenced);
    put(2, 2, unsequenced);
    put(3, 2, { FLAGS: ROW_FLAG.CURRENT, LAST_ARRIVAL, HIGH_WATER: 7 * second });
    put(4, 3, { LAST_ARRIVAL, HIGH_WATER: 100 * second });
    put(5, 3, { FLAGS: ROW_FLAG.CURRENT, LAST_ARRIVAL, HIGH_WATER: 5 * second });
  }
  expect(rates()).toEqual([480, 7, 5]);
});

/** A number and a heartbeat 59 µs later were 16,949 numbers a second. */
test("where the numbers have not risen yet the rate is that of the learned interval, unless that may be of a first burst", () => {
  const rateOf = (heardSeconds: number, intervalSeconds: number) => {
    const state = new LedgerState();
    state.addDevice(1, "pump", 1);
    state.addRun(1, 1, 0, 0, 1);
    const times = { FIRST_ARRIVAL: 1, LAST_ARRIVAL: 1 + heardSeconds * 1e6, INTERVAL: intervalSeconds * 1e6 };
    const row = rowOf(1, 1, { FLAGS: ROW_FLAG.CURRENT, FIRST: 0, HIGH_WATER: 0, IN_ORDER: 1, ...times });
    state.putRow(row, 0, 1, true);
    const view = new LedgerView(state);
    const { rateHz } = view.device("pump")!;
    view.visitDevices((summary) => expect(summary.rateHz).toBe(rateHz));
    return rateHz;
  };
  expect([rateOf(0, 0), rateOf(59e-6, 59e-6), rateOf(0.9, 0.1)]).toEqual([null, null, null]);
  expect([rateOf(1, 0.1), rateOf(60, 20)]).toEqual([10, 0.05]);
});

test("on which run a device of few is heard, in which epoch and how fast, is told without adding them up", () => {
  const state = new LedgerState();
  state.addDevice(1, "pump", 1);
  const view = new LedgerView(state);
  for (let run = 1; run <= 3; run++) {
    state.addRun(run, 1, run, 0, 1);
    state.putRow(rowOf(run, 1, { LAST_ARRIVAL: run * 1e6, INTERVAL: 500_000 }), 0, 1, true);
  }
  const read = vi.spyOn(state.runs, "read");
  const { channels, rateHz } = view.device("pump")!;
  expect({ channels, rateHz, rows: read.mock.calls.length }).toEqual({ channels: [], rateHz: 2, rows: 0 });
  const { heard } = view.device("pump")!;
  expect({ run: heard!.run, rows: read.mock.calls.length }).toEqual({ run: 3, rows: 1 });
});
