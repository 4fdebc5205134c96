import { devicePath, fetchJson, query } from "../data/fetch-json.ts";
import type { Arrivals, Gap, Series, SeriesGap } from "../data/types.ts";
import { parseMs } from "../format/times.ts";
import type { Span } from "./range.ts";

type Transit = Arrivals["transit"];

/**
 * Where a gap lies in the charts, which go by send times: a gap's own times are of arrival, by the collector's clock.
 * @param absent - what the charts shade
 * @param transit - arrival minus send time, for gaps that were filled: nothing of them is shaded
 */
export const placeOfGap = (gap: Gap, absent: readonly SeriesGap[], transit: Transit): Span => {
  // a part of it may have come since it was listed
  const parts = absent.filter(
    ({ epoch, run, first, last }) =>
      epoch === gap.epoch && run === gap.run && first <= gap.last && last >= gap.first,
  );
  if (parts.length > 0) {
    return {
      fromMs: Math.min(...parts.map(({ from }) => parseMs(from))),
      toMs: Math.max(...parts.map(({ to }) => parseMs(to))),
    };
  }
  // of a device without a clock send times are made from arrivals
  const aheadMs = transit === null || transit.isRelative ? 0 : transit.leastSeconds * 1000;
  return {
    fromMs: parseMs(gap.openedAt) - aheadMs,
    toMs: parseMs(gap.closedAt ?? gap.openedAt) - aheadMs,
  };
};

/** @param channel - any of the device's; undefined: it has none */
export const findGap = async (gap: Gap, channel: string | undefined, signal: AbortSignal): Promise<Span> => {
  const device = devicePath(gap.device);
  // without an answer the place is known well enough where the clocks agree
  const ask = <T>(path: string): Promise<T | null> => fetchJson<T>(path, signal).catch(() => null);
  const [series, arrivals] = await Promise.all([
    channel === undefined ? null : ask<Series>(`${device}/series${query({ channel, points: 1 })}`),
    ask<Arrivals>(`${device}/arrivals`),
  ]);
  return placeOfGap(gap, series?.gaps ?? [], arrivals?.transit ?? null);
};
