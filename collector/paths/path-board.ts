import type { ListenerConfig } from "../listener/listener-url.ts";
import { pathNamesOf } from "../listener/path-names.ts";
import type { PathCounters } from "../tracker/device/paths.ts";
import { type PathReading, PathWatch } from "./path-watch.ts";

/** What came by one path since the start, as plain data: see PathCounters. */
export interface PathCounts {
  expected: number;
  first: number;
  redundant: number;
  backed: number;
  /** of the skew histogram */
  skewBuckets: number[];
  skewSumUs: number;
}

/** One path as the status tells it. */
export interface PathStatus extends PathCounts {
  /** null = of the listeners without `path=` */
  path: string | null;
  /** URLs of its listeners */
  listeners: string[];
  state: "up" | "down";
  /** since when: wall clock, microseconds */
  sinceUs: number;
}

/** A path went dead or is back, as an event: `owed` are the numbers it should have brought meanwhile. */
export type PathNews =
  | { kind: "path-down"; detail: { path: string | null; owed: number } }
  | { kind: "path-up"; detail: { path: string | null } };

export const pathCountsOf = ({ expected, first, redundant, backed, skew }: PathCounters): PathCounts => ({
  expected,
  first,
  redundant,
  backed,
  skewBuckets: [...skew.buckets],
  skewSumUs: skew.sumUs,
});

export const addPathCounts = (one: PathCounts, other: PathCounts): PathCounts => ({
  expected: one.expected + other.expected,
  first: one.first + other.first,
  redundant: one.redundant + other.redundant,
  backed: one.backed + other.backed,
  skewBuckets: one.skewBuckets.map((count, bucket) => count + other.skewBuckets[bucket]!),
  skewSumUs: one.skewSumUs + other.skewSumUs,
});

interface Watched {
  path: string | null;
  listeners: string[];
  watch: PathWatch;
  sinceUs: number;
}

/** The paths of a collector and whether they live. With one path there is nothing to tell. */
export class PathBoard {
  readonly #paths: Watched[];

  constructor(listeners: readonly ListenerConfig[], nowMs: number, wallUs: number) {
    const { names, ofListener } = pathNamesOf(listeners);
    this.#paths = names.map((path, index) => ({
      path,
      listeners: listeners.filter((_, at) => ofListener[at] === index).map(({ url }) => url),
      watch: new PathWatch(nowMs),
      sinceUs: wallUs,
    }));
  }

  /** @param counts - of each path, of all workers; empty when there is only one */
  look(counts: readonly PathCounts[], nowMs: number, wallUs: number): PathNews[] {
    const cameByAny = counts.reduce((sum, { first }) => sum + first, 0);
    return counts.flatMap((each, index): PathNews[] => {
      const known = this.#paths[index]!;
      const reading = readingOf(each, known.path === null ? 0 : cameByAny);
      const owed = known.watch.owed(reading);
      const news = known.watch.look(reading, nowMs);
      if (news === null) return [];
      known.sinceUs = wallUs;
      const { path } = known;
      return [
        news === "down"
          ? { kind: "path-down", detail: { path, owed } }
          : { kind: "path-up", detail: { path } },
      ];
    });
  }

  status(counts: readonly PathCounts[]): PathStatus[] {
    return counts.map((each, index) => {
      const { path, listeners, watch, sinceUs } = this.#paths[index]!;
      return { path, listeners, state: watch.isDown ? "down" : "up", sinceUs, ...each };
    });
  }
}

/** @param dueUnheard - due by a path that nothing was heard by: nobody knows which devices it has, only its name says that it should have some */
const readingOf = ({ first, redundant, expected }: PathCounts, dueUnheard: number): PathReading => {
  const came = first + redundant;
  return { came, due: came === 0 ? dueUnheard : expected };
};
