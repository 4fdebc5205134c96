import type { ChannelSummary } from "../chunk/chunk-head.ts";
import type { RunColumns } from "../segment/columns.ts";
import { bucketAt, type Grid } from "./grid.ts";

/** Values from here on are summed apart and scaled down, so that no sum of them overflows. */
const HUGE = 2 ** 960;
const SCALE = 2 ** -60;

type Summary = Omit<ChannelSummary, "channel">;

const NEVER_MIN = Number.POSITIVE_INFINITY;
const NEVER_MAX = Number.NEGATIVE_INFINITY;

/** What a query found, bucket by bucket, as columns. */
export class Buckets {
  readonly grid: Grid;
  /** readings of the channel */
  readonly count: Float64Array;
  /** of these NaN or an infinity: in `count` only */
  readonly nonFinite: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** the finite value with the greatest time; of equal times that of the later run, then of the greater number */
  readonly last: Float64Array;
  /** numbers whose datagram has a time in the bucket */
  readonly received: Float64Array;
  /** absent numbers placed in it */
  readonly absent: Float64Array;
  /** numbers placed in it that came after their window: because we asked, or by themselves after they were lost */
  readonly recovered: Float64Array;
  readonly late: Float64Array;
  /** time of `last`; -Infinity while there is none */
  readonly #lastTime: Float64Array;
  readonly #lastRun: Float64Array;
  readonly #lastSequence: Float64Array;
  readonly #sum: Float64Array;
  readonly #hugeSum: Float64Array;

  constructor(grid: Grid) {
    const column = (fill = 0): Float64Array => new Float64Array(grid.count).fill(fill);
    this.grid = grid;
    this.count = column();
    this.nonFinite = column();
    this.min = column(Number.POSITIVE_INFINITY);
    this.max = column(Number.NEGATIVE_INFINITY);
    this.last = column();
    this.received = column();
    this.absent = column();
    this.recovered = column();
    this.late = column();
    this.#lastTime = column(Number.NEGATIVE_INFINITY);
    this.#lastRun = column();
    this.#lastSequence = column();
    this.#sum = column();
    this.#hugeSum = column();
  }

  /** Finite readings of a bucket: those that the statistics are about. */
  finite(bucket: number): number {
    return this.count[bucket]! - this.nonFinite[bucket]!;
  }

  /** Of the finite values; they must not be none. */
  mean(bucket: number): number {
    const finite = this.finite(bucket);
    const mean = this.#sum[bucket]! / finite + this.#hugeSum[bucket]! / finite / SCALE;
    // rounding must not carry it past the values themselves
    return Math.min(Math.max(mean, this.min[bucket]!), this.max[bucket]!);
  }

  /** Each of the datagrams counts as received in the bucket of its time. */
  receive({ datagramTime, datagramCount }: RunColumns): void {
    const { fromUs, toUs, stepUs } = this.grid;
    const { received } = this;
    // times ascend mostly: a bucket is looked for when one lies outside of the last one's
    let [bucket, startUs] = [0, fromUs];
    for (let datagram = 0; datagram < datagramCount; datagram++) {
      const timeUs = datagramTime[datagram]!;
      if (timeUs < fromUs || timeUs >= toUs) continue;
      if (timeUs < startUs || timeUs >= startUs + stepUs) {
        bucket = bucketAt(this.grid, timeUs);
        startUs = fromUs + bucket * stepUs;
      }
      received[bucket]!++;
    }
  }

  /**
   * Readings of the wanted channels.
   * @param run - place of the run in the query; runs come in their order
   */
  addReadings(columns: RunColumns, channels: readonly number[], run: number): void {
    const { fromUs, toUs, stepUs } = this.grid;
    const { readingStart, channel, readingTime, sequence, value, datagramCount } = columns;
    const [wanted = -1, ...others] = channels;
    let [bucket, startUs, endUs] = [-1, fromUs, fromUs];
    // what readings that follow each other bring to one bucket is summed up here before it is brought there
    let [count, nonFinite, sum] = [0, 0, 0];
    let [min, max, lastReadingTimeUs] = [NEVER_MIN, NEVER_MAX, NEVER_MAX];
    let [last, lastSequence] = [0, 0];
    for (let datagram = 0; datagram < datagramCount; datagram++) {
      const end = readingStart[datagram + 1]!;
      for (let reading = readingStart[datagram]!; reading < end; reading++) {
        if (channel[reading] !== wanted && !others.includes(channel[reading]!)) continue;
        const timeUs = readingTime[reading]!;
        if (timeUs < fromUs || timeUs >= toUs) continue;
        if (timeUs < startUs || timeUs >= endUs) {
          if (count + nonFinite > 0) {
            this.addSummary(
              bucket,
              { count, nonFinite, min, max, sum, last, lastReadingTimeUs, lastSequence },
              run,
            );
          }
          bucket = bucketAt(this.grid, timeUs);
          startUs = fromUs + bucket * stepUs;
          endUs = startUs + stepUs;
          count = nonFinite = sum = 0;
          min = NEVER_MIN;
          max = lastReadingTimeUs = NEVER_MAX;
        }
        const number = value[reading]!;
        if (number < HUGE && number > -HUGE) sum += number;
        else if (Number.isFinite(number)) this.#hugeSum[bucket]! += number * SCALE;
        else {
          nonFinite++;
          continue;
        }
        count++;
        if (number < min) min = number;
        if (number > max) max = number;
        if (timeUs >= lastReadingTimeUs) {
          last = number;
          lastReadingTimeUs = timeUs;
          lastSequence = sequence[datagram]!;
        }
      }
    }
    if (count + nonFinite > 0) {
      this.addSummary(
        bucket,
        { count, nonFinite, min, max, sum, last, lastReadingTimeUs, lastSequence },
        run,
      );
    }
  }

  /**
   * Readings that all lie in one bucket, by their sums.
   * @param run - place of the run in the query
   */
  addSummary(bucket: number, summary: Readonly<Summary>, run: number): void {
    const { count, nonFinite, min, max, sum, last, lastReadingTimeUs, lastSequence } = summary;
    this.count[bucket]! += count + nonFinite;
    this.nonFinite[bucket]! += nonFinite;
    if (count === 0) return;
    this.min[bucket] = Math.min(this.min[bucket]!, min);
    this.max[bucket] = Math.max(this.max[bucket]!, max);
    this.#sum[bucket]! += sum;
    this.#offerLast(bucket, last, lastReadingTimeUs, run, lastSequence);
  }

  /** The later of the value and what is known as `last`. */
  #offerLast(bucket: number, value: number, timeUs: number, run: number, sequence: number): void {
    const known = this.#lastTime[bucket]!;
    if (timeUs < known) return;
    if (timeUs === known) {
      const knownRun = this.#lastRun[bucket]!;
      if (run < knownRun || (run === knownRun && sequence < this.#lastSequence[bucket]!)) return;
    }
    this.last[bucket] = value;
    this.#lastTime[bucket] = timeUs;
    this.#lastRun[bucket] = run;
    this.#lastSequence[bucket] = sequence;
  }
}
