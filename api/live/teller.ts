import type { LiveSegment, LiveSegments } from "../../db/query/live-segments.ts";
import type { RunColumns } from "../../db/segment/columns.ts";
import { OrderHold, type Told } from "./order-hold.ts";
import type { RunNames } from "./run-names.ts";

/** What is told at once; `told` is ascending by run. */
export interface Part {
  flush: number;
  committedAtUs: number;
  part: 0 | 1;
  /** the rest of the flush before was told early: its datagrams are not among these */
  isAfterRest: boolean;
  told: ReadonlyMap<number, Told[]>;
}

/** What is held waits that long for the flush that follows, by the times of their commits. */
export const HOLD_US = 500_000;
/** What a flush tells depends on that many before it. */
export const HOLD_LOOKS_BACK = 2;
/** Flushes a teller sees before the one it tells next: some more, so that it looks back in the store for fewer runs. */
export const FLUSHES_TO_WARM_UP = 3;

/** Tells the datagrams of some runs, flush by flush, in order. */
export class Teller {
  /** number of the last flush that was told, and its part */
  flush: number;
  part: 0 | 1 = 0;
  isAfterRest = false;
  /** of the newest flush with datagrams up to that one; 0 = there was none */
  committedAtUs = 0;
  /** told from the next flush on; null = all */
  runs: ReadonlySet<number> | null;
  readonly #segments: LiveSegments;
  readonly #names: RunNames;
  /** the last flush it has not seen */
  readonly #behind: number;
  readonly #hold = new OrderHold();
  /** the last flush that brought datagrams: what is held is of it, however many flushes without any followed */
  #held: number;

  /**
   * @param runs - null = all
   * @param flush - the last one that is not told
   */
  constructor(segments: LiveSegments, names: RunNames, runs: ReadonlySet<number> | null, flush: number) {
    this.#segments = segments;
    this.#names = names;
    this.#behind = flush;
    this.runs = runs;
    this.flush = flush;
    this.#held = flush;
  }

  /**
   * A teller that has seen the flushes up to `flush`, and its part.
   * @param seen - how many before it, at least 1
   */
  static async after(
    segments: LiveSegments,
    names: RunNames,
    runs: ReadonlySet<number> | null,
    { flush, part }: Pick<Teller, "flush" | "part">,
    seen = FLUSHES_TO_WARM_UP,
  ): Promise<Teller> {
    const teller = new Teller(segments, names, runs, segments.back(flush, seen) - 1);
    for (;;) {
      const segment = segments.after(teller.flush);
      if (segment === null || segment.flush > flush) break;
      await teller.next(segment);
    }
    teller.flush = flush;
    if (part === 1) teller.#rest();
    return teller;
  }

  /** It takes the place of another one, whose clients know what they were told. */
  goOnFrom(other: Teller): void {
    // of others it does not know what came since it followed them
    this.#hold.goOnFrom(other.#hold, other.runs);
    // it may have seen a flush that is merged by now
    this.committedAtUs = other.committedAtUs;
  }

  get isHolding(): boolean {
    return this.#hold.isHolding;
  }

  /** The next flush; before it what was held too long for it. */
  async next({ flush, committedAtUs, segment, lateRuns }: LiveSegment): Promise<Part[]> {
    // ascending, as ids count them: those of a filter come in the order of its devices
    const wanted = this.runs === null ? segment.runNumbers : [...this.runs].sort((a, b) => a - b);
    const found: [number, RunColumns][] = [];
    for (const run of wanted) {
      const columns = segment.readRun(run);
      if (columns !== null && columns.datagramCount > 0) found.push([run, columns]);
    }
    // of what is held too: its names may have been forgotten since, and all are needed until it is told
    await this.#names.learn([...this.#hold.heldRuns(), ...found.map(([run]) => run)]);
    const parts: Part[] = [];
    const isInTime = committedAtUs - this.committedAtUs <= HOLD_US;
    // a commit takes as long as the disk does: this flush began in time and was not there when the hold was over
    const isAfterRest = isInTime && this.part === 1;
    if (this.isHolding && !isInTime) parts.push(this.#rest());
    const runs = [];
    for (const [run, columns] of found) {
      const name = this.#names.of(run);
      if (name !== undefined) runs.push({ run, columns, isUnsequenced: name.isUnsequenced });
    }
    this.#lookBack(lateRuns, runs);
    const told = this.#hold.advance(runs);
    [this.flush, this.part, this.isAfterRest, this.committedAtUs] = [flush, 0, isAfterRest, committedAtUs];
    this.#held = flush;
    parts.push({ flush, committedAtUs, part: 0, isAfterRest, told });
    return parts;
  }

  /** Numbers may be below what came before the first flush it has seen: how far their runs had come is in the store. */
  #lookBack(lateRuns: readonly number[], found: readonly { run: number }[]): void {
    const unknown = new Set(lateRuns.filter((run) => !this.#hold.hasTold(run)));
    if (unknown.size === 0) return;
    const runs = found.filter(({ run }) => unknown.has(run)).map(({ run }) => run);
    if (runs.length === 0) return;
    for (const [run, greatest] of this.#segments.greatestBefore(runs, this.#behind + 1))
      this.#hold.wasTold(run, greatest);
  }

  /** What is held, as no flush came in time. */
  async rest(): Promise<Part> {
    await this.#names.learn(this.#hold.heldRuns());
    return this.#rest();
  }

  #rest(): Part {
    this.part = 1;
    this.isAfterRest = false;
    const { committedAtUs } = this;
    return { flush: this.#held, committedAtUs, part: 1, isAfterRest: false, told: this.#hold.rest() };
  }
}
