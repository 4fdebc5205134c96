/** Stored numbers of a run as stretches without a hole, from any number of pieces in any order. */
export class Stretches {
  /** inclusive */
  readonly #ranges: { first: number; last: number }[] = [];

  /** @param sequences - ascending; the first `count` of them are meant */
  add(sequences: Float64Array, count: number): void {
    let range: { first: number; last: number } | undefined;
    for (let index = 0; index < count; index++) {
      const number = sequences[index]!;
      if (range !== undefined && number <= range.last + 1) range.last = number;
      else {
        range = { first: number, last: number };
        this.#ranges.push(range);
      }
    }
  }

  /** The first number of each stretch, ascending. */
  starts(): number[] {
    const starts: number[] = [];
    let last = Number.NEGATIVE_INFINITY;
    for (const range of this.#ranges.sort((a, b) => a.first - b.first)) {
      if (range.first > last + 1) starts.push(range.first);
      last = Math.max(last, range.last);
    }
    return starts;
  }
}
