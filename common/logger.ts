import { createRequire } from "node:module";
import { isatty } from "node:tty";
import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import type { Clock } from "./clock.ts";
import type { LogLevel } from "./log-levels.ts";

export type { Logger } from "pino";
export { LOG_LEVELS, type LogLevel } from "./log-levels.ts";

const STDERR = 2;

/**
 * The process's logger, on standard error so that standard output stays data: one JSON object per line, or readable lines on a terminal.
 * @param destination - for tests; standard error otherwise
 */
export const createLogger = (level: LogLevel, destination?: DestinationStream): Logger => {
  const options: LoggerOptions = { level, timestamp: pino.stdTimeFunctions.isoTime };
  if (destination !== undefined) return pino(options, destination);
  // asked of the descriptor: a worker's process.stderr is a pipe to the main thread
  if (isatty(STDERR)) {
    // loaded when it is needed: each thread of a service would pay for it
    const pretty = createRequire(import.meta.url)("pino-pretty") as typeof import("pino-pretty");
    return pino(options, pretty({ destination: STDERR, sync: true, ignore: "pid,hostname" }));
  }
  return pino(options, pino.destination({ dest: STDERR, sync: true }));
};

/** Lets one message per key and interval through and counts what it holds back. */
export interface RepeatLimiter {
  /**
   * Log through `write` unless the same key was logged within the interval.
   * @param write - gets the number of messages held back since the key was last let through
   */
  limit(key: string, write: (heldBack: number) => void): void;
}

interface Repeated {
  untilMs: number;
  heldBack: number;
}

/**
 * @param intervalMs - how long a key stays quiet after it was let through
 * @param maxKeys - keys remembered at once (keys may come from the network); beyond it the oldest is forgotten
 */
export const createRepeatLimiter = (
  clock: Pick<Clock, "monotonicMs">,
  intervalMs = 10_000,
  maxKeys = 1024,
): RepeatLimiter => {
  const repeatedByKey = new Map<string, Repeated>();

  const forgetOldest = (): void => {
    for (const key of repeatedByKey.keys()) {
      repeatedByKey.delete(key);
      return;
    }
  };

  return {
    limit(key, write) {
      const nowMs = clock.monotonicMs();
      const known = repeatedByKey.get(key);
      if (known !== undefined && nowMs < known.untilMs) {
        known.heldBack++;
        return;
      }
      repeatedByKey.delete(key);
      if (repeatedByKey.size >= maxKeys) forgetOldest();
      repeatedByKey.set(key, { untilMs: nowMs + intervalMs, heldBack: 0 });
      write(known?.heldBack ?? 0);
    },
  };
};
