import type { RunTable } from "../run/run-table.ts";
import { SLOT } from "./device-slot.ts";
import type { DeviceTable } from "./device-table.ts";
import { PathRing, type RingBudget } from "./path-ring.ts";
import { SkewHistogram } from "./skew-histogram.ts";

/** numbers that rings may remember beyond their first size, all together: 5 bytes each */
const BUDGET = 4 * 2 ** 20;

/** What came by one path since the start, in numbers; none of it falls. */
export class PathCounters {
  /** used by devices heard on this path, from the number they were heard with on */
  expected = 0;
  /** that came by it before they came by any other */
  first = 0;
  /** that had come by another before */
  redundant = 0;
  /** of `first`: those that came by another path too */
  backed = 0;
  /** of `redundant`: how much later than the first copy */
  readonly skew = new SkewHistogram();
}

/**
 * Several paths to one device: the first copy of a number wins, the first one by each other path is redundant, what comes by a path again is a
 * duplicate (docs/ledger.md, "Paths"). Exists only where listeners are of more than one path.
 */
export class Paths {
  /** by path */
  readonly counters: readonly PathCounters[];
  readonly #ofListener: readonly number[];
  readonly #devices: DeviceTable;
  readonly #runs: RunTable;
  /** by slot of the run */
  readonly #rings: (PathRing | null)[] = [];
  readonly #budget: RingBudget = { left: BUDGET };

  /** @param ofListener - the path of each listener, from 0 */
  constructor(ofListener: readonly number[], devices: DeviceTable, runs: RunTable) {
    this.#ofListener = ofListener;
    this.#devices = devices;
    this.#runs = runs;
    this.counters = Array.from({ length: Math.max(...ofListener) + 1 }, () => new PathCounters());
  }

  bitOf(listener: number): number {
    return 1 << this.#ofListener[listener]!;
  }

  /** The reported source of a device was heard. */
  heardSource(device: number, listener: number): void {
    const heardBy = this.#devices.int(device, SLOT.SOURCE_PATHS);
    this.#devices.setInt(device, SLOT.SOURCE_PATHS, heardBy | this.bitOf(listener));
  }

  /** Absent numbers of a run became known. */
  used(run: number, first: number, last: number, nowMs: number): void {
    const ring = this.#rings[run];
    const device = this.#runs.device[run]!;
    const known = this.#devices.int(device, SLOT.PATHS);
    this.#expect(known, last - first + 1);
    if (ring == null) return;
    const before = ring.top;
    ring.reach(last, nowMs, first, known);
    for (let number = Math.max(first, ring.top - ring.size + 1); number <= Math.min(last, before); number++)
      ring.addExpectedOn(number, known);
  }

  /** A number of a run was accepted. */
  first(run: number, number: number, listener: number, nowMs: number): void {
    const path = this.#ofListener[listener]!;
    const bit = 1 << path;
    const device = this.#runs.device[run]!;
    let ring = this.#rings[run];
    if (ring == null) {
      ring = new PathRing(number, nowMs, this.#budget);
      this.#rings[run] = ring;
    }
    ring.reach(number, nowMs);
    this.#join(device, ring, path, number);
    const known = this.#devices.int(device, SLOT.PATHS);
    const counters = this.counters[path]!;
    counters.first++;
    if (!ring.remembers(number)) {
      counters.expected++;
      return;
    }
    this.#expect(known & ~ring.expectedOn(number), 1);
    ring.addExpectedOn(number, known);
    ring.addCameBy(number, bit);
    ring.setFirstAt(number, nowMs);
  }

  /** A number that was received already came again. @returns whether it is the first copy by its path, as far as is remembered */
  again(run: number, number: number, listener: number, nowMs: number): boolean {
    const ring = this.#rings[run];
    if (ring == null || !ring.remembers(number)) return false;
    const path = this.#ofListener[listener]!;
    const bit = 1 << path;
    const cameBy = ring.cameBy(number);
    if (cameBy === 0 || (cameBy & bit) !== 0) return false;
    this.#join(this.#runs.device[run]!, ring, path, number);
    this.#expect(bit & ~ring.expectedOn(number), 1);
    ring.addExpectedOn(number, bit);
    ring.addCameBy(number, bit);
    const counters = this.counters[path]!;
    counters.redundant++;
    counters.skew.add(ring.sinceFirstUs(number, nowMs));
    // it came by one path alone until now
    if ((cameBy & (cameBy - 1)) === 0) this.counters[31 - Math.clz32(cameBy)]!.backed++;
    return true;
  }

  /** The run leaves the memory. */
  forget(run: number): void {
    this.#rings[run]?.release();
    this.#rings[run] = null;
  }

  /** The device is heard on a path for the first time: what it has used from this number on is expected there too. */
  #join(device: number, ring: PathRing, path: number, from: number): void {
    const known = this.#devices.int(device, SLOT.PATHS);
    const bit = 1 << path;
    if ((known & bit) !== 0) return;
    this.#devices.setInt(device, SLOT.PATHS, known | bit);
    for (let number = Math.max(from + 1, ring.top - ring.size + 1); number <= ring.top; number++) {
      if (ring.expectedOn(number) === 0) continue;
      this.#expect(bit & ~ring.expectedOn(number), 1);
      ring.addExpectedOn(number, bit);
    }
  }

  #expect(paths: number, numbers: number): void {
    for (let path = 0; path < this.counters.length; path++)
      if ((paths & (1 << path)) !== 0) this.counters[path]!.expected += numbers;
  }
}
