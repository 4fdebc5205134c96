import { append, indexOf, normalise, type Range, subtract, union } from "../../protocol/ranges.ts";

/** What left of the numbers of one start. */
export interface DepartureRecord {
  /** numbers of which no copy left the simulator */
  dropped: Range[];
  /** numbers of which only damaged copies left */
  corrupted: Range[];
  /** numbers of which k > 1 intact copies left: first, last, k */
  copies: (readonly [first: number, last: number, k: number])[];
}

/** How often one number left the simulator. */
export interface Departures {
  /** intact and damaged copies */
  copies: number;
  intact: number;
}

/** Collects what left of the numbers of one start, on one path or on all. */
export class DepartureLog {
  // most starts of a large fleet have none: no arrays for them
  #dropped: [number, number][] | undefined;
  #corrupted: [number, number][] | undefined;
  #copies: [number, number, number][] | undefined;
  /** numbers that were sent again, or refused by the system: what left of them in all */
  #repeated: Map<number, Departures> | undefined;

  /** The next number was used. */
  use(number: number, { copies, intact }: Departures): void {
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

  /** A number was sent again: so many more copies of it left. */
  repeat(number: number, { copies, intact }: Departures): void {
    const before = this.departuresOf(number);
    this.#repeated ??= new Map();
    this.#repeated.set(number, { copies: before.copies + copies, intact: before.intact + intact });
  }

  /** One copy of a number, counted already, did not leave. */
  refuse(number: number, isIntact: boolean): void {
    const before = this.departuresOf(number);
    this.#repeated ??= new Map();
    const intact = before.intact - Number(isIntact);
    // not all damaged ones were counted
    this.#repeated.set(number, { copies: Math.max(intact, before.copies - 1), intact });
  }

  record(): DepartureRecord {
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
