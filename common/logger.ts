import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { Writable } from "node:stream";
import { isatty } from "node:tty";
import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import type { Clock } from "./clock.ts";
import { codeOf } from "./errors.ts";
import type { LogLevel } from "./log-levels.ts";

export type { Logger } from "pino";
export { LOG_LEVELS, type LogLevel } from "./log-levels.ts";

const STDERR = 2;
const AGAIN_MS = 10;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * Standard error may be a file on a full disk or a terminal that was closed: what cannot be logged is dropped, and ends nothing. pino's own
 * destination would end the process, or with its errors taken wait in a fatal message for ever.
 */
const writeToStandardError = (text: string): void => {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(STDERR, rest));
    } catch (error) {
      // a pipe whose reader is slow
      if (codeOf(error) !== "EAGAIN") return;
      Atomics.wait(sleeper, 0, 0, AGAIN_MS);
    }
  }
};

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
    const destination = new Writable({
      decodeStrings: false,
      write(text: string, _, done) {
        writeToStandardError(text);
        done();
      },
    });
    return pino(options, pretty({ destination, ignore: "pid,hostname" }));
  }
  return pino(options, { write: writeToStandardError });
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
