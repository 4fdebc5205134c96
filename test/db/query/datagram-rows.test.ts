import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { rowsOfDatagram } from "../../../db/query/datagram-rows.ts";
import { EmptyColumns, type RunColumns } from "../../../db/segment/columns.ts";

/** One datagram. */
const columnsOf = (readings: readonly { timeUs: number; channel: number }[]): RunColumns =>
  Object.assign(new EmptyColumns(), {
    ...{ datagramCount: 1, readingCount: readings.length },
    readingStart: Uint32Array.of(0, readings.length),
    readingTime: Float64Array.from(readings, ({ timeUs }) => timeUs),
    channel: Uint16Array.from(readings, ({ channel }) => channel),
  });

const plain = (rows: ReturnType<typeof rowsOfDatagram>) =>
  rows.map(({ timeUs, readings }) => ({ timeUs, readings: [...readings] }));

test("a reading is in the first row of its time that has none of its channel", () => {
  const reading = fc.record({ timeUs: fc.nat(4), channel: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 60 }), (readings) => {
      const rows: { timeUs: number; readings: [channel: number, reading: number][] }[] = [];
      for (const [index, { timeUs, channel }] of readings.entries()) {
        let row = rows.find(
          (known) => known.timeUs === timeUs && !known.readings.some(([c]) => c === channel),
        );
        if (row === undefined) {
          row = { timeUs, readings: [] };
          rows.push(row);
        }
        row.readings.push([channel, index]);
      }
      expect(plain(rowsOfDatagram(columnsOf(readings), 0))).toEqual(rows);
    }),
  );
});

test("of a datagram with very many readings of one channel and time few rows are looked at for each", () => {
  const most = 1000;
  const has = vi.spyOn(Map.prototype, "has");
  const rows = rowsOfDatagram(columnsOf(Array.from({ length: most }, () => ({ timeUs: 5, channel: 1 }))), 0);
  const looks = has.mock.calls.length;
  has.mockRestore();
  expect(rows).toHaveLength(most);
  expect(looks).toBeLessThan(20 * most);
});
