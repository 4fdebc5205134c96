const two = (value: number): string => String(value).padStart(2, "0");

/** Milliseconds since the Unix epoch of an RFC 3339 time. */
export const parseMs = (time: string): number => Date.parse(time);

const minutesAhead = (ms: number): number => -new Date(ms).getTimezoneOffset();

/** Clocks are changed by less, and not twice within it. */
const AROUND_CHANGE_MS = 3 * 3_600_000;

/** " +02" where the clock shows the same time twice, since summer time ends; elsewhere nothing. */
const zoneIfTwice = (ms: number): string => {
  const ahead = minutesAhead(ms);
  const isShownAt = (otherMs: number): boolean => {
    const other = minutesAhead(otherMs);
    return other !== ahead && minutesAhead(ms + (ahead - other) * 60_000) === other;
  };
  if (!isShownAt(ms - AROUND_CHANGE_MS) && !isShownAt(ms + AROUND_CHANGE_MS)) return "";
  const [hours, minutes] = [Math.floor(Math.abs(ahead) / 60), Math.abs(ahead) % 60];
  return ` ${ahead < 0 ? "−" : "+"}${two(hours)}${minutes === 0 ? "" : `:${two(minutes)}`}`;
};

const clockOf = (date: Date): string =>
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

const bareTime = (ms: number): string => {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockOf(date)}`;
};

const bareMillis = (ms: number): string => String(new Date(ms).getMilliseconds()).padStart(3, "0");

/** "14:03:09" in the viewer's time zone; with its offset where the clock shows that time twice, as all others. */
export const clockTime = (ms: number): string => clockOf(new Date(ms)) + zoneIfTwice(ms);

/** "2026-11-20 14:03:09.123" in the viewer's time zone. */
export const fullTime = (ms: number): string => `${bareTime(ms)}.${bareMillis(ms)}${zoneIfTwice(ms)}`;

/** "2026-11-20 14:03:09" */
export const secondsTime = (ms: number): string => bareTime(ms) + zoneIfTwice(ms);

const THIS_YEAR = "2026-".length;

/** "14:03:09" of today, "11-20 14:03:09" of another day, with its year when that is another one too. */
export const shortTime = (ms: number, nowMs: number): string => {
  const [time, now] = [secondsTime(ms), bareTime(nowMs)];
  const day = time.indexOf(" ");
  if (time.slice(0, day) === now.slice(0, day)) return time.slice(day + 1);
  return time.slice(0, THIS_YEAR) === now.slice(0, THIS_YEAR) ? time.slice(THIS_YEAR) : time;
};

/** where minutes begin in a full time */
const MINUTES = "2026-11-20 14:".length;

/** "2026-11" of "2026-11-20": a step of a month or more */
const TO_MONTH = "2026-11".length;
const SHORTEST_MONTH = 28 * 86_400;

/** A tick of a time axis: months with their year where it is of months or years, days where midnight lies on it, seconds where the ticks are closer than a minute, "03:09.500" where they are closer than a second. */
export const tickTime = (seconds: number, stepSeconds: number): string => {
  const ms = seconds * 1000;
  const date = new Date(ms);
  if (stepSeconds < 1) return `${bareTime(ms).slice(MINUTES)}.${bareMillis(ms)}`;
  if (stepSeconds >= SHORTEST_MONTH) return bareTime(ms).slice(0, TO_MONTH);
  const clock = clockOf(date);
  if (stepSeconds >= 86_400 || clock === "00:00:00")
    return `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return (stepSeconds < 60 ? clock : clock.slice(0, 5)) + zoneIfTwice(ms);
};

const STEPS: readonly [number, string][] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** "0.4 s", "12 s", "3 min", "5 h 12 min", "2 d 3 h": two units at most. */
export const duration = (seconds: number): string => {
  if (seconds < 0.1) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  let whole = Math.round(seconds);
  const parts: string[] = [];
  for (const [length, unit] of STEPS) {
    const amount = Math.floor(whole / length);
    whole -= amount * length;
    if (amount > 0) parts.push(`${amount} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
};

/** Of a delay or a difference of delays: "85 µs", "1.24 ms", "12.3 ms", "−3.02 s", "2 min"; three digits at most. */
export const delay = (seconds: number): string => {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? "−" : "";
  if (size >= 60) return sign + duration(size);
  const [scaled, unit] = size < 0.001 ? [size * 1e6, "µs"] : size < 1 ? [size * 1e3, "ms"] : [size, "s"];
  return `${sign}${Number(scaled.toPrecision(3))} ${unit}`;
};

/** "now", "12 s ago", "3 min ago" */
export const ago = (seconds: number): string => {
  if (seconds < 2) return "now";
  const [length, unit] = STEPS.find(([step]) => seconds >= step)!;
  return `${Math.floor(seconds / length)} ${unit} ago`;
};
