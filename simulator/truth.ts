import { formatTime } from "../protocol/time.ts";
import { declaredEpoch } from "./encoder.ts";
import type { FleetSettings } from "./options.ts";
import { append, indexOf, normalise, type Range, subtract, union } from "./ranges.ts";

export const TRUTH_VERSION = 1;

/** What became of the numbers of one start of one device (design §9). */
export interface TruthRecord {
  device: string;
  /** as declared on the wire; null when the format leaves it out */
  epoch: number | null;
  /** when number 0 was due, by the simulator's clock, RFC 3339 */
  startedAt: string;
  /** the number after the last one used */
  next: number;
  /** numbers of which no copy left the simulator */
  dropped: Range[];
  /** numbers of which only damaged copies left */
  corrupted: Range[];
  /** numbers of which k > 1 intact copies left: first, last, k */
  copies: (readonly [first: number, last: number, k: number])[];
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

/** How often one number left the simulator. */
export interface Departures {
  /** intact and damaged copies */
  copies: number;
  intact: number;
}

/** Collects the truth of one start while its numbers are used. */
export class StartTruth {
  readonly device: number;
  readonly epoch: number;
  readonly startUs: number;
  next = 0;
  // most starts of a large fleet have none: no arrays for them
  #dropped: [number, number][] | undefined;
  #corrupted: [number, number][] | undefined;
  #copies: [number, number, number][] | undefined;
  /** numbers that were sent again: how often, and what left of them in all */
  #repeated: Map<number, Departures & { times: number }> | undefined;

  constructor(device: number, epoch: number, startUs: number) {
    this.device = device;
    this.epoch = epoch;
    this.startUs = startUs;
  }

  /**
   * The next number was used.
   * @param copies - that left at all, intact or damaged
   * @param intact - that left intact
   */
  use(copies: number, intact: number): void {
    const number = this.next++;
    if (intact === 1) return;
    if (copies === 0) {
      this.#dropped ??= [];
      append(this.#dropped, number);
    } else if (intact === 0) {
      this.#corrupted ??= [];
      append(this.#corrupted, number);
    } else {
      this.#copies ??= [];
      const previous = this.#copies.at(-1);
      if (previous?.[1] === number - 1 && previous[2] === intact) previous[1] = number;
      else this.#copies.push([number, number, intact]);
    }
  }

  /** What left of a number that was used. */
  departuresOf(number: number): Departures {
    const repeated = this.#repeated?.get(number);
    if (repeated !== undefined) return { copies: repeated.copies, intact: repeated.intact };
    if (indexOf(this.#dropped ?? [], number) >= 0) return { copies: 0, intact: 0 };
    // how many damaged ones left is not kept: one is as good as many
    if (indexOf(this.#corrupted ?? [], number) >= 0) return { copies: 1, intact: 0 };
    const among = indexOf(this.#copies ?? [], number);
    const intact = among < 0 ? 1 : this.#copies![among]![2];
    return { copies: intact, intact };
  }

  /** How often a number was sent again. */
  timesRepeated(number: number): number {
    return this.#repeated?.get(number)?.times ?? 0;
  }

  /** A number was sent again: so many more copies of it left, intact or damaged. */
  repeat(number: number, copies: number, intact: number): void {
    const before = this.departuresOf(number);
    this.#repeated ??= new Map();
    this.#repeated.set(number, {
      times: this.timesRepeated(number) + 1,
      copies: before.copies + copies,
      intact: before.intact + intact,
    });
  }

  record(deviceId: string, settings: FleetSettings): TruthRecord {
    return {
      device: deviceId,
      epoch: declaredEpoch(this.epoch, settings),
      startedAt: formatTime(settings.baseTimeUs + this.startUs),
      next: this.next,
      ...this.#departures(),
    };
  }

  #departures(): Pick<TruthRecord, "dropped" | "corrupted" | "copies"> {
    const dropped = this.#dropped ?? [];
    const corrupted = this.#corrupted ?? [];
    const copies = this.#copies ?? [];
    const repeated = this.#repeated;
    if (repeated === undefined) return { dropped, corrupted, copies };
    const numbers = normalise(Array.from(repeated.keys(), (number) => [number, number]));
    const those = (isSo: (left: Departures) => boolean): Range[] =>
      Array.from(repeated).flatMap(([number, left]) => (isSo(left) ? [[number, number]] : []));
    return {
      dropped: union(
        subtract(dropped, numbers),
        those((left) => left.copies === 0),
      ),
      corrupted: union(
        subtract(corrupted, numbers),
        those((left) => left.copies > 0 && left.intact === 0),
      ),
      copies: [
        ...copies.flatMap(([first, last, k]) =>
          subtract([[first, last]], numbers).map(([from, to]) => [from, to, k] as const),
        ),
        ...Array.from(repeated, ([number, { intact }]) => [number, number, intact] as const).filter(
          ([, , intact]) => intact > 1,
        ),
      ].sort((a, b) => a[0] - b[0]),
    };
  }
}

export const truthHeader = (settings: FleetSettings, startedAtUs: number): TruthHeader => {
  const { seed, ...others } = settings;
  return { version: TRUTH_VERSION, seed, ...others, startedAt: formatTime(startedAtUs) };
};
