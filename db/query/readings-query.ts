import type { ChunkHead } from "../chunk/chunk-head.ts";
import type { RunColumns } from "../segment/columns.ts";
import type { NamedRun } from "../view/packed-runs.ts";
import type { Position, ReadingRow } from "./query-types.ts";
import { bytesOf, ReadingRows } from "./reading-rows.ts";
import type { ReadingsRequest } from "./readings-request.ts";
import type { RunPart, RunSegment, RunSegments, TimeSpan } from "./run-segments.ts";

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
  bytes: number;
}

/** What a page has room for. */
interface Room {
  rows: number;
  bytes: number;
}

/**
 * The cursor: where the page before ended, and the segment from which to look on (null = from the first). That one may have been merged into another
 * since, which then holds it.
 */
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

/** Rows of a device by run, then by sequence number, whatever the order of arrival, at most `limit` and about `mostBytes`. */
export const queryReadings = (segments: RunSegments, request: ReadingsRequest): ReadingsFound => {
  const after = parsePlace(request.after);
  const runs = request.order === "asc" ? request.runs : [...request.runs].reverse();
  const readings: ReadingRow[] = [];
  let next: Position | null = null;
  let left = request.mostBytes;
  for (const run of runs) {
    if (after !== null && (request.order === "asc" ? run.run < after.run : run.run > after.run)) continue;
    const page = new RunPage(segments, request, run, after?.run === run.run ? after : null);
    // one more than there is room for tells whether anything follows
    const found = page.take({ rows: request.limit - readings.length + 1, bytes: left });
    for (const candidate of found) {
      if (readings.length === request.limit || candidate.bytes > left) return { readings, next };
      left -= candidate.bytes;
      readings.push(candidate.row);
      next = [run.run, candidate.sequence, candidate.index, page.resumeAt(candidate)];
    }
  }
  return { readings, next: null };
};

const isInSpan = ({ firstTimeUs, lastTimeUs }: RunPart, { fromUs, toUs }: TimeSpan): boolean =>
  (fromUs === null || firstTimeUs >= fromUs) && (toUs === null || lastTimeUs < toUs);

/** One run's part of a page. */
class RunPage {
  readonly #segments: RunSegments;
  readonly #request: ReadingsRequest;
  readonly #run: NamedRun;
  readonly #after: Place | null;
  readonly #sign: 1 | -1;
  readonly #rows: ReadingRows;
  readonly #seen = new Set<number>();
  #candidates: Candidate[] = [];
  /** of the candidates */
  #bytes = 0;
  /** for each segment read that is ahead of all older ones: its lowest number */
  readonly #lowestAhead = new Map<number, number>();

  constructor(segments: RunSegments, request: ReadingsRequest, run: NamedRun, after: Place | null) {
    this.#segments = segments;
    this.#request = request;
    this.#run = run;
    this.#rows = new ReadingRows(request, run);
    this.#after = after;
    this.#sign = request.order === "asc" ? 1 : -1;
  }

  /** The first rows of the run behind the cursor: as many as there is room for, or up to the first one for which there is none. */
  take(room: Room): Candidate[] {
    const { order } = this.#request;
    const from = this.#after?.segment ?? null;
    if (order === "desc" && from !== null) this.#readLate(from, this.#after!.sequence, room);
    let newest = from ?? 0;
    for (const found of this.#segments.inOrder(this.#run, this.#request, order, from)) {
      const lowest = this.#readSegment(found, room);
      newest = Math.max(newest, found.segment);
      if (!this.#isFull(room)) continue;
      const boundary = this.#boundary(room);
      // older segments hold lower numbers only
      if (order === "desc" && lowest !== null && boundary >= lowest && found.isAhead) break;
      if (order === "asc") {
        // newer ones hold greater numbers, but for those that reach back
        this.#readLate(newest, boundary, room);
        break;
      }
    }
    if (this.#isFull(room)) this.#boundary(room);
    else this.#sort();
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

  #isFull({ rows, bytes }: Room): boolean {
    return this.#candidates.length >= rows || this.#bytes > bytes;
  }

  /** The number of the last row that has a place in the page, which is full; what comes behind it is let go. */
  #boundary({ rows, bytes }: Room): number {
    this.#sort();
    let [end, used] = [0, 0];
    while (end < rows && used <= bytes) used += this.#candidates[end++]!.bytes;
    this.#candidates.length = end;
    this.#bytes = used;
    return this.#candidates[end - 1]!.sequence;
  }

  #sort(): void {
    this.#candidates.sort((a, b) => this.#sign * (a.sequence - b.sequence || a.index - b.index));
  }

  #readLate(newest: number, sequence: number, room: Room): void {
    for (const found of this.#segments.reachingBack(this.#run, newest, sequence)) {
      this.#readSegment(found, room);
    }
  }

  /**
   * Collect a segment's rows, part by part in the order of the query, until the page is full of rows before what is left.
   * @returns the run's lowest number in it, null when it was read before or cannot be
   */
  #readSegment(found: RunSegment, room: Room): number | null {
    const { segment, parts } = found;
    if (this.#seen.has(segment)) return null;
    this.#seen.add(segment);
    let lowest = parts[0]!.chunk?.firstSequence ?? 0;
    for (const part of this.#sign > 0 ? parts : [...parts].reverse()) {
      if (part.chunk !== null && this.#isBehindPage(part.chunk, room)) break;
      if (part.chunk !== null && !this.#isWithin(part.chunk)) continue;
      // as the completeness of the span counts them, by the times of datagrams
      const count = isInSpan(part, this.#request) ? part.datagrams : null;
      const columns = this.#segments.read(found, part, count);
      // of a flush it is not known then: it neither ends a page nor begins one
      if (columns === null && part.chunk === null) return null;
      if (columns === null) continue;
      if (part.chunk === null) lowest = columns.sequence[0]!;
      this.#collectPart(columns, segment, room);
    }
    // pages that go on in descending order begin where the one before ended
    if (this.#sign > 0 && found.isAhead) this.#lowestAhead.set(segment, lowest);
    return lowest;
  }

  /** The page is full, and what the chunk and those after it hold comes later. */
  #isBehindPage({ firstSequence, lastSequence }: ChunkHead, room: Room): boolean {
    if (!this.#isFull(room)) return false;
    const boundary = this.#boundary(room);
    return this.#sign > 0 ? firstSequence > boundary : lastSequence < boundary;
  }

  /** Whether the chunk may have rows behind the cursor and in the span. */
  #isWithin(head: ChunkHead): boolean {
    const { fromUs, toUs } = this.#request;
    if (fromUs !== null && head.lastReadingTimeUs < fromUs) return false;
    if (toUs !== null && head.firstReadingTimeUs >= toUs) return false;
    if (this.#after === null) return true;
    const { sequence } = this.#after;
    return this.#sign > 0 ? head.lastSequence >= sequence : head.firstSequence <= sequence;
  }

  /** Within a part the order is that of the query: beyond as many rows as there is room for all come later. */
  #collectPart(columns: RunColumns, segment: number, { rows, bytes }: Room): void {
    const [mostRows, mostBytes] = [this.#candidates.length + rows, this.#bytes + bytes];
    const last = columns.datagramCount - 1;
    for (
      let step = 0;
      step <= last && this.#candidates.length < mostRows && this.#bytes <= mostBytes;
      step++
    ) {
      this.#collect(columns, this.#sign > 0 ? step : last - step, segment);
    }
  }

  #collect(columns: RunColumns, datagram: number, segment: number): void {
    const sequence = columns.sequence[datagram]!;
    if (this.#after !== null && this.#sign * (sequence - this.#after.sequence) < 0) return;
    const rows = this.#rows.of(columns, datagram);
    // in the order of the query, too: what is sorted already is sorted quickly
    for (let step = 0; step < rows.length; step++) {
      const index = this.#sign > 0 ? step : rows.length - 1 - step;
      const row = rows[index]!;
      const isBefore = sequence === this.#after?.sequence && this.#sign * (index - this.#after.index) <= 0;
      if (row === null || isBefore) continue;
      // one row there is room for, however large it is
      const bytes = Math.min(bytesOf(row.names), this.#request.mostBytes);
      this.#candidates.push({ sequence, index, segment, row, bytes });
      this.#bytes += bytes;
    }
  }
}
