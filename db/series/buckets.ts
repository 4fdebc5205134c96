import type { ChannelSummary } from "../chunk/chunk-head.ts";
import type { RunColumns } from "../segment/columns.ts";
import { bucketAt, type Grid } from "./grid.ts";

/** Values and sums of some of them from here on are summed apart and scaled down, so that no sum of them overflows. */
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
    const { received } = this;
    this.#eachStretch(datagramTime, datagramCount, (bucket, from, to) => {
      received[bucket]! += to - from;
    });
  }

  /**
   * Readings of the wanted channels.
   * @param run - place of the run in the query; runs come in their order
   */
  addReadings(columns: RunColumns, channels: readonly number[], run: number): void {
    this.#eachStretch(columns.readingTime, columns.readingCount, (bucket, from, to) => {
      this.#addStretch(columns, channels, run, bucket, from, to);
    });
  }

  /** Times ascend mostly: those that follow each other in one bucket are taken together. */
  #eachStretch(
    timesUs: Float64Array,
    count: number,
    take: (bucket: number, from: number, to: number) => void,
  ): void {
    const { fromUs, toUs, stepUs } = this.grid;
    for (let from = 0; from < count; ) {
      const timeUs = timesUs[from]!;
      if (timeUs < fromUs || timeUs >= toUs) {
        from++;
        continue;
      }
      const bucket = bucketAt(this.grid, timeUs);
      const startUs = fromUs + bucket * stepUs;
      const endUs = Math.min(startUs + stepUs, toUs);
      let to = from + 1;
      while (to < count && timesUs[to]! >= startUs && timesUs[to]! < endUs) to++;
      take(bucket, from, to);
      from = to;
    }
  }

  /** Readings [from, to), which lie in one bucket: summed up apart, then brought there. */
  #addStretch(
    columns: RunColumns,
    channels: readonly number[],
    run: number,
    bucket: number,
    from: number,
    to: number,
  ): void {
    const { channel, readingTime, value } = columns;
    const wanted = channels[0]!;
    const isSole = channels.length === 1;
    let count = 0;
    let nonFinite = 0;
    let last = -1;
    let sum = 0;
    let min = NEVER_MIN;
    let max = NEVER_MAX;
    let lastTimeUs = NEVER_MAX;
    for (let reading = from; reading < to; reading++) {
      if (channel[reading] !== wanted && (isSole || !channels.includes(channel[reading]!))) continue;
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
      if (readingTime[reading]! >= lastTimeUs) {
        last = reading;
        lastTimeUs = readingTime[reading]!;
      }
    }
    this.count[bucket]! += count + nonFinite;
    this.nonFinite[bucket]! += nonFinite;
    if (count === 0) return;
    this.#addFinite(bucket, min, max, sum);
    this.#offerLast(bucket, value[last]!, lastTimeUs, run, sequenceOf(columns, last));
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
    this.#addFinite(bucket, min, max, sum);
    this.#offerLast(bucket, last, lastReadingTimeUs, run, lastSequence);
  }

  #addFinite(bucket: number, min: number, max: number, sum: number): void {
    if (min < this.min[bucket]!) this.min[bucket] = min;
    if (max > this.max[bucket]!) this.max[bucket] = max;
    // sums that are finite each may overflow together, as values may
    if (Math.abs(sum) < HUGE) this.#sum[bucket]! += sum;
    else this.#hugeSum[bucket]! += sum * SCALE;
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

/** Sequence number of the datagram that brought a reading. Its own loop: it runs for each bucket of each chunk. */
const sequenceOf = ({ readingStart, sequence, datagramCount }: RunColumns, reading: number): number => {
  let low = 0;
  let high = datagramCount - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (readingStart[middle]! <= reading) low = middle;
    else high = middle - 1;
  }
  return sequence[low]!;
};
