import type { NaiveRun } from "./run.ts";

/** "Paths" of docs/ledger.md, the dull way: what is remembered of each number in a Map, per-path sums from what became of each. */

const LEAST = 16;
const MOST = 65_536;
const TEN_SECONDS_MS = 10_000;

interface Remembered {
  by: Set<number>;
  expectedOn: Set<number>;
}

/** What a run remembers. */
export interface NaiveMemory {
  numbers: Map<number, Remembered>;
  top: number;
  size: number;
  markNumber: number;
  markMs: number;
}

export interface NaivePathSums {
  expected: number;
  first: number;
  redundant: number;
  backed: number;
}

export class NaivePaths {
  sums: NaivePathSums[];
  readonly #ofListener: readonly number[];
  readonly #memories = new Map<NaiveRun, NaiveMemory>();
  /** by device: the paths it is heard by */
  readonly #known = new Map<number, Set<number>>();

  constructor(ofListener: readonly number[]) {
    this.#ofListener = ofListener;
    this.sums = [...new Set(ofListener)].map(() => ({ expected: 0, first: 0, redundant: 0, backed: 0 }));
  }

  get areSeveral(): boolean {
    return this.sums.length > 1;
  }

  of(listener: number): number {
    return this.#ofListener[listener] ?? 0;
  }

  /** Numbers are absent. */
  absent(run: NaiveRun, device: number, first: number, last: number, nowMs: number): void {
    if (!this.areSeveral) return;
    const known = this.#knownOf(device);
    for (const path of known) this.sums[path]!.expected += last - first + 1;
    const memory = this.#memories.get(run);
    if (memory === undefined) return;
    this.#reach(memory, last, nowMs);
    for (let number = Math.max(first, memory.top - memory.size + 1); number <= last; number++)
      memory.numbers.set(number, { by: new Set(), expectedOn: new Set(known) });
  }

  /** A number was accepted. */
  accepted(run: NaiveRun, device: number, number: number, listener: number, nowMs: number): void {
    if (!this.areSeveral) return;
    const path = this.of(listener);
    let memory = this.#memories.get(run);
    if (memory === undefined) {
      memory = { numbers: new Map(), top: number, size: LEAST, markNumber: number, markMs: nowMs };
      this.#memories.set(run, memory);
    }
    this.#reach(memory, number, nowMs);
    this.#join(memory, device, path, number);
    this.sums[path]!.first += 1;
    if (number <= memory.top - memory.size) {
      this.sums[path]!.expected += 1;
      return;
    }
    const entry = memory.numbers.get(number) ?? { by: new Set(), expectedOn: new Set() };
    memory.numbers.set(number, entry);
    for (const known of this.#knownOf(device)) this.#expect(entry, known);
    entry.by.add(path);
  }

  /** A received number came again. */
  isRedundant(run: NaiveRun, device: number, number: number, listener: number): boolean {
    const memory = this.#memories.get(run);
    const entry = memory?.numbers.get(number);
    const path = this.of(listener);
    if (memory === undefined || entry === undefined || entry.by.size === 0 || entry.by.has(path))
      return false;
    this.#join(memory, device, path, number);
    this.#expect(entry, path);
    if (entry.by.size === 1) this.sums[[...entry.by][0]!]!.backed += 1;
    entry.by.add(path);
    this.sums[path]!.redundant += 1;
    return true;
  }

  #reach(memory: NaiveMemory, number: number, nowMs: number): void {
    if (number <= memory.top) return;
    if (number - memory.markNumber >= memory.size) {
      if (nowMs - memory.markMs < TEN_SECONDS_MS && memory.size < MOST) memory.size *= 2;
      else Object.assign(memory, { markNumber: number, markMs: nowMs });
    }
    memory.top = number;
    for (const known of memory.numbers.keys())
      if (known <= memory.top - memory.size) memory.numbers.delete(known);
  }

  #join(memory: NaiveMemory, device: number, path: number, from: number): void {
    const known = this.#knownOf(device);
    if (known.has(path)) return;
    known.add(path);
    for (const [number, entry] of memory.numbers) if (number > from) this.#expect(entry, path);
  }

  #expect(entry: Remembered, path: number): void {
    if (entry.expectedOn.has(path)) return;
    entry.expectedOn.add(path);
    this.sums[path]!.expected += 1;
  }

  #knownOf(device: number): Set<number> {
    const known = this.#known.get(device) ?? new Set();
    this.#known.set(device, known);
    return known;
  }
}
