import { messageOf } from "../../common/errors.ts";
import { OP, OP_FIELDS } from "../../protocol/batch.ts";
import { SegmentCorruptError } from "../codec/corrupt.ts";
import { DecimalWriter } from "../codec/decimal-writer.ts";
import type { Sqlite } from "../file/open.ts";

/** One gap as a row of `open_gaps` has it: what is unlike in its gaps, times null when unknown. */
type PackedGap = [
  fromFirst: number,
  more: number,
  fromOpenedAt: number,
  before: number | null,
  after: number | null,
  requests: number,
];

const PACKED_FIELDS = 6;
/** where a row has the first of its two times */
const FIRST_TIME = 3;

/** An open gap; times in microseconds, 0 = unknown. */
export interface OpenGap {
  first: number;
  last: number;
  openedAt: number;
  timeBefore: number;
  timeAfter: number;
  requests: number;
}

/** a gap's six numbers, each of at most 16 digits and a sign, and what stands between them */
const MOST_GAP_BYTES = 6 * 18 + 2;
const [COMMA, OPENING, CLOSING] = [0x2c, 0x5b, 0x5d];

/**
 * Writes the open gaps of a run as the text that its row of `open_gaps` holds: JSON, small numbers in it, since it is written with each
 * flush while gaps open and close. The view `window_gaps` and `unpackGaps` are what reads it.
 */
export class GapPacker {
  readonly #text = new DecimalWriter();

  /**
   * @param ops - of a batch: [from, end) are OPEN operations of one run, integers in them; numbers count from the first one's FIRST,
   *   openings from its OPENED_AT, times of neighbours from their gap's opening
   */
  pack(ops: Float64Array, from: number, end: number): string {
    const text = this.#text;
    text.reset((end - from) * MOST_GAP_BYTES + 2);
    const firstBase = ops[from * OP_FIELDS + OP.FIRST]!;
    const openedBase = ops[from * OP_FIELDS + OP.OPENED_AT]!;
    text.character(OPENING);
    for (let at = from * OP_FIELDS; at < end * OP_FIELDS; at += OP_FIELDS) {
      const first = ops[at + OP.FIRST]!;
      const openedAt = ops[at + OP.OPENED_AT]!;
      if (at > from * OP_FIELDS) text.character(COMMA);
      text.character(OPENING);
      text.integer(first - firstBase);
      text.character(COMMA);
      text.integer(ops[at + OP.LAST]! - first);
      text.character(COMMA);
      text.integer(openedAt - openedBase);
      text.character(COMMA);
      this.#time(ops[at + OP.TIME_BEFORE]!, openedAt);
      text.character(COMMA);
      this.#time(ops[at + OP.TIME_AFTER]!, openedAt);
      text.character(COMMA);
      text.integer(ops[at + OP.REQUESTS]!);
      text.character(CLOSING);
    }
    text.character(CLOSING);
    return text.toString();
  }

  #time(time: number, openedAt: number): void {
    if (time === 0) this.#text.null();
    else this.#text.integer(time - openedAt);
  }
}

/** Asks for the open gaps of a run, ascending. Not by the view: opening its JSON takes SQLite 50 us, also where there is none. */
export const openGapsOf = (db: Sqlite): ((run: number) => OpenGap[]) => {
  const row = db.prepare("SELECT first, opened_at, gaps FROM open_gaps WHERE run_no = ?").raw();
  return (run) => {
    const found = row.get(run) as Parameters<typeof unpackGaps> | undefined;
    return found === undefined ? [] : unpackGaps(...found);
  };
};

/** The gaps of a row of `open_gaps`, ascending. @throws SegmentCorruptError */
export const unpackGaps = (firstBase: number, openedBase: number, gaps: string): OpenGap[] =>
  packedOf(gaps).map(([fromFirst, more, fromOpenedAt, before, after, requests]) => {
    const first = firstBase + fromFirst;
    const openedAt = openedBase + fromOpenedAt;
    return {
      first,
      last: first + more,
      openedAt,
      timeBefore: before === null ? 0 : openedAt + before,
      timeAfter: after === null ? 0 : openedAt + after,
      requests,
    };
  });

const packedOf = (gaps: string): PackedGap[] => {
  let packed: unknown;
  try {
    packed = JSON.parse(gaps);
  } catch (error) {
    throw new SegmentCorruptError(`open gaps of a run: ${messageOf(error)}`);
  }
  if (!Array.isArray(packed) || !packed.every(isPacked))
    throw new SegmentCorruptError("open gaps of a run: not as they were written");
  return packed;
};

/** Times are null where they are unknown. */
const isPacked = (gap: unknown): gap is PackedGap =>
  Array.isArray(gap) &&
  gap.length === PACKED_FIELDS &&
  gap.every(
    (field, at) =>
      typeof field === "number" || (field === null && at >= FIRST_TIME && at < PACKED_FIELDS - 1),
  );
