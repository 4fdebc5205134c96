import { formatTime } from "../../protocol/time.ts";
import { declaredEpoch } from "../fleet/encoder.ts";
import type { FleetSettings } from "../options/settings.ts";
import { DepartureLog, type DepartureRecord, type Departures } from "./departures.ts";

export const TRUTH_VERSION = 1;

/** What became of the numbers of one start of one device (docs/cli.md, "simulate"). */
export interface TruthRecord extends DepartureRecord {
  device: string;
  /** as declared on the wire; null when the format leaves it out */
  epoch: number | null;
  /** when number 0 was due, by the simulator's clock, RFC 3339 */
  startedAt: string;
  /** the number after the last one used */
  next: number;
  /** with two targets: the same for each path by itself. What is above is that of both together */
  paths?: DepartureRecord[];
}

/** First line of a truth file: the resolved settings, by property name, between version and start. */
export type TruthHeader = FleetSettings & {
  readonly version: typeof TRUTH_VERSION;
  /** wall clock when the simulation began, RFC 3339 */
  readonly startedAt: string;
};

export interface Truth {
  header: TruthHeader;
  /** those of one device in the order it started */
  records: TruthRecord[];
}

/** Collects the truth of one start while its numbers are used. */
export class StartTruth {
  readonly device: number;
  readonly epoch: number;
  readonly startUs: number;
  next = 0;
  readonly #all = new DepartureLog();
  /** by path; empty when there is one */
  readonly #paths: readonly DepartureLog[];
  #repeats: Map<number, number> | undefined;

  constructor(device: number, epoch: number, startUs: number, paths: number) {
    this.device = device;
    this.epoch = epoch;
    this.startUs = startUs;
    this.#paths = paths === 1 ? [] : Array.from({ length: paths }, () => new DepartureLog());
  }

  /**
   * The next number was used.
   * @param byPath - what left of it on each path
   */
  use(byPath: readonly Departures[]): void {
    const number = this.next++;
    this.#all.use(number, sumOf(byPath));
    for (const [path, log] of this.#paths.entries()) log.use(number, byPath[path]!);
  }

  /** What left of a number that was used, on all paths. */
  departuresOf(number: number): Departures {
    return this.#all.departuresOf(number);
  }

  /** How often a number was sent again. */
  timesRepeated(number: number): number {
    return this.#repeats?.get(number) ?? 0;
  }

  /** A number was sent again: so much more of it left on each path. */
  repeat(number: number, byPath: readonly Departures[]): void {
    this.#repeats ??= new Map();
    this.#repeats.set(number, this.timesRepeated(number) + 1);
    this.#all.repeat(number, sumOf(byPath));
    for (const [path, log] of this.#paths.entries()) log.repeat(number, byPath[path]!);
  }

  /** One copy of a number that was to leave on a path did not. */
  refuse(number: number, path: number, isIntact: boolean): void {
    this.#all.refuse(number, isIntact);
    this.#paths[path]?.refuse(number, isIntact);
  }

  record(deviceId: string, settings: FleetSettings): TruthRecord {
    const paths = this.#paths.length === 0 ? {} : { paths: this.#paths.map((log) => log.record()) };
    return {
      device: deviceId,
      epoch: declaredEpoch(this.epoch, settings),
      startedAt: formatTime(settings.baseTimeUs + this.startUs),
      next: this.next,
      ...this.#all.record(),
      ...paths,
    };
  }
}

const sumOf = (byPath: readonly Departures[]): Departures => ({
  copies: byPath.reduce((sum, { copies }) => sum + copies, 0),
  intact: byPath.reduce((sum, { intact }) => sum + intact, 0),
});

export const truthHeader = (settings: FleetSettings, startedAtUs: number): TruthHeader => {
  const { seed, ...others } = settings;
  return { version: TRUTH_VERSION, seed, ...others, startedAt: formatTime(startedAtUs) };
};
