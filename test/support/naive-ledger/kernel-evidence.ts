import { CAUSE } from "../../../protocol/ledger-row.ts";

interface Reading {
  atMs: number;
  /** what had arrived before had been read when the counters were */
  drainedAtMs: number;
  /** by listener; null = not readable */
  drops: (number | null)[];
}

/** What the naive ledger knows of the kernel's counters ("The kernel's counters" in docs/ledger.md): every reading, kept for good. */
export class NaiveEvidence {
  readonly #beganMs: number;
  readonly #readings: Reading[] = [];
  readonly #rejections: { source: string; atMs: number }[] = [];
  /** lost otherwise: by listener, until when, and how many readings there were by then */
  readonly #doubts: { listener: number; untilMs: number; readings: number }[] = [];
  /** by listener and reading: drops that lost numbers are blamed on */
  readonly #blamed = new Map<string, number>();

  constructor(beganMs: number) {
    this.#beganMs = beganMs;
  }

  read(atMs: number, drainedAtMs: number, drops: (number | null)[]): void {
    this.#readings.push({ atMs, drainedAtMs, drops });
  }

  reject(source: string, atMs: number): void {
    this.#rejections.push({ source, atMs });
  }

  /** What is read from now on arrived after this. */
  clearMs(): number {
    return this.#clearAfter(this.#readings.length);
  }

  /** @param listeners - by which the device was heard */
  causeOf(listeners: Set<number>, source: string, fromMs: number, toMs: number, count: number): number {
    const isRejected = this.#rejections.some(
      (rejection) => rejection.source === source && rejection.atMs >= fromMs,
    );
    if (isRejected || toMs > this.clearMs() || this.#readings.length === 0) return CAUSE.UNDETERMINED;
    const last = this.#readings.at(-1)!;
    const asked = [...listeners];
    if (listeners.size === 0 || asked.some((listener) => last.drops[listener] == null))
      return CAUSE.UNDETERMINED;
    const moved = asked.flatMap((listener) => this.#movedWithin(listener, fromMs, toMs));
    if (moved.length === 0) {
      for (const listener of asked) this.#doubt(listener, toMs);
      return CAUSE.NETWORK;
    }
    return asked.length === 1 ? this.#overflow(asked[0]!, moved, fromMs, toMs, count) : CAUSE.UNDETERMINED;
  }

  #overflow(listener: number, moved: number[], fromMs: number, toMs: number, count: number): number {
    const left = moved.map((reading) => this.#left(listener, reading));
    if (left.includes(undefined)) return CAUSE.UNDETERMINED;
    const sum = left.reduce((total: number, some) => total + some!, 0);
    if (sum < count) {
      this.#doubt(listener, toMs);
      return CAUSE.UNDETERMINED;
    }
    const isDoubted = this.#doubts.some(
      (doubt) =>
        doubt.listener === listener &&
        doubt.readings < this.#readings.length &&
        doubt.untilMs >= fromMs - 10_000,
    );
    if (isDoubted) return CAUSE.UNDETERMINED;
    let wanted = count;
    for (const [index, reading] of moved.entries()) {
      const taken = Math.min(wanted, left[index]!);
      const key = `${listener} ${reading}`;
      this.#blamed.set(key, (this.#blamed.get(key) ?? 0) + taken);
      wanted -= taken;
    }
    return CAUSE.SOCKET_OVERFLOW;
  }

  #doubt(listener: number, untilMs: number): void {
    this.#doubts.push({ listener, untilMs, readings: this.#readings.length });
  }

  #clearAfter(readings: number): number {
    const drained = this.#readings.slice(0, readings).map(({ drainedAtMs }) => drainedAtMs);
    return Math.max(this.#beganMs, ...drained);
  }

  /** Readings that differ from the one before, or that there were none of, in this time. */
  #movedWithin(listener: number, fromMs: number, toMs: number): number[] {
    return [...this.#readings.keys()].filter(
      (index) =>
        this.#readings[index]!.atMs >= fromMs &&
        this.#clearAfter(index) <= toMs &&
        this.#moved(listener, index) !== 0,
    );
  }

  /** undefined = nobody knows */
  #moved(listener: number, index: number): number | undefined {
    const now = this.#readings[index]!.drops[listener] ?? null;
    const wasEverRead = this.#readings.slice(0, index).some(({ drops }) => drops[listener] != null);
    if (now === null) return wasEverRead ? undefined : 0;
    if (!wasEverRead) return now;
    const before = this.#readings[index - 1]!.drops[listener] ?? null;
    return before === null ? undefined : now - before;
  }

  #left(listener: number, reading: number): number | undefined {
    const moved = this.#moved(listener, reading);
    return moved === undefined ? undefined : moved - (this.#blamed.get(`${listener} ${reading}`) ?? 0);
  }
}
