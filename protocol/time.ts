import * as constants from "./constants.ts";
import type { Datagram } from "./datagram.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { EARLIEST_TIME_US, LATEST_AHEAD_US } = constants;

/** Times are microseconds since the Unix epoch in a float64: exact from the year 1684 to 2255. */

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const US_PER_SECOND = 1_000_000;
const US_PER_MINUTE = 60 * US_PER_SECOND;
const US_PER_DAY = 86_400 * US_PER_SECOND;
/** 400 Gregorian years repeat exactly; Date.UTC takes the years 0 to 99 for 1900 to 1999 */
const CYCLE_YEARS = 400;
const CYCLE_MS = 146_097 * 86_400_000;

/**
 * Reads an RFC 3339 date-time: `T` and `Z` in either case, any offset, 0 to 9 digits of fraction (those after the sixth are cut off).
 * A leap second, `:60`, is the instant of the second after it.
 * @returns microseconds since the Unix epoch, exact within ±2^53 and the nearest float64 beyond; NaN when `text` is no such date-time
 * @see RFC 3339 §5.6
 */
export const parseTime = (text: string): number => {
  const match = RFC3339.exec(text);
  if (match === null) return Number.NaN;
  const field = (group: number): number => Number(match[group] ?? 0);
  const dayUs = startOfDayUs(field(1), field(2), field(3));
  const [hour, minute, second, offsetHour, offsetMinute] = [
    field(4),
    field(5),
    field(6),
    field(9),
    field(10),
  ];
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return Number.NaN;
  const minutes = hour * 60 + minute - (match[8] === "-" ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  const fractionUs = Number((match[7] ?? "").slice(0, 6).padEnd(6, "0"));
  return dayUs + minutes * US_PER_MINUTE + second * US_PER_SECOND + fractionUs;
};

/** Midnight UTC of a Gregorian date, NaN when there is no such day. */
const startOfDayUs = (year: number, month: number, day: number): number => {
  const date = new Date(Date.UTC(year + CYCLE_YEARS, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return Number.NaN;
  return (date.getTime() - CYCLE_MS) * 1000;
};

/** "00" to "99", and "000" to "999": answers write many times, and padding each part would be most of the work. */
const PAIRS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));
const TRIPLES = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, "0"));
/** the day written last: times of an answer lie together */
let dayUs = Number.NaN;
let dayText = "";

/**
 * Writes a time as RFC 3339 in UTC with exactly six digits of fraction, `2026-11-20T12:00:00.123456Z`.
 * @param timeUs - microseconds since the Unix epoch, a safe integer
 */
export const formatTime = (timeUs: number): string => {
  let inDayUs = timeUs - dayUs;
  if (!(inDayUs >= 0 && inDayUs < US_PER_DAY)) {
    dayUs = Math.floor(timeUs / US_PER_DAY) * US_PER_DAY;
    dayText = new Date(dayUs / 1000).toISOString().slice(0, -"00:00:00.000Z".length);
    inDayUs = timeUs - dayUs;
  }
  const seconds = Math.floor(inDayUs / US_PER_SECOND);
  const fractionUs = inDayUs - seconds * US_PER_SECOND;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const ms = Math.floor(fractionUs / 1000);
  const clock = `${PAIRS[hours]}:${PAIRS[minutes - hours * 60]}:${PAIRS[seconds - minutes * 60]}`;
  return `${dayText}${clock}.${TRIPLES[ms]}${TRIPLES[fractionUs - ms * 1000]}Z`;
};

/**
 * A time as a sender stated it, or 0 (unknown) when it lies outside 2000-01-01 … arrival + 24 h.
 * @param sendTimeUs - microseconds since the Unix epoch
 * @param arrivalUs - arrival of its datagram, same unit
 */
export const usableSendTime = (sendTimeUs: number, arrivalUs: number): number =>
  sendTimeUs >= EARLIEST_TIME_US && sendTimeUs <= arrivalUs + LATEST_AHEAD_US ? sendTimeUs : 0;

/**
 * The same for a send time that counts from the start of the epoch (flag bit 2): 0 when it is not positive or when the epoch would
 * have begun before 2000-01-01.
 */
export const usableRelativeTime = (sendTimeUs: number, arrivalUs: number): number =>
  sendTimeUs > 0 && arrivalUs - sendTimeUs >= EARLIEST_TIME_US ? sendTimeUs : 0;

/**
 * When reading `index` of a datagram was taken: the limits of a send time hold for its own time too.
 * @param baseUs - the usable send time on the wall clock, or arrival where there is none
 * @param arrivalUs - arrival of the datagram
 * @returns microseconds since the Unix epoch; `baseUs` when the reading states no usable time of its own
 */
export const readingTimeUs = (
  datagram: Datagram,
  index: number,
  baseUs: number,
  arrivalUs: number,
): number => {
  const time = datagram.times[index]!;
  return usableSendTime(datagram.timesAreAbsolute ? time : baseUs + time, arrivalUs) || baseUs;
};
