import type { ChannelSummary } from "../../db/chunk/chunk-head.ts";
import type { DatagramColumns } from "../../db/segment/columns.ts";

export interface PlainReading {
  channel: number;
  timeUs: number;
  value: number;
}
export interface PlainDatagram {
  sequence: number;
  timeUs: number;
  readings: readonly PlainReading[];
}

export const columnsOf = (datagrams: readonly PlainDatagram[]): DatagramColumns => {
  const readings = datagrams.flatMap((each) => each.readings);
  const starts = [0];
  for (const { readings: own } of datagrams) starts.push(starts.at(-1)! + own.length);
  return {
    ...{ datagramCount: datagrams.length, readingCount: readings.length },
    sequence: Float64Array.from(datagrams, ({ sequence }) => sequence),
    datagramTime: Float64Array.from(datagrams, ({ timeUs }) => timeUs),
    readingStart: Uint32Array.from(starts),
    channel: Uint16Array.from(readings, ({ channel }) => channel),
    type: new Uint8Array(readings.length),
    readingTime: Float64Array.from(readings, ({ timeUs }) => timeUs),
    value: Float64Array.from(readings, ({ value }) => value),
  };
};

/** By sorting and searching. @param readings - in the order of sequence numbers */
export const naiveChannel = (
  channel: number,
  readings: readonly (PlainReading & { sequence: number })[],
): ChannelSummary => {
  const finite = readings.filter(({ value }) => Number.isFinite(value));
  const nonFinite = readings.length - finite.length;
  const values = finite.map(({ value }) => value);
  const last = finite.toSorted((a, b) => a.timeUs - b.timeUs).at(-1);
  return {
    ...{ channel, count: finite.length, nonFinite },
    min: finite.length === 0 ? 0 : Math.min(...values),
    max: finite.length === 0 ? 0 : Math.max(...values),
    sum: values.reduce((sum, value) => sum + value, 0),
    ...{ last: last?.value ?? 0, lastReadingTimeUs: last?.timeUs ?? 0, lastSequence: last?.sequence ?? 0 },
  };
};
