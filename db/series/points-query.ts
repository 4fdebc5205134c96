import { LacunaError } from "../../common/errors.ts";
import type { Pieces } from "../query/pieces.ts";
import { ERR_QUERY_TOO_LARGE } from "../query/query-budget.ts";
import type { RunColumns } from "../segment/columns.ts";
import { type ChartPoints, choosePoints } from "./lttb.ts";
import {
  type GapNumbers,
  querySeries,
  type SeriesFound,
  type SeriesRequest,
  type SeriesRun,
} from "./series-query.ts";
import { Stretches } from "./stretches.ts";

/** A query for the readings themselves, as few as a chart needs. */
export interface PointsRequest extends Omit<SeriesRequest, "division"> {
  /** points at most, 2 or more */
  most: number;
}

export interface PointsFound {
  /** the whole span as one bucket, and the gaps */
  whole: SeriesFound;
  points: ChartPoints;
  /** indices of the points to show, ascending */
  chosen: readonly number[];
}

/** all of them are in memory at once, 24 bytes each and as much again to sort them */
const MOST_READINGS = 1_000_000;

/**
 * Readings of a channel that keep the shape of its chart. The line is broken wherever a number is not here between two readings, and
 * between runs: how the former one ended is not known.
 * @throws LacunaError `ERR_QUERY_TOO_LARGE`, `ERR_QUERY_TIMEOUT`
 */
export const queryPoints = (pieces: Pieces, gaps: GapNumbers, request: PointsRequest): PointsFound => {
  const whole = querySeries(pieces, gaps, { ...request, division: { points: 1 } });
  const readings = new Readings();
  for (const run of request.runs) if (run.channels.length > 0) addRun(readings, pieces, run, request);
  const points = readings.byTime();
  return { whole, points, chosen: choosePoints(points, request.most) };
};

const addRun = (readings: Readings, pieces: Pieces, run: SeriesRun, request: PointsRequest): void => {
  const stretches = new Stretches();
  const first = readings.count;
  for (const piece of pieces.of(run, request)) {
    const columns = piece.columns();
    stretches.add(columns.sequence, columns.datagramCount);
    readings.add(columns, run.channels, request);
  }
  readings.endRun(first, run.isUnsequenced ? null : stretches);
};

/** Readings with finite values, run by run, each with the line it is on. */
class Readings {
  readonly #timeUs: number[] = [];
  readonly #value: number[] = [];
  readonly #sequence: number[] = [];
  readonly #line: number[] = [];
  #lines = 0;

  get count(): number {
    return this.#timeUs.length;
  }

  add(columns: RunColumns, channels: readonly number[], { fromUs, toUs }: PointsRequest): void {
    const { readingStart, channel, readingTime, sequence, value, datagramCount } = columns;
    for (let datagram = 0; datagram < datagramCount; datagram++) {
      for (let reading = readingStart[datagram]!; reading < readingStart[datagram + 1]!; reading++) {
        const timeUs = readingTime[reading]!;
        if (!channels.includes(channel[reading]!) || !Number.isFinite(value[reading]!)) continue;
        if ((fromUs !== null && timeUs < fromUs) || (toUs !== null && timeUs >= toUs)) continue;
        this.#timeUs.push(timeUs);
        this.#value.push(value[reading]!);
        this.#sequence.push(sequence[datagram]!);
      }
    }
    if (this.count > MOST_READINGS) {
      const message = `points are chosen among at most ${MOST_READINGS} readings; ask for a shorter span of time, or for buckets`;
      throw new LacunaError(ERR_QUERY_TOO_LARGE, message);
    }
  }

  /** @param stretches - of the run whose readings were added from index `first` on; null = it has no numbers, so nobody knows of a gap */
  endRun(first: number, stretches: Stretches | null): void {
    const starts = stretches?.starts() ?? [0];
    for (let index = first; index < this.count; index++)
      this.#line.push(this.#lines + (stretches === null ? 0 : lastAtMost(starts, this.#sequence[index]!)));
    this.#lines += starts.length;
  }

  /** Equal times by run and number. */
  byTime(): ChartPoints {
    const [times, lines, sequences] = [this.#timeUs, this.#line, this.#sequence];
    const order = Uint32Array.from({ length: this.count }, (_, index) => index).sort(
      (a, b) => times[a]! - times[b]! || lines[a]! - lines[b]! || sequences[a]! - sequences[b]! || a - b,
    );
    const lineStart: number[] = [];
    for (let index = 0; index < order.length; index++)
      if (index === 0 || lines[order[index]!] !== lines[order[index - 1]!]) lineStart.push(index);
    return {
      count: this.count,
      timeUs: Float64Array.from(order, (index) => times[index]!),
      value: Float64Array.from(order, (index) => this.#value[index]!),
      lineStart,
    };
  }
}

/** Index of the last of ascending numbers that is not above a given one. */
const lastAtMost = (ascending: readonly number[], number: number): number => {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (ascending[middle]! <= number) low = middle;
    else high = middle - 1;
  }
  return low;
};
