import { collectorNow } from "../data/clock.ts";
import { devicePath, query } from "../data/fetch-json.ts";
import type { Series } from "../data/types.ts";
import { type Polled, usePollOf } from "../data/use-poll.ts";
import { bucketsFor, type Range, spanOfRange } from "./range.ts";

/** while time goes on, and while looking at the past, which may still be filled */
const LIVE_MS = 500;
const PAST_MS = 5000;

const time = (ms: number): string => new Date(ms).toISOString();

/** Path of the series of a channel for a range that ends now or lies in the past. */
const seriesPath = (device: string, channel: string, range: Range, points: number, nowMs: number): string => {
  const base = `${devicePath(device)}/series`;
  const span = spanOfRange(range, nowMs);
  if (span === null) return `${base}${query({ channel, points })}`;
  const { fromMs, toMs, stepMs } = bucketsFor(span, points);
  return `${base}${query({ channel, from: time(fromMs), to: time(toMs), step: `${stepMs}ms` })}`;
};

/** `isOfRange`: `data` is of this range, and not of the one before that is shown until there is an answer. */
export const useSeries = (
  device: string,
  channel: string,
  range: Range,
  points: number,
): Polled<Series> & { isOfRange: boolean } => {
  const key = JSON.stringify([device, channel, range, points]);
  const polled = usePollOf<Series>(
    key,
    () => seriesPath(device, channel, range, points, collectorNow()),
    range.kind === "last" ? LIVE_MS : PAST_MS,
  );
  return { ...polled, isOfRange: polled.key === key };
};
