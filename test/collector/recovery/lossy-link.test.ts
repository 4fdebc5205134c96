import fc from "fast-check";
import { expect, test } from "vitest";
import { KIND } from "../../../protocol/constants.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import { RecoveryBed, type SentNack, WINDOW_MS } from "../../support/recovery-bed.ts";
import { seededRandom } from "../../support/seeded-random.ts";

/**
 * Devices behind a link that loses both ways, played in the time of the test: what the recovery achieves, and a naive account of everything it
 * promises (bytes, spacing, tries, time), kept from the datagrams alone.
 */
interface Link {
  devices: number;
  /** datagrams of each device, and the time between two of them */
  count: number;
  intervalMs: number;
  /** in [0, 1], each way */
  loss: number;
  oneWayMs: number;
  seed: number;
}

interface Flight {
  atMs: number;
  device: string;
  number: number;
  kind: number;
}

class LossyLink {
  readonly bed: RecoveryBed;
  dropped = 0;
  readonly #link: Link;
  readonly #random: () => number;
  #flights: Flight[] = [];
  readonly #nacksUnderWay: { atMs: number; nack: SentNack }[] = [];

  constructor(link: Link) {
    this.#link = link;
    this.#random = seededRandom(link.seed);
    this.bed = new RecoveryBed({ random: this.#random }, (nack) => {
      if (this.#random() < link.loss) return;
      this.#nacksUnderWay.push({ atMs: nack.atMs + link.oneWayMs, nack });
    });
  }

  run(): this {
    const { devices, count, intervalMs } = this.#link;
    const startMs = this.bed.nowMs;
    for (let number = 0; number < count; number++) {
      for (let device = 0; device < devices; device++)
        this.#send(`d${device}`, number, KIND.DATA, startMs + number * intervalMs, true);
    }
    // unimpaired, so that the ends are known
    for (let device = 0; device < devices; device++)
      this.#fly(`d${device}`, count, KIND.HEARTBEAT, startMs + count * intervalMs);
    const endMs = startMs + count * intervalMs + WINDOW_MS + 15_000;
    while (this.bed.nowMs < endMs) {
      this.bed.pass(10);
      this.#answer();
      this.#arrive();
    }
    return this;
  }

  #send(device: string, number: number, kind: number, atMs: number, isOriginal: boolean): void {
    if (this.#random() >= this.#link.loss) this.#fly(device, number, kind, atMs);
    else if (isOriginal) this.dropped++;
  }

  #fly(device: string, number: number, kind: number, atMs: number): void {
    this.#flights.push({ atMs: atMs + this.#link.oneWayMs, device, number, kind });
  }

  #answer(): void {
    const { nowMs } = this.bed;
    for (const due of this.#nacksUnderWay.splice(0)) {
      if (due.atMs > nowMs) {
        this.#nacksUnderWay.push(due);
        continue;
      }
      for (const [first, last] of due.nack.ranges)
        for (let n = first; n <= last; n++) this.#send(due.nack.device, n, KIND.DATA, nowMs, false);
    }
  }

  #arrive(): void {
    const { nowMs } = this.bed;
    const [due, later]: Flight[][] = [[], []];
    for (const flight of this.#flights) (flight.atMs <= nowMs ? due : later)!.push(flight);
    this.#flights = later!;
    for (const { device, number, kind } of due!)
      if (kind === KIND.DATA) this.bed.data(device, [number]);
      else this.bed.heartbeat(device, number);
  }
}

const namedIn = (nacks: readonly SentNack[]): number =>
  nacks.flatMap(({ ranges }) => ranges).reduce((sum, [first, last]) => sum + last - first + 1, 0);

test.each([
  { oneWayMs: 1, intervalMs: 100 },
  { oneWayMs: 40, intervalMs: 20 },
  { oneWayMs: 300, intervalMs: 50 },
])(
  "5 % loss both ways, $oneWayMs ms each way, a datagram every $intervalMs ms: nothing stays lost, at fewer than 1.5 requests a number",
  ({ oneWayMs, intervalMs }) => {
    const link = new LossyLink({ devices: 20, count: 400, intervalMs, loss: 0.05, oneWayMs, seed: 5 }).run();
    const { bed, dropped } = link;
    const [lost, missing] = [bed.count(ROW.LOST + 5), bed.count(ROW.MISSING)];
    console.log(
      `dropped ${dropped}, lost ${lost}, ${bed.nacks.length} NACKs that named ${namedIn(bed.nacks)} numbers`,
    );
    expect(lost + missing).toBeLessThanOrEqual(1);
    expect(namedIn(bed.nacks) / dropped).toBeLessThan(1.5);
    expect(bed.nacks.length / dropped).toBeLessThan(1.5);
  },
);

test("whatever the link does, no promise is broken", () => {
  const link = fc.record({
    devices: fc.integer({ min: 1, max: 4 }),
    count: fc.integer({ min: 2, max: 120 }),
    intervalMs: fc.constantFrom(1, 10, 50, 400),
    loss: fc.constantFrom(0, 0.05, 0.3, 0.6, 0.9),
    oneWayMs: fc.constantFrom(0, 5, 100, 700),
    seed: fc.nat(1_000_000),
  });
  fc.assert(
    fc.property(link, (given) => {
      const { bed } = new LossyLink(given).run();
      for (let device = 0; device < given.devices; device++)
        checkPromises(bed.nacks.filter((nack) => nack.device === `d${device}`));
      expect(bed.count(ROW.MISSING)).toBe(0);
      // its naive account: every number up to the heartbeat is in one bin
      const bins = [ROW.IN_ORDER, ROW.REORDERED, ROW.RECOVERED, ROW.LATE, ROW.LOST + 5];
      const expected = bed.rows().reduce((sum, row) => sum + row[ROW.HIGH_WATER]! - row[ROW.FIRST]! + 1, 0);
      expect(bins.reduce((sum, field) => sum + bed.count(field), 0)).toBe(expected);
    }),
    { numRuns: 60 },
  );
});

/** At least 50 ms between two NACKs; no number named more than ten times, twice within 40 ms or over more than 10 s. */
const checkPromises = (nacks: readonly SentNack[]): void => {
  const named = new Map<number, number[]>();
  for (const [index, { atMs, ranges, next }] of nacks.entries()) {
    if (index > 0) expect(atMs - nacks[index - 1]!.atMs).toBeGreaterThanOrEqual(50);
    for (const [first, last] of ranges) {
      expect(last).toBeLessThan(next);
      for (let n = first; n <= last; n++) named.set(n, [...(named.get(n) ?? []), atMs]);
    }
  }
  for (const times of named.values()) {
    expect(times.length).toBeLessThanOrEqual(10);
    expect(times.at(-1)! - times[0]!).toBeLessThanOrEqual(10_000);
    for (const [index, atMs] of times.entries())
      if (index > 0) expect(atMs - times[index - 1]!).toBeGreaterThanOrEqual(40);
  }
};
