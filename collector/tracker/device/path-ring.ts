/** numbers remembered of a run at first, and at most */
const LEAST_REMEMBERED = 16;
const MOST_REMEMBERED = 65_536;
/** what was used within this time is remembered, as far as the bounds allow */
const REMEMBERED_MS = 10_000;
/** low half of a number's bits: the paths it came by; high half: those it was expected on */
const EXPECTED_SHIFT = 4;
const CAME_BITS = 0b1111;

/** Memory all rings of a tracker share beyond what each has at first. */
export interface RingBudget {
  /** numbers */
  left: number;
}

/** The newest numbers of one run: by which paths each came, on which it was expected, and when its first copy came. */
export class PathRing {
  /** greatest number it knows; those down to `top - size + 1` are remembered */
  top: number;
  size = LEAST_REMEMBERED;
  readonly #budget: RingBudget;
  /** the size follows the pace: how far the run was, and when */
  #markNumber: number;
  #markMs: number;
  #bits = new Uint8Array(LEAST_REMEMBERED);
  /** microseconds on the circle of 2^32 */
  #firstUs = new Uint32Array(LEAST_REMEMBERED);

  constructor(top: number, nowMs: number, budget: RingBudget) {
    this.top = top;
    this.#markNumber = top;
    this.#markMs = nowMs;
    this.#budget = budget;
  }

  /** Numbers up to this one have been used. @param absentFrom - from there on they are absent, and expected on `expectedOn` */
  reach(number: number, nowMs: number, absentFrom = number + 1, expectedOn = 0): void {
    if (number <= this.top) return;
    if (number - this.#markNumber >= this.size) this.#paceChecked(number, nowMs);
    const first = Math.max(this.top + 1, number - this.size + 1);
    this.#fill(first, number, 0);
    if (absentFrom <= number) this.#fill(Math.max(first, absentFrom), number, expectedOn << EXPECTED_SHIFT);
    this.top = number;
  }

  remembers(number: number): boolean {
    return number <= this.top && number > this.top - this.size;
  }

  /** The paths it came by, one bit each. Of a number that is remembered. */
  cameBy(number: number): number {
    return this.#bits[number % this.size]! & CAME_BITS;
  }

  /** The paths it was expected on. */
  expectedOn(number: number): number {
    return this.#bits[number % this.size]! >> EXPECTED_SHIFT;
  }

  addCameBy(number: number, paths: number): void {
    this.#bits[number % this.size]! |= paths;
  }

  addExpectedOn(number: number, paths: number): void {
    this.#bits[number % this.size]! |= paths << EXPECTED_SHIFT;
  }

  setFirstAt(number: number, nowMs: number): void {
    this.#firstUs[number % this.size] = nowMs * 1000;
  }

  /** Microseconds since its first copy, up to 71 minutes. */
  sinceFirstUs(number: number, nowMs: number): number {
    return (nowMs * 1000 - this.#firstUs[number % this.size]!) >>> 0;
  }

  /** Give back what it has of the budget. */
  release(): void {
    this.#budget.left += this.size - LEAST_REMEMBERED;
  }

  /** At once: a sender may jump over as many as are remembered with each datagram. */
  #fill(first: number, last: number, bits: number): void {
    const from = first % this.size;
    const end = (last % this.size) + 1;
    if (from < end) {
      this.#bits.fill(bits, from, end);
      return;
    }
    this.#bits.fill(bits, from);
    this.#bits.fill(bits, 0, end);
  }

  /** As many numbers again as are remembered have been used: too soon means that more must be. */
  #paceChecked(number: number, nowMs: number): void {
    const isFast = nowMs - this.#markMs < REMEMBERED_MS;
    if (isFast && this.size < MOST_REMEMBERED && this.#budget.left >= this.size) {
      this.#grow();
      return;
    }
    this.#markNumber = number;
    this.#markMs = nowMs;
  }

  #grow(): void {
    const { size } = this;
    const bits = new Uint8Array(size * 2);
    const firstUs = new Uint32Array(size * 2);
    for (let number = Math.max(0, this.top - size + 1); number <= this.top; number++) {
      bits[number % (size * 2)] = this.#bits[number % size]!;
      firstUs[number % (size * 2)] = this.#firstUs[number % size]!;
    }
    this.#budget.left -= size;
    this.#bits = bits;
    this.#firstUs = firstUs;
    this.size = size * 2;
  }
}
