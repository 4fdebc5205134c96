import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import { messageOf } from "../../common/errors.ts";
import type { Note } from "../../protocol/batch.ts";
import { ROW } from "../../protocol/ledger-row.ts";
import { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { CRC_BYTES, isSound } from "../codec/checksum.ts";
import { SegmentCorruptError, storedBytes } from "../codec/corrupt.ts";
import type { LedgerChange } from "../view/change.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { CHANGE_FIELDS, lowestBit, newRow } from "../view/run-rows.ts";

/**
 * The journal (`flushes.changes`): what each flush changed in the ledger, as differences to the state before it. It is what the tables for people have not
 * caught up with; a record is deleted with its flush. Layout: version, time of the commit, notes as JSON with their length, count of
 * rows; per row the run (minus the former row's), a mask of changed fields (bit 0: some are raw), [mask of raw fields], and the
 * differences: variable-length integers, or 8 bytes where a difference would not be exact. Rows are much alike: a record that is not very
 * large is deflated (RFC 1951), all but its version. The CRC-32 (zlib's, u32) of all before ends it: a byte that a disk has changed would become a ledger
 * nobody could tell from the real one. Records of former builds have none.
 */
const VERSION = { PLAIN_UNCHECKED: 1, DEFLATED_UNCHECKED: 2, PLAIN: 3, DEFLATED: 4 } as const;
/** deflating takes about 15 ns per byte of the writer's time */
const MOST_DEFLATED_BYTES = 2 ** 18;
/** a damaged record must not ask for all the memory there is */
const MOST_INFLATED_BYTES = 2 ** 28;

export type JournalRecord = Pick<LedgerChange, "flush" | "committedAtUs" | "notes" | "rows">;

/** Encode a change; `state` is the one before it. The bytes are valid until the writer's next use. */
export const encodeRecord = (
  writer: ByteWriter,
  state: LedgerState,
  { committedAtUs, notes, rows }: JournalRecord,
): Uint8Array => {
  writer.reset();
  writer.u8(VERSION.PLAIN);
  writer.varint(committedAtUs);
  const json = new TextEncoder().encode(JSON.stringify(notes));
  writer.varint(json.length);
  writer.append(json);
  writer.varint(rows.length / CHANGE_FIELDS);
  const former = new Float64Array(CHANGE_FIELDS);
  let formerRun = 0;
  for (let at = 0; at < rows.length; at += CHANGE_FIELDS) {
    const run = rows[at + ROW.RUN]!;
    writer.varint(run - formerRun);
    formerRun = run;
    const slot = state.runs.slotOf(run);
    const changed =
      slot < 0 ? differingFromNew(former, rows, at) : state.runs.differing(slot, former, rows, at);
    // field 0 is the run itself
    encodeRow(writer, rows, at, former, changed & ~1);
  }
  deflate(writer);
  writer.u32(crc32(writer.written()));
  return writer.written();
};

const deflate = (writer: ByteWriter): void => {
  if (writer.length > MOST_DEFLATED_BYTES) return;
  const body = deflateRawSync(writer.since(1), { level: 1 });
  if (body.length >= writer.length - 1) return;
  writer.reset();
  writer.u8(VERSION.DEFLATED);
  writer.append(body);
};

/** The record without its version and its CRC. */
const bodyOf = (flush: number, column: Uint8Array): Uint8Array => {
  const bytes = storedBytes(column);
  const version = bytes[0];
  switch (version) {
    case VERSION.PLAIN_UNCHECKED:
      return bytes.subarray(1);
    case VERSION.DEFLATED_UNCHECKED:
      return inflated(flush, bytes.subarray(1));
    case VERSION.PLAIN:
      return checked(flush, bytes);
    case VERSION.DEFLATED:
      return inflated(flush, checked(flush, bytes));
  }
  throw new SegmentCorruptError(`journal record ${flush} has version ${version}`);
};

const checked = (flush: number, bytes: Uint8Array): Uint8Array => {
  const end = bytes.length - CRC_BYTES;
  if (end < 1 || !isSound(bytes, 0, end)) {
    throw new SegmentCorruptError(`journal record ${flush} is damaged`);
  }
  return bytes.subarray(1, end);
};

const inflated = (flush: number, deflated: Uint8Array): Uint8Array => {
  try {
    return inflateRawSync(deflated, { maxOutputLength: MOST_INFLATED_BYTES });
  } catch (error) {
    throw new SegmentCorruptError(`journal record ${flush}: ${messageOf(error)}`);
  }
};

const differingFromNew = (former: Float64Array, rows: Float64Array, at: number): number => {
  let mask = 0;
  for (let field = 0; field < CHANGE_FIELDS; field++) {
    former[field] = NEW_ROW[field]!;
    if (!Object.is(former[field], rows[at + field])) mask |= 1 << field;
  }
  return mask;
};

/** @param changed - mask of the fields that differ from `former`, without bit 0 */
const encodeRow = (
  writer: ByteWriter,
  rows: Float64Array,
  at: number,
  former: Float64Array,
  changed: number,
): void => {
  let raw = 0;
  for (let left = changed; left !== 0; left &= left - 1) {
    const field = lowestBit(left);
    if (!isExact(former[field]!, rows[at + field]!)) raw |= 1 << field;
  }
  // bit 0 says that there is a second mask
  writer.varint(changed + (raw > 0 ? 1 : 0));
  if (raw > 0) writer.varint(raw);
  for (let left = changed; left !== 0; left &= left - 1) {
    const field = lowestBit(left);
    const now = rows[at + field]!;
    if (hasBit(raw, field)) writer.f64(now);
    else writer.signedVarint(now - former[field]!);
  }
};

/** @returns the change, rows complete again; `state` is the one before it */
export const decodeRecord = (state: LedgerState, flush: number, bytes: Uint8Array): JournalRecord => {
  const body = bodyOf(flush, bytes);
  const reader = new ByteReader(body);
  const committedAtUs = reader.varint();
  const notes = readNotes(reader, body);
  const count = reader.varint();
  const rows = new Float64Array(count * CHANGE_FIELDS);
  const known = new Float64Array(CHANGE_FIELDS);
  let run = 0;
  for (let at = 0; at < rows.length; at += CHANGE_FIELDS) {
    run += reader.varint();
    rows[at + ROW.RUN] = run;
    const slot = state.runs.slotOf(run);
    if (slot >= 0) state.runs.read(slot, known, 0, CHANGE_FIELDS);
    decodeRow(reader, rows, at, slot < 0 ? NEW_ROW : known);
  }
  return { flush, committedAtUs, notes, rows };
};

const readNotes = (reader: ByteReader, body: Uint8Array): Note[] => {
  const length = reader.varint();
  const from = reader.skip(length);
  try {
    return JSON.parse(new TextDecoder().decode(body.subarray(from, from + length))) as Note[];
  } catch (error) {
    throw new SegmentCorruptError(`notes of a journal record: ${messageOf(error)}`);
  }
};

const decodeRow = (reader: ByteReader, rows: Float64Array, at: number, former: Float64Array): void => {
  const changed = reader.varint();
  const raw = hasBit(changed, 0) ? reader.varint() : 0;
  for (let field = ROW.DEVICE; field < CHANGE_FIELDS; field++) {
    const before = former[field]!;
    if (!hasBit(changed, field)) rows[at + field] = before;
    else if (hasBit(raw, field)) rows[at + field] = reader.f64();
    else rows[at + field] = before + reader.signedVarint();
  }
};

const NEW_ROW = newRow(0);

const isExact = (before: number, now: number): boolean =>
  Number.isSafeInteger(before) &&
  Number.isSafeInteger(now) &&
  !Object.is(now, -0) &&
  Math.abs(now - before) <= Number.MAX_SAFE_INTEGER;

/** Masks have up to CHANGE_FIELDS (30) bits: 32-bit operators suffice. */
const hasBit = (mask: number, bit: number): boolean => ((mask >>> bit) & 1) !== 0;
