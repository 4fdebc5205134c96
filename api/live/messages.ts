import type { LiveRun } from "../sources.ts";

/** What a client wants of the readings. */
export interface ReadingFilter {
  /** ids; empty = all */
  devices: readonly string[];
  /** names; empty = all */
  channels: readonly string[];
}

/** What the thread of the feed is started with. */
export interface FeedThreadData {
  file: string;
  /** the last flush that is not told */
  flush: number;
}

export type ToFeed =
  | {
      type: "flush";
      flush: number;
      /** runs that came to be in it */
      newRuns: readonly (readonly [run: number, device: string])[];
      /** devices of which channels were described, or that were forgotten */
      changedDevices: readonly number[];
    }
  | {
      type: "join";
      client: number;
      filter: ReadingFilter;
      /** the runs of each device of the filter, in its order */
      runs: readonly (readonly number[])[];
      /** what it has seen, an id; null = only what comes from now on */
      after: string | null;
      /** wall time, microseconds */
      atUs: number;
    }
  /** a client that joined can take more */
  | { type: "more"; client: number }
  | { type: "leave"; client: number }
  | { type: "described"; runs: readonly (LiveRun | null)[] }
  | { type: "close" };

/** What was left out: the feed goes on behind it. */
export interface Skipped {
  reason: "too-old" | "unknown-id";
  /** commits the gap lies between, microseconds; null = unknown */
  fromUs: number | null;
  toUs: number | null;
}

export type FromFeed =
  /** the clients of each filter get its text; `position`: the id of all that is told now */
  | {
      type: "told";
      position: string;
      texts: readonly (readonly [clients: readonly number[], text: Uint8Array])[];
    }
  /** what one client missed; at its end it is with the others, and `told` is meant for it too */
  | {
      type: "missed";
      client: number;
      position: string;
      text: Uint8Array;
      skipped: Skipped | null;
      isAtEnd: boolean;
    }
  /** the answer is `described`, of the first of them, in the same order */
  | { type: "describe"; runs: readonly number[] };
