import type { RunColumns } from "../segment/columns.ts";

/** Readings of one datagram that share a time, each channel at most once. */
export interface DatagramRow {
  timeUs: number;
  /** indices into the reading columns by channel, in the order they had in the datagram */
  readings: Map<number, number>;
}

/** The rows of a datagram, in the order in which they begin: of one time as many as one of its channels has readings. */
export const rowsOfDatagram = (columns: RunColumns, datagram: number): DatagramRow[] => {
  const rows: DatagramRow[] = [];
  const start = columns.readingStart[datagram]!;
  const end = columns.readingStart[datagram + 1]!;
  let ofTime: DatagramRow[] = [];
  let newestUs = Number.NEGATIVE_INFINITY;
  // times mostly ascend: none is looked for then
  let byTime: Map<number, DatagramRow[]> | undefined;
  for (let reading = start; reading < end; reading++) {
    const timeUs = columns.readingTime[reading]!;
    const channel = columns.channel[reading]!;
    if (ofTime[0]?.timeUs !== timeUs) {
      if (timeUs <= newestUs) byTime ??= Map.groupBy(rows, (row) => row.timeUs);
      newestUs = Math.max(newestUs, timeUs);
      ofTime = byTime?.get(timeUs) ?? [];
      byTime?.set(timeUs, ofTime);
    }
    const place = firstWithout(ofTime, channel);
    let row = ofTime[place];
    if (row === undefined) {
      row = { timeUs, readings: new Map() };
      rows.push(row);
      ofTime.push(row);
    }
    row.readings.set(channel, reading);
  }
  return rows;
};

/** The first of the rows of one time that lacks the channel: those before it have it, those behind it do not. */
const firstWithout = (rows: readonly DatagramRow[], channel: number): number => {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]!.readings.has(channel)) low = middle + 1;
    else high = middle;
  }
  return low;
};
