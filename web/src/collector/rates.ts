import type { Status } from "../data/status-types.ts";

/** What moved between two answers of the status, per second. */
export interface Rates {
  datagrams: number;
  bytes: number;
  /** by URL of the listener */
  listeners: Map<string, { datagrams: number; bytes: number }>;
  commits: number;
}

/** Counters of a listener are up to half a second old: over a second or two a rate would be off by a half or a third. */
const LEAST_SECONDS = 3;
/** rates are over that long: long enough not to flicker */
const WINDOW_SECONDS = 10;

/** What is kept for rates when another answer comes, the oldest first. By the time the collector has run: its clock may be set. */
export const lastAnswers = (before: readonly Status[], newest: Status): readonly Status[] => [
  ...before.filter(
    ({ startedAt, uptimeSeconds }) =>
      startedAt === newest.startedAt && newest.uptimeSeconds - uptimeSeconds <= WINDOW_SECONDS,
  ),
  newest,
];

/** @returns undefined when too little time has passed, or the collector was started anew in between */
export const ratesBetween = (from: Status, to: Status): Rates | undefined => {
  const seconds = to.uptimeSeconds - from.uptimeSeconds;
  if (seconds < LEAST_SECONDS || from.startedAt !== to.startedAt) return undefined;
  const before = new Map(from.listeners.map((listener) => [listener.url, listener.counters]));
  const listeners = new Map(
    to.listeners.map(({ url, counters }) => {
      const { datagrams = 0, bytes = 0 } = before.get(url) ?? {};
      return [
        url,
        { datagrams: (counters.datagrams - datagrams) / seconds, bytes: (counters.bytes - bytes) / seconds },
      ];
    }),
  );
  const sum = (field: "datagrams" | "bytes"): number =>
    Array.from(listeners.values()).reduce((total, rate) => total + rate[field], 0);
  return {
    datagrams: sum("datagrams"),
    bytes: sum("bytes"),
    listeners,
    commits: (to.database.commits - from.database.commits) / seconds,
  };
};
