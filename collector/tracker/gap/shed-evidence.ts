const MAX_RANGES_PER_RUN = 1024;
const MAX_RANGES = 262_144;

/**
 * Numbers that arrived and found no room (R1), as sorted, disjoint, not adjacent ranges per run: evidence for `queue-overflow`.
 * Bounded: a run forgets its lowest range, all together forget the run that shed least recently.
 */
export class ShedEvidence {
  /** run slot to first, last, first, last …; the least recently shed run comes first */
  readonly #runs = new Map<number, number[]>();
  #count = 0;

  add(run: number, number: number): void {
    const ranges = this.#runs.get(run) ?? [];
    this.#runs.delete(run);
    this.#runs.set(run, ranges);
    this.#insert(ranges, number);
    if (ranges.length > 2 * MAX_RANGES_PER_RUN) this.#drop(ranges, 0);
    if (this.#count > MAX_RANGES) this.forget(this.#runs.keys().next().value!);
  }

  /** @returns the shed ranges within [first, last], cut to it */
  within(run: number, first: number, last: number): { first: number; last: number }[] {
    const ranges = this.#runs.get(run);
    if (ranges === undefined) return [];
    const found: { first: number; last: number }[] = [];
    const start = Math.max(0, firstAbove(ranges, first) - 2);
    for (let at = start; at < ranges.length && ranges[at]! <= last; at += 2) {
      if (ranges[at + 1]! < first) continue;
      found.push({ first: Math.max(first, ranges[at]!), last: Math.min(last, ranges[at + 1]!) });
    }
    return found;
  }

  has(run: number, number: number): boolean {
    const ranges = this.#runs.get(run);
    if (ranges === undefined) return false;
    const at = firstAbove(ranges, number);
    return at > 0 && ranges[at - 1]! >= number;
  }

  /** The run is gone. */
  forget(run: number): void {
    this.#count -= (this.#runs.get(run)?.length ?? 0) / 2;
    this.#runs.delete(run);
  }

  #insert(ranges: number[], number: number): void {
    const at = firstAbove(ranges, number);
    if (at > 0 && ranges[at - 1]! >= number) return;
    const joinsBelow = at > 0 && ranges[at - 1] === number - 1;
    const joinsAbove = ranges[at] === number + 1;
    if (joinsBelow && joinsAbove) {
      ranges[at - 1] = ranges[at + 1]!;
      this.#drop(ranges, at);
    } else if (joinsBelow) ranges[at - 1] = number;
    else if (joinsAbove) ranges[at] = number;
    else {
      ranges.splice(at, 0, number, number);
      this.#count++;
    }
  }

  #drop(ranges: number[], at: number): void {
    ranges.splice(at, 2);
    this.#count--;
  }
}

/** position in `ranges` of the first range that begins above the number */
const firstAbove = (ranges: number[], number: number): number => {
  let low = 0;
  let high = ranges.length / 2;
  if (high > 0 && ranges[2 * high - 2]! <= number) return ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[2 * middle]! <= number) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
};
