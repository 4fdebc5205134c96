import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "../../../db/codec/byte-writer.ts";
import { SegmentCorruptError } from "../../../db/codec/corrupt.ts";
import { decodeRecord, encodeRecord } from "../../../db/tables/journal.ts";
import { LedgerState } from "../../../db/view/ledger-state.ts";
import { CHANGE_FIELDS } from "../../../db/view/run-rows.ts";
import type { Note } from "../../../protocol/batch.ts";
import { ROW, ROW_FIELDS } from "../../../protocol/ledger-row.ts";

const count = fc.oneof(fc.nat(1000), fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }));
/** times and intervals may be anything */
const time = fc.oneof(
  count,
  fc.constantFrom(-0, 0.5, 1e-9, 12_345.678, Number.NaN, Number.NEGATIVE_INFINITY, -(2 ** 53) + 1),
);
const isTime = (field: number): boolean => field >= ROW.FLOOR && field < ROW_FIELDS;
const row = fc.tuple(...Array.from({ length: CHANGE_FIELDS }, (_, field) => (isTime(field) ? time : count)));
const rowsOf = (rows: number) =>
  fc.array(row, { minLength: rows, maxLength: rows }).map((values) => {
    const flat = Float64Array.from(values.flat());
    for (let index = 0; index < rows; index++) {
      flat[index * CHANGE_FIELDS + ROW.RUN] = 7 + index * 3;
      flat[index * CHANGE_FIELDS + ROW.DEVICE] = 1;
    }
    return flat;
  });

test("a decoded record is the encoded one bit for bit, whatever the rows were before", () => {
  fc.assert(
    fc.property(rowsOf(4), rowsOf(4), (before, rows) => {
      const state = new LedgerState();
      state.addDevice(1, "pump", 1);
      // the last of them is a run the state has not heard of
      for (const run of [7, 10, 13]) {
        state.addRun(run, 1, 1, 0, 1);
        state.putRow(before, ((run - 7) / 3) * CHANGE_FIELDS, 1, true);
      }
      const notes: Note[] = [{ note: "source", device: 1, source: "ä:1" }];
      const record = { flush: 2, committedAtUs: 1_795_176_000_000_000, notes, rows };
      const bytes = encodeRecord(new ByteWriter(), state, record);
      expect(decodeRecord(state, 2, bytes)).toEqual(record);
    }),
  );
});

test("a run that received one more number costs few bytes", () => {
  const state = new LedgerState();
  state.addDevice(1, "pump", 1);
  state.addRun(7, 1, 1, 0, 1);
  const rows = new Float64Array(CHANGE_FIELDS);
  rows[ROW.RUN] = 7;
  rows[ROW.DEVICE] = 1;
  rows[ROW.LAST_ARRIVAL] = 1_795_176_000_000_000;
  state.putRow(rows, 0, 1, true);
  rows[ROW.LAST_ARRIVAL]! += 1_000_000;
  for (const counter of [ROW.HIGH_WATER, ROW.IN_ORDER, ROW.READINGS]) rows[counter]!++;
  const record = { flush: 2, committedAtUs: 1_795_176_000_000_000, notes: [], rows };
  expect(encodeRecord(new ByteWriter(), state, record).length).toBeLessThan(29);
});

test("records of many runs are deflated, whatever their size they come back, and damaged ones are refused", () => {
  const state = new LedgerState();
  state.addDevice(1, "pump", 1);
  for (const runs of [200, 40_000]) {
    const rows = new Float64Array(runs * CHANGE_FIELDS);
    for (let index = 0; index < runs; index++) {
      rows[index * CHANGE_FIELDS + ROW.RUN] = 100 + index;
      rows[index * CHANGE_FIELDS + ROW.DEVICE] = 1;
      rows[index * CHANGE_FIELDS + ROW.LAST_ARRIVAL] = 1_795_176_000_000_000 + index;
    }
    const record = { flush: 2, committedAtUs: 1_795_176_000_000_000, notes: [], rows };
    const bytes = encodeRecord(new ByteWriter(), state, record).slice();
    expect(decodeRecord(state, 2, bytes)).toEqual(record);
    bytes[0] = 9;
    expect(() => decodeRecord(state, 2, bytes)).toThrow(
      expect.objectContaining({ code: "ERR_SEGMENT_CORRUPT" }),
    );
    if (runs > 200) continue;
    bytes[0] = 2;
    expect(() => decodeRecord(state, 2, bytes.subarray(0, 20))).toThrow(
      expect.objectContaining({ code: "ERR_SEGMENT_CORRUPT" }),
    );
  }
});

test("a byte that changed is found, wherever it lies", () => {
  const state = new LedgerState();
  const notes: Note[] = [{ note: "source", device: 1, source: "10.0.0.1:4000" }];
  for (const count of [1, 40]) {
    const rows = new Float64Array(count * CHANGE_FIELDS);
    for (let at = 0; at < count; at++) rows[at * CHANGE_FIELDS + ROW.RUN] = at + 1;
    const bytes = encodeRecord(new ByteWriter(), state, { flush: 2, committedAtUs: 1, notes, rows });
    for (let at = 0; at < bytes.length; at++) {
      const spoiled = Uint8Array.from(bytes);
      spoiled[at]! ^= 16;
      expect(() => decodeRecord(state, 2, spoiled)).toThrow(SegmentCorruptError);
    }
    expect(() => decodeRecord(state, 2, bytes.subarray(0, 3))).toThrow(SegmentCorruptError);
  }
});

test("records of former builds, which end without a checksum, are read as ever", () => {
  const state = new LedgerState();
  const formerVersions = [1, 40].map((count) => {
    const rows = new Float64Array(count * CHANGE_FIELDS);
    for (let at = 0; at < count; at++) rows[at * CHANGE_FIELDS + ROW.RUN] = at + 1;
    const record = { flush: 2, committedAtUs: 1, notes: [], rows };
    const bytes = encodeRecord(new ByteWriter(), state, record);
    const former = bytes.slice(0, -4);
    former[0]! -= 2;
    expect(decodeRecord(state, 2, former)).toEqual(decodeRecord(state, 2, bytes));
    return former[0];
  });
  expect(formerVersions).toEqual([1, 2]);
});
