import { formatTime } from "../protocol/time.ts";
import { declaredEpoch } from "./encoder.ts";
import type { FleetSettings } from "./options.ts";
import { append, type Range } from "./ranges.ts";

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

  record(deviceId: string, settings: FleetSettings): TruthRecord {
    return {
      device: deviceId,
      epoch: declaredEpoch(this.epoch, settings),
      startedAt: formatTime(settings.baseTimeUs + this.startUs),
      next: this.next,
      dropped: this.#dropped ?? [],
      corrupted: this.#corrupted ?? [],
      copies: this.#copies ?? [],
    };
  }
}

export const truthHeader = (settings: FleetSettings, startedAtUs: number): TruthHeader => {
  const { seed, ...others } = settings;
  return { version: TRUTH_VERSION, seed, ...others, startedAt: formatTime(startedAtUs) };
};
