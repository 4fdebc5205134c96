import { ROW, ROW_FLAG } from "./ledger-row.ts";

export const DEVICE_STATUSES = ["online", "stale", "offline", "unknown"] as const;
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

/** What a device may have announced about its silence. */
export const ANNOUNCEMENTS = ["sleep", "end"] as const;
export type Announcement = (typeof ANNOUNCEMENTS)[number];

/** From when until when the collector did not listen, microseconds; `toUs` is +Infinity while it does not listen yet. */
export interface Downtime {
  fromUs: number;
  toUs: number;
}

const STALE_INTERVALS = 3;
const OFFLINE_INTERVALS = 10;
/** no device is called stale or offline sooner, however fast it sends */
export const LEAST_SILENCE_US = 2_000_000;
/** clocks of threads, and what is known of the sockets, are never so far apart */
const AHEAD_US = 10_000_000;

/**
 * How long the device has said nothing although it might have been heard: an announced sleep and the time the collector was down do not
 * count. Microseconds, below 0 while it sleeps.
 */
export const silenceUs = (row: Float64Array, nowUs: number, down: Downtime | null): number =>
  silenceBetweenUs(silentFromUs(row), nowUs, down);

/** From when on its silence counts: its last datagram, or the end of its announced sleep. */
export const silentFromUs = (row: Float64Array): number =>
  Math.max(row[ROW.LAST_ARRIVAL]!, row[ROW.SLEEP_UNTIL]!);

/** The time from one to the other, less that in which the collector was down. */
export const silenceBetweenUs = (heardUs: number, nowUs: number, down: Downtime | null): number => {
  const deafUs = down === null ? 0 : Math.max(0, Math.min(nowUs, down.toUs) - Math.max(heardUs, down.fromUs));
  return nowUs - heardUs - deafUs;
};

/** The clock was set back since the device was heard last: until it speaks, or the clock has caught up, nobody knows how long it has been silent. */
export const isHeardAhead = (row: Float64Array, nowUs: number): boolean =>
  row[ROW.LAST_ARRIVAL]! - nowUs > AHEAD_US;

/**
 * Whether a device still speaks, judged by the run it is heard on: `stale` after 3, `offline` after 10 of its learned intervals of
 * silence, neither before 2 s. An announced sleep counts as speaking until it is over; an orderly end is offline at once. While no
 * interval is known (one datagram so far) a silence beyond the floor is `unknown`, and so is one since the clock was set back.
 * @param row - the run's
 * @param nowUs - wall clock
 * @param down - when the collector last did not listen; null = never on this database
 */
export const deviceStatus = (row: Float64Array, nowUs: number, down: Downtime | null): DeviceStatus => {
  if ((row[ROW.FLAGS]! & ROW_FLAG.ENDED) !== 0) return "offline";
  if (isHeardAhead(row, nowUs)) return "unknown";
  const silence = silenceUs(row, nowUs, down);
  if (silence <= LEAST_SILENCE_US) return "online";
  const intervalUs = row[ROW.INTERVAL]!;
  if (intervalUs <= 0) return "unknown";
  if (silence > OFFLINE_INTERVALS * intervalUs) return "offline";
  return silence > STALE_INTERVALS * intervalUs ? "stale" : "online";
};

/** What the device has announced about its silence, null = nothing: a silence with a reason is no alarm. */
export const announcementOf = (row: Float64Array, nowUs: number): Announcement | null => {
  if ((row[ROW.FLAGS]! & ROW_FLAG.ENDED) !== 0) return "end";
  return row[ROW.SLEEP_UNTIL]! > nowUs ? "sleep" : null;
};

const SMOOTHING = 1 / 8;
/** so many numbers and a device's interval is known well enough to tell an outage from its habit */
const LEARNED_NUMBERS = 16;
/** a shorter interval may be that of a first burst */
const SHORT_US = 1_000_000;

/** Whether a spacing is one of those that are simply smoothed: nearly all. */
export const isUsualSpacing = (intervalUs: number, spacingUs: number): boolean =>
  spacingUs >= intervalUs * SMOOTHING && spacingUs <= intervalUs * STALE_INTERVALS;

/** The interval after one more usual spacing. */
export const smoothedInterval = (intervalUs: number, spacingUs: number): number =>
  intervalUs + (spacingUs - intervalUs) * SMOOTHING;

/**
 * The interval after one more spacing. Smoothed by 1/8; a spacing far shorter than the interval weighs by its own length, so that a device that sends in
 * bursts is known by the pauses between them. A spacing that would have been `stale` is taken over whole while little is known; later it counts as 10 intervals, or 10 s, at
 * most: an outage is no habit.
 * @param intervalUs - so far, 0 = unknown
 * @param spacingUs - above 0
 * @param numbers - received so far in the run
 */
export const learnInterval = (intervalUs: number, spacingUs: number, numbers: number): number => {
  if (intervalUs === 0) return spacingUs;
  if (spacingUs > STALE_INTERVALS * intervalUs) {
    if (numbers < LEARNED_NUMBERS) return spacingUs;
    const mostUs = OFFLINE_INTERVALS * Math.max(intervalUs, SHORT_US);
    return smoothedInterval(intervalUs, Math.min(spacingUs, mostUs));
  }
  if (isUsualSpacing(intervalUs, spacingUs)) return smoothedInterval(intervalUs, spacingUs);
  return intervalUs + ((spacingUs - intervalUs) * spacingUs) / intervalUs;
};

/** What a device used before it fell silent is no rate of now. */
export const rateNow = (rateHz: number | null, status: DeviceStatus): number | null =>
  status === "offline" ? null : rateHz;
