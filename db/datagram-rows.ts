import type { RunColumns } from "./segment/columns.ts";

/** Readings of one datagram that share a time, each channel at most once. */
export interface DatagramRow {
  timeUs: number;
  /** indices into the reading columns by channel, in the order they had in the datagram */
  readings: Map<number, number>;
}

/** The rows of a datagram, in the order in which they begin. */
export const rowsOfDatagram = (columns: RunColumns, datagram: number): DatagramRow[] => {
  const rows: DatagramRow[] = [];
  const end = columns.readingStart[datagram + 1]!;
  for (let reading = columns.readingStart[datagram]!; reading < end; reading++) {
    const timeUs = columns.readingTime[reading]!;
    const channel = columns.channel[reading]!;
    let row = rows.find((known) => known.timeUs === timeUs && !known.readings.has(channel));
    if (row === undefined) {
      row = { timeUs, readings: new Map() };
      rows.push(row);
    }
    row.readings.set(channel, reading);
  }
  return rows;
};
