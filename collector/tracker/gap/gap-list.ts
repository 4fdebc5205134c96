import * as gapFields from "./gap-fields.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { GAP, GAP_FIELDS, GAP_STATE, OPENED_BY } = gapFields;

/** ranges given up at the front before the memory is moved */
const MAX_UNUSED = 256;
const NEVER = Number.NEGATIVE_INFINITY;
/** room for a range, of which nobody was asked for anything */
const NO_RANGE: readonly number[] = new Array(GAP_FIELDS).fill(NEVER);

/** The absent ranges of one run, ascending, disjoint. Ranges are addressed by their index, which any change may shift. */
export class GapList {
  openCount = 0;
  #data: number[] = [];
  /** ranges before this one are gone: a device that keeps losing gives up its lowest range with every new one (R15) */
  #start = 0;

  get count(): number {
    return this.#data.length / GAP_FIELDS - this.#start;
  }

  get(index: number, field: number): number {
    return this.#data[(this.#start + index) * GAP_FIELDS + field]!;
  }

  set(index: number, field: number, value: number): void {
    this.#data[(this.#start + index) * GAP_FIELDS + field] = value;
  }

  isOpen(index: number): boolean {
    return this.get(index, GAP.STATE) !== GAP_STATE.LOST;
  }

  size(index: number): number {
    return this.get(index, GAP.LAST) - this.get(index, GAP.FIRST) + 1;
  }

  /** @returns index of the range that holds the number, -1 when it is not absent */
  find(number: number): number {
    const index = this.#firstAbove(number) - 1;
    return index >= 0 && this.get(index, GAP.LAST) >= number ? index : -1;
  }

  /** @returns index of the first range that reaches up to the number or beyond, `count` when there is none */
  firstReaching(number: number): number {
    const above = this.#firstAbove(number);
    return above > 0 && this.get(above - 1, GAP.LAST) >= number ? above - 1 : above;
  }

  /** Insert a range of numbers that are in no other range. @param state - GAP_STATE.WINDOW, CUT or LOST */
  insert(
    first: number,
    last: number,
    state: number,
    cause: number,
    openedAt: number,
    deadlineMs: number,
    timeBefore: number,
    timeAfter: number,
    requests: number,
    clearMs = NEVER,
    opener: number = OPENED_BY.NOBODY,
  ): void {
    const at = this.#offset(this.#firstAbove(first));
    const data = this.#data;
    // nearly always the newest is the highest, and goes to the end
    if (at === data.length) data.push(...NO_RANGE);
    else data.splice(at, 0, ...NO_RANGE);
    data[at + GAP.FIRST] = first;
    data[at + GAP.LAST] = last;
    data[at + GAP.STATE] = state;
    data[at + GAP.CAUSE] = cause;
    data[at + GAP.OPENED_AT] = openedAt;
    data[at + GAP.DEADLINE] = deadlineMs;
    data[at + GAP.TIME_BEFORE] = timeBefore;
    data[at + GAP.TIME_AFTER] = timeAfter;
    data[at + GAP.REQUESTS] = requests;
    data[at + GAP.CLEAR] = clearMs;
    data[at + GAP.OPENER] = opener;
    if (state !== GAP_STATE.LOST) this.openCount++;
  }

  /** The window of an open range is over and its device is asked for it. */
  ask(index: number, nextAskMs: number, deadlineMs: number): void {
    this.set(index, GAP.STATE, GAP_STATE.ASKED);
    this.set(index, GAP.NEXT_ASK, nextAskMs);
    this.set(index, GAP.DEADLINE, deadlineMs);
  }

  /** Take one number out of its range, which shrinks, splits or vanishes. @param time - the number's own, for its neighbours */
  take(index: number, number: number, time: number): void {
    const first = this.get(index, GAP.FIRST);
    const last = this.get(index, GAP.LAST);
    if (first === last) this.remove(index);
    else if (number === first) {
      this.set(index, GAP.FIRST, number + 1);
      this.set(index, GAP.TIME_BEFORE, time);
    } else if (number === last) {
      this.set(index, GAP.LAST, number - 1);
      this.set(index, GAP.TIME_AFTER, time);
    } else {
      this.split(index, number);
      this.set(index, GAP.LAST, number - 1);
      this.set(index, GAP.TIME_AFTER, time);
      this.set(index + 1, GAP.FIRST, number + 1);
      this.set(index + 1, GAP.TIME_BEFORE, time);
    }
  }

  /** Cut a range in two: `at` becomes the first number of the second one, the rest of both is equal. */
  split(index: number, at: number): void {
    const start = this.#offset(index);
    const copy = this.#data.slice(start, start + GAP_FIELDS);
    this.#data.splice(start + GAP_FIELDS, 0, ...copy);
    this.set(index, GAP.LAST, at - 1);
    this.set(index + 1, GAP.FIRST, at);
    if (this.isOpen(index)) this.openCount++;
  }

  /** The same of a range of which nothing came at `at`: the times of absent numbers are placed between the neighbours. */
  cut(index: number, at: number): void {
    const first = this.get(index, GAP.FIRST);
    const before = this.get(index, GAP.TIME_BEFORE);
    const after = this.get(index, GAP.TIME_AFTER);
    const step = (after - before) / (this.size(index) + 1);
    const timeOf = (number: number): number =>
      before === 0 || after === 0 ? 0 : Math.round(before + step * (number - first + 1));
    this.split(index, at);
    this.set(index, GAP.TIME_AFTER, timeOf(at));
    this.set(index + 1, GAP.TIME_BEFORE, timeOf(at - 1));
  }

  /**
   * `cut` of every range that passes, at each of these numbers that is in it. All in one walk: to make room for each cut by itself would
   * move all ranges above it each time.
   * @param numbers - ascending
   * @param passes - asked of each range before it is cut
   * @returns how many ranges there are more
   */
  cutAt(numbers: readonly number[], passes: (index: number) => boolean): number {
    const before = this.count;
    let next = 0;
    const isCut = (index: number): boolean => {
      while (numbers[next]! <= this.get(index, GAP.FIRST)) next++;
      return numbers[next]! <= this.get(index, GAP.LAST) && passes(index);
    };
    let index = this.firstReaching(numbers[0]!);
    while (index < before && !isCut(index)) index++;
    const above = this.#data.splice(this.#offset(index));
    for (let at = 0; at < above.length; at += GAP_FIELDS) {
      for (let field = 0; field < GAP_FIELDS; field++) this.#data.push(above[at + field]!);
      if (!isCut(this.count - 1)) continue;
      for (; numbers[next]! <= above[at + GAP.LAST]!; next++) this.cut(this.count - 1, numbers[next]!);
    }
    return this.count - before;
  }

  /** Nobody waits for an open range any longer. */
  close(index: number, cause: number): void {
    this.set(index, GAP.STATE, GAP_STATE.LOST);
    this.set(index, GAP.CAUSE, cause);
    this.openCount--;
  }

  remove(index: number): void {
    if (this.isOpen(index)) this.openCount--;
    if (index === 0) this.#removeLowest();
    else this.#data.splice(this.#offset(index), GAP_FIELDS);
  }

  /** @returns index of the lowest open range, `count` without one; costs what lies above it */
  lowestOpen(): number {
    if (this.openCount === this.count) return 0;
    let lowest = this.count;
    let open = this.openCount;
    for (let index = this.count - 1; open > 0; index--) {
      if (!this.isOpen(index)) continue;
      lowest = index;
      open--;
    }
    return lowest;
  }

  /** @returns the earliest deadline of an open range, +Infinity without one */
  earliestDeadline(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (let index = this.lowestOpen(); index < this.count; index++) {
      if (this.isOpen(index)) earliest = Math.min(earliest, this.get(index, GAP.DEADLINE));
    }
    return earliest;
  }

  #removeLowest(): void {
    this.#start++;
    if (this.#start < MAX_UNUSED && this.#start * GAP_FIELDS < this.#data.length) return;
    this.#data = this.#data.slice(this.#start * GAP_FIELDS);
    this.#start = 0;
  }

  #offset(index: number): number {
    return (this.#start + index) * GAP_FIELDS;
  }

  /** index of the first range that begins above the number, `count` when there is none */
  #firstAbove(number: number): number {
    let low = 0;
    let high = this.count;
    // most searches are for the newest numbers
    if (high > 0 && this.get(high - 1, GAP.FIRST) <= number) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.get(middle, GAP.FIRST) <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
