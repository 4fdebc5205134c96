import { expect, test } from "vitest";
import { type Ask, Reader } from "../../../db/readers/reader.ts";
import { LedgerState } from "../../../db/view/ledger-state.ts";
import { LedgerView } from "../../../db/view/ledger-view.ts";
import { unpackRuns } from "../../../db/view/packed-runs.ts";
import { CHANGE_FIELDS, RUN } from "../../../db/view/run-rows.ts";
import { ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";

const putRow = (state: LedgerState, run: number, flush: number, fields: Record<number, number>): void =>
  state.putRow(
    Object.assign(new Float64Array(CHANGE_FIELDS), { [ROW.RUN]: run, [ROW.DEVICE]: 1 }, fields),
    0,
    flush,
    true,
  );

test("runs arrive as they were packed: what retention began to remove, and what has no numbers, has no known beginning", () => {
  const state = new LedgerState();
  state.addDevice(1, "pump", 1);
  for (const [run, epoch] of [3, 3, -1].entries()) state.addRun(run + 1, 1, epoch, run, 1);
  state.applyNote({ note: "channel", device: 1, epoch: 3, channel: 7, name: "level", unit: "m" }, 1);
  putRow(state, 1, 4, { [ROW.FIRST_ARRIVAL]: 10, [ROW.LAST_ARRIVAL]: 20, [ROW.HIGH_WATER_AT]: 15 });
  putRow(state, 2, 5, { [ROW.FIRST_ARRIVAL]: 30, [ROW.HIGH_WATER_AT]: 45, [RUN.EXPIRED]: 1 });
  putRow(state, 3, 6, { [ROW.FIRST_ARRIVAL]: 50, [ROW.LAST_ARRIVAL]: 60, [ROW.FLAGS]: ROW_FLAG.UNSEQUENCED });
  const device = new LedgerView(state).device("pump")!;
  expect(unpackRuns(device.packedRuns)).toEqual([
    {
      ...{ run: 1, epoch: 3, index: 0, isUnsequenced: false, places: device.placesIn(3) },
      ...{ firstArrivalUs: 10, lastArrivalUs: 20, lastFlush: 4 },
    },
    {
      ...{ run: 2, epoch: 3, index: 1, isUnsequenced: false, places: device.placesIn(3) },
      ...{ firstArrivalUs: null, lastArrivalUs: 45, lastFlush: 5 },
    },
    {
      ...{ run: 3, epoch: null, index: 2, isUnsequenced: true, places: device.placesIn(-1) },
      ...{ firstArrivalUs: null, lastArrivalUs: 60, lastFlush: 6 },
    },
  ]);
});

/** Objects in a message; typed arrays count as one. */
const objectsIn = (value: unknown): number =>
  typeof value !== "object" || value === null || ArrayBuffer.isView(value)
    ? 1
    : Object.values(value).reduce((sum: number, part) => sum + objectsIn(part), 1);

test("a query of a device with very many runs is no larger a message than that of one with few, but for its columns", async () => {
  const asked: number[] = [];
  for (const count of [1, 1000]) {
    const state = new LedgerState();
    state.addDevice(1, "pump", 1);
    for (let run = 1; run <= count; run++) state.addRun(run, 1, run, 0, 1);
    state.applyNote({ note: "channel", device: 1, epoch: 1, channel: 7, name: "level", unit: "m" }, 1);
    const ask: Ask = async (query) => {
      asked.push(objectsIn(query));
      return { readings: [], next: null, completeness: null, text: new Uint8Array() } as never;
    };
    const reader = new Reader(new LedgerView(state), ask);
    const span = { fromUs: null, toUs: null };
    await reader.readings({ device: "pump", channels: [], ...span, order: "asc", limit: 1, after: null });
    await reader.seriesText(
      { device: "pump", channel: "level", ...span, nowUs: 0, division: { points: 1 } },
      "us",
    );
  }
  const [readings, series, ...ofMany] = asked as [number, number, number, number];
  // one set of descriptions more: epochs without any
  expect(ofMany).toEqual([readings + 1, series + 2]);
});

test("nor is the question where a channel had no name that is known", async () => {
  const asked: number[] = [];
  for (const count of [2, 1000]) {
    const state = new LedgerState();
    const slot = state.addDevice(1, "pump", 1);
    for (let run = 1; run <= count; run++) state.addRun(run, 1, run, 0, 1);
    state.applyNote({ note: "channel", device: 1, epoch: count, channel: 7, name: "level", unit: "m" }, 1);
    const newest = { device: 1, channel: 7, run: count, sequence: 0, time: 1, type: 2, value: 1, flush: 1 };
    state.offerLatest(slot, newest, false);
    const reader = new Reader(new LedgerView(state), async (query) => {
      asked.push(objectsIn(query));
      return [7] as never;
    });
    expect(await reader.channelNames("pump")).toEqual(["level", "ch7"]);
  }
  expect(asked[1]).toBe(asked[0]);
});
