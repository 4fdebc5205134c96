import { LacunaError } from "./errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const PATTERN = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/;

/** What a duration looks like, for messages and help. */
export const DURATION_ACCEPTED =
  'a number with a unit: ms, s, m (minutes), h, d or w, such as "500ms" or "30d"';

/**
 * Milliseconds of a duration such as "500ms", "1.5s", "30d".
 * @returns a number >= 0
 * @throws LacunaError `ERR_DURATION` with a sentence saying what is accepted
 */
export const parseDurationMs = (text: string): number => {
  const [, number, unit] = PATTERN.exec(text.trim()) ?? [];
  if (number === undefined || unit === undefined) {
    throw new LacunaError("ERR_DURATION", `"${text}" is not a duration; accepted is ${DURATION_ACCEPTED}`);
  }
  return Number(number) * UNIT_MS[unit]!;
};

/** The shortest exact way to write a duration of whole milliseconds: 90000 is "90s", 172800000 is "2d". */
export const formatDurationMs = (ms: number): string => {
  if (ms === 0) return "0s";
  for (const unit of ["d", "h", "m", "s"]) {
    if (ms % UNIT_MS[unit]! === 0) return `${ms / UNIT_MS[unit]!}${unit}`;
  }
  return `${ms}ms`;
};
