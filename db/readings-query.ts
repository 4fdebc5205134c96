import { channelKey, type ReadingValue, readingValue } from "./ledger-view.ts";
import type { Position, ReadingRow } from "./query-types.ts";
import type { RunSegments, RunSpan, TimeSpan } from "./run-segments.ts";
import type { RunColumns } from "./segment/columns.ts";
import { undescribedName } from "./view/channel-names.ts";

export interface RequestedRun extends RunSpan {
  epoch: number | null;
  index: number;
  isUnsequenced: boolean;
}

/** A readings query with device and channel names already resolved. */
export interface ReadingsRequest extends TimeSpan {
  /** runs of the device, in the order they became known */
  runs: readonly RequestedRun[];
  /** names of described channels, epoch -1 = null */
  descriptions: readonly { epoch: number; channel: number; name: string }[];
  /** names; empty = all */
  channels: readonly string[];
  order: "asc" | "desc";
  limit: number;
  after: Position | null;
}

export interface ReadingsFound {
  readings: ReadingRow[];
  next: Position | null;
}

/** A row with its place in the order: run, sequence number, row within the datagram. */
interface Candidate {
  sequence: number;
  index: number;
  segment: number;
  row: ReadingRow;
}

/** The cursor: where the page before ended, and the segment from which to look on (null = from the first). */
interface Place {
  run: number;
  sequence: number;
  index: number;
  segment: number | null;
}

const parsePlace = (after: Position | null): Place | null => {
  if (after === null) return null;
  const [run, sequence, index, segment] = after;
  return {
    run: Number(run),
    sequence: Number(sequence),
    index: Number(index),
    segment: typeof segment === "number" ? segment : null,
  };
};

/** Rows of a device by run, then by sequence number, whatever the order of arrival, at most `limit`. */
export const queryReadings = (segments: RunSegments, request: ReadingsRequest): ReadingsFound => {
  const after = parsePlace(request.after);
  const runs = request.order === "asc" ? request.runs : [...request.runs].reverse();
  const readings: ReadingRow[] = [];
  let next: Position | null = null;
  for (const run of runs) {
    if (after !== null && (request.order === "asc" ? run.run < after.run : run.run > after.run)) continue;
    const page = new RunPage(segments, request, run, after?.run === run.run ? after : null);
    const found = page.take(request.limit - readings.length + 1);
    for (const candidate of found) {
      if (readings.length === request.limit) return { readings, next };
      readings.push(candidate.row);
      next = [run.run, candidate.sequence, candidate.index, page.resumeAt(candidate)];
    }
  }
  return { readings, next: null };
};

/** One run's part of a page. */
class RunPage {
  readonly #segments: RunSegments;
  readonly #request: ReadingsRequest;
  readonly #run: RequestedRun;
  readonly #after: Place | null;
  readonly #sign: 1 | -1;
  readonly #names: ReadonlyMap<number, string>;
  readonly #seen = new Set<number>();
  #candidates: Candidate[] = [];
  /** for each segment read that is ahead of all older ones: its lowest number */
  readonly #lowestAhead = new Map<number, number>();

  constructor(segments: RunSegments, request: ReadingsRequest, run: RequestedRun, after: Place | null) {
    this.#segments = segments;
    this.#request = request;
    this.#run = run;
    this.#after = after;
    this.#sign = request.order === "asc" ? 1 : -1;
    this.#names = new Map(
      request.descriptions.map(({ epoch, channel, name }) => [channelKey(epoch, channel), name]),
    );
  }

  /** The first `count` rows of the run behind the cursor. */
  take(count: number): Candidate[] {
    const { order } = this.#request;
    const from = this.#after?.segment ?? null;
    if (order === "desc" && from !== null) this.#readLate(from, this.#after!.sequence);
    let newest = from ?? 0;
    for (const { segment, isAhead } of this.#segments.inOrder(this.#run, this.#request, order, from)) {
      const lowest = this.#read(segment);
      newest = Math.max(newest, segment);
      if (isAhead && lowest !== null) this.#lowestAhead.set(segment, lowest);
      if (this.#candidates.length < count) continue;
      this.#sort();
      // older segments hold lower numbers only
      if (order === "desc" && isAhead && lowest !== null && this.#at(count - 1).sequence >= lowest) break;
      if (order === "asc") {
        // newer ones hold greater numbers, but for those that reach back
        this.#readLate(newest, this.#at(count - 1).sequence);
        break;
      }
    }
    this.#sort();
    this.#candidates = this.#candidates.slice(0, count);
    return this.#candidates;
  }

  /** The segment a query that goes on behind this row may begin with; null = any. */
  resumeAt({ sequence, segment }: Candidate): number | null {
    if (this.#request.order === "desc") return segment;
    let resume = this.#after?.segment ?? null;
    for (const [ahead, lowest] of this.#lowestAhead) {
      if (lowest <= sequence && (resume === null || ahead > resume)) resume = ahead;
    }
    return resume;
  }

  #at(index: number): Candidate {
    return this.#candidates[index]!;
  }

  #sort(): void {
    this.#candidates.sort((a, b) => this.#sign * (a.sequence - b.sequence || a.index - b.index));
  }

  #readLate(newest: number, sequence: number): void {
    for (const segment of this.#segments.reachingBack(this.#run, newest, sequence)) this.#read(segment);
  }

  /** Collect a segment's rows. @returns the run's lowest number in it, null when it is gone */
  #read(segment: number): number | null {
    if (this.#seen.has(segment)) return null;
    this.#seen.add(segment);
    const columns = this.#segments.read(segment, this.#run.run);
    if (columns === null || columns.datagramCount === 0) return null;
    for (let datagram = 0; datagram < columns.datagramCount; datagram++) {
      this.#collect(columns, datagram, segment);
    }
    return columns.sequence[0]!;
  }

  #collect(columns: RunColumns, datagram: number, segment: number): void {
    const sequence = columns.sequence[datagram]!;
    if (this.#after !== null && this.#sign * (sequence - this.#after.sequence) < 0) return;
    for (const [index, row] of this.#rowsOf(columns, datagram).entries()) {
      const isBefore = sequence === this.#after?.sequence && this.#sign * (index - this.#after.index) <= 0;
      if (row !== null && !isBefore) this.#candidates.push({ sequence, index, segment, row });
    }
  }

  /** The datagram's rows: readings that share a time, a channel at most once in each. Null: outside of the query. */
  #rowsOf(columns: RunColumns, datagram: number): (ReadingRow | null)[] {
    const rows: { timeUs: number; values: Map<number, ReadingValue> }[] = [];
    const end = columns.readingStart[datagram + 1]!;
    for (let reading = columns.readingStart[datagram]!; reading < end; reading++) {
      const timeUs = columns.readingTime[reading]!;
      const channel = columns.channel[reading]!;
      let row = rows.find((known) => known.timeUs === timeUs && !known.values.has(channel));
      if (row === undefined) {
        row = { timeUs, values: new Map() };
        rows.push(row);
      }
      row.values.set(channel, readingValue(columns.type[reading]!, columns.value[reading]!));
    }
    return rows.map(({ timeUs, values }) => this.#rowOf(timeUs, values, columns.sequence[datagram]!));
  }

  #rowOf(timeUs: number, byChannel: Map<number, ReadingValue>, sequence: number): ReadingRow | null {
    const { fromUs, toUs, channels } = this.#request;
    if ((fromUs !== null && timeUs < fromUs) || (toUs !== null && timeUs >= toUs)) return null;
    const names: string[] = [];
    const values: ReadingValue[] = [];
    for (const [channel, value] of byChannel) {
      const name = this.#nameOf(channel);
      if (channels.length > 0 && !channels.includes(name)) continue;
      names.push(name);
      values.push(value);
    }
    if (names.length === 0) return null;
    const { epoch, index, isUnsequenced } = this.#run;
    return { timeUs, epoch, run: index, sequence: isUnsequenced ? null : sequence, names, values };
  }

  #nameOf(channel: number): string {
    return this.#names.get(channelKey(this.#run.epoch ?? -1, channel)) ?? undescribedName(channel);
  }
}
