import { ROW } from "../../protocol/ledger-row.ts";
import { inSegment, SegmentCorruptError, storedBytes } from "../codec/corrupt.ts";
import type { Sqlite } from "../file/open.ts";
import { SegmentReader } from "../segment/segment-reader.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { CHANGE_FIELDS } from "../view/run-rows.ts";
import { decodeRecord, type JournalRecord } from "./journal.ts";

/**
 * Advance the tables' state by the journal, leaving out what a device's `as_of` already covers.
 * @param from - first flush of the journal the tables may not contain completely
 * @param only - id of the one device to go on with; undefined = all
 * @throws SegmentCorruptError when a record of the journal is damaged; of a damaged segment that is told in the state's `damage`
 */
export const replay = (db: Sqlite, state: LedgerState, from: number, only: string | undefined): void => {
  const flushes = db
    .prepare("SELECT flush, changes, data FROM flushes WHERE flush >= ? ORDER BY flush")
    .raw();
  for (const row of flushes.iterate(from) as IterableIterator<FlushRow>) replayFlush(state, row, only);
};

type FlushRow = [flush: number, changes: Buffer, data: Buffer];

const replayFlush = (
  state: LedgerState,
  [flush, changes, data]: FlushRow,
  only: string | undefined,
): void => {
  const record = inSegment(flush, () => decodeRecord(state, flush, changes));
  const highWaters = replayRecord(state, record, only);
  if (storedBytes(data).length > 0) offerLatest(state, flush, data, highWaters);
  for (const note of record.notes) if (note.note === "forgotten") state.forget(note.device, false);
};

/** @returns the high water of each run before the flush */
const replayRecord = (
  state: LedgerState,
  { flush, notes, rows }: JournalRecord,
  only: string | undefined,
): ReadonlyMap<number, number> => {
  const highWaters = new Map<number, number>();
  for (const note of notes) {
    if (note.note === "forgotten" || note.note === "event") continue;
    if (note.note === "device" && only !== undefined && note.id !== only) continue;
    if (isBehind(state, note.device, flush)) state.applyNote(note, flush);
  }
  for (let at = 0; at < rows.length; at += CHANGE_FIELDS) {
    const slot = state.runs.slotOf(rows[at + ROW.RUN]!);
    // a row the tables are ahead of was decoded against the wrong state: nothing in it can be trusted, its device neither
    if (slot >= 0 && isBehind(state, state.runField(slot, ROW.DEVICE), flush)) {
      highWaters.set(rows[at + ROW.RUN]!, state.runField(slot, ROW.HIGH_WATER));
      state.putRow(rows, at, flush, true);
    }
  }
  return highWaters;
};

/** A device the tables do not know is behind too: its note is about to make it. */
const isBehind = (state: LedgerState, device: number, flush: number): boolean => {
  const slot = state.devices.slotOf(device);
  return slot < 0 || state.devices.asOf[slot]! < flush;
};

/** The ledger says all there is to say of a segment but the newest values: where it is damaged they stay what they were. */
const offerLatest = (
  state: LedgerState,
  flush: number,
  data: Buffer,
  highWaters: ReadonlyMap<number, number>,
): void => {
  try {
    inSegment(flush, () => replayLatest(state, flush, data, highWaters));
  } catch (error) {
    if (!(error instanceof SegmentCorruptError)) throw error;
    state.damage.push(error.message);
  }
};

const replayLatest = (
  state: LedgerState,
  flush: number,
  data: Buffer,
  highWaters: ReadonlyMap<number, number>,
): void => {
  const reader = new SegmentReader(data);
  // the newest run first, as `takeNewest` offers them: late numbers of a newer run must not push out what an older one brought
  for (const run of [...reader.runNumbers].reverse()) {
    const runSlot = state.runs.slotOf(run);
    if (runSlot < 0) continue;
    const device = state.runField(runSlot, ROW.DEVICE);
    if (isBehind(state, device, flush)) offerRun(reader, state, run, flush, highWaters.get(run) ?? -1);
  }
  reader.release();
};

const offerRun = (
  reader: SegmentReader,
  state: LedgerState,
  run: number,
  flush: number,
  highWater: number,
): void => {
  const columns = reader.readRun(run);
  if (columns === null) return;
  const deviceSlot = state.devices.slotOf(state.runField(state.runs.slotOf(run), ROW.DEVICE));
  // the newest first, as `takeNewest` offers them: where there is no room for all channels it goes to the same ones
  for (let datagram = columns.datagramCount - 1; datagram >= 0; datagram--) {
    const end = columns.readingStart[datagram + 1]!;
    for (let reading = columns.readingStart[datagram]!; reading < end; reading++) {
      const entry = {
        device: state.devices.number[deviceSlot]!,
        channel: columns.channel[reading]!,
        run,
        sequence: columns.sequence[datagram]!,
        time: columns.readingTime[reading]!,
        type: columns.type[reading]!,
        value: columns.value[reading]!,
        flush,
      };
      state.offerLatest(deviceSlot, entry, entry.sequence <= highWater);
    }
  }
};
