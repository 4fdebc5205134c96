import { openForReading, type Sqlite, type Statement } from "./open.ts";
import { SegmentReader } from "./segment/segment-reader.ts";

/** The committed segment of one flush. */
export interface LiveSegment {
  flush: number;
  committedAtUs: number;
  segment: SegmentReader;
}

/** Segments kept after they were read: several clients ask for the newest ones. */
const MOST_KEPT = 4;

/** Reads segments by the number of their flush, on a connection of its own: what the live feed tells is durable, and ingest does nothing for it. */
export class LiveSegments {
  readonly #db: Sqlite;
  readonly #of: Statement;
  readonly #after: Statement;
  readonly #before: Statement;
  readonly #kept = new Map<number, LiveSegment>();

  /** @throws LacunaError `ERR_DATABASE_OPEN` */
  constructor(file: string) {
    this.#db = openForReading(file);
    this.#of = this.#db.prepare(
      `SELECT committed_at AS committedAtUs, data FROM segments JOIN segment_data USING (segment)
       WHERE level = 0 AND segment = ?`,
    );
    this.#after = this.#db
      .prepare("SELECT segment FROM segments WHERE level = 0 AND segment > ? ORDER BY segment LIMIT 1")
      .pluck();
    this.#before = this.#db
      .prepare("SELECT segment FROM segments WHERE level = 0 AND segment < ? ORDER BY segment DESC LIMIT ?")
      .pluck();
  }

  /** Null: the flush brought no datagrams, or its segment is there no more. */
  of(flush: number): LiveSegment | null {
    return this.#kept.get(flush) ?? this.#read(flush);
  }

  /** The first one of a later flush; null at the end. */
  after(flush: number): LiveSegment | null {
    const next = this.#after.get(flush) as number | undefined;
    return next === undefined ? null : this.of(next);
  }

  /** The flush of the segment that lies `count` before a flush, or of the oldest there is. */
  back(flush: number, count: number): number {
    return (this.#before.all(flush, count) as number[]).at(-1) ?? flush;
  }

  close(): void {
    this.#db.close();
  }

  #read(flush: number): LiveSegment | null {
    const row = this.#of.get(flush) as { committedAtUs: number; data: Buffer } | undefined;
    if (row === undefined) return null;
    const read = { flush, committedAtUs: row.committedAtUs, segment: new SegmentReader(row.data) };
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MOST_KEPT) this.#kept.delete(oldest!);
    this.#kept.set(flush, read);
    return read;
  }
}
