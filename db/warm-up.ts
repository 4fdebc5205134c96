import type { Clock } from "../common/clock.ts";
import { BATCH_DATAGRAMS, Batch, type BatchMessage, type Note } from "../protocol/batch.ts";
import { VALUE_TYPE } from "../protocol/constants.ts";
import { ROW, ROW_FIELDS } from "../protocol/ledger-row.ts";
import { packNotes } from "../protocol/packed-notes.ts";
import { FlushTransaction } from "./flush-transaction.ts";
import { gather } from "./gather.ts";
import { readStateRow } from "./load.ts";
import { openForWriting } from "./open.ts";
import type { Doomed } from "./retention.ts";
import { startTables } from "./start-and-stop.ts";
import { writerParts } from "./writer-parts.ts";

/** V8 has compiled the encoding for good after some 100,000 readings */
const FLUSHES = 6;
const BATCHES = 4;
const DEVICES = 256;
const START_US = 1_700_000_000_000_000;
const STEP_US = 4000;
/** of so many devices one has values that are no decimals: each all that a float64 holds */
const WHOLE = 3;

const NONE_DOOMED: Doomed = {
  segments: [],
  readings: 0,
  expired: new Map(),
  forgottenExpired: 0,
  beforeUs: 0,
};
const FLEET = { datagrams: 0, control: 0, shed: 0, held: 0, rejected: {}, refusedReadings: {} };

/**
 * Write flushes of devices nobody has to a database in memory that is thrown away. Until the code of a flush is compiled a reading costs ten times
 * as much: a collector started amid 500,000 datagrams/s would have its batches in use faster than they come back, and shed.
 * @returns readings written
 */
export const warmUp = (clock: Clock): number => {
  const db = openForWriting(":memory:");
  try {
    const parts = writerParts(db, { retentionMs: null, maxBytes: null });
    const transaction = new FlushTransaction(parts, clock);
    let row = startTables(parts, readStateRow(db), clock);
    let fleets = [parts.state.fleet];
    const batches = Array.from({ length: BATCHES }, () => new Batch());
    for (let flush = 0; flush < FLUSHES; flush++) {
      const messages = batches.map((batch, index) => fill(batch, flush * BATCHES + index));
      const gathered = gather(messages, parts.state, fleets);
      row = transaction.commit(gathered, NONE_DOOMED, row).row;
      fleets = [...gathered.fleets];
    }
    return parts.merging.stored.readings;
  } finally {
    db.close();
  }
};

/** The batch in which each device has sent its next numbers in turn. @param turn - from 0 */
const fill = (batch: Batch, turn: number): BatchMessage => {
  const rounds = BATCH_DATAGRAMS / DEVICES;
  for (let at = 0; at < BATCH_DATAGRAMS; at++) {
    const device = at % DEVICES;
    const sequence = turn * rounds + Math.floor(at / DEVICES);
    const timeUs = START_US + sequence * STEP_US + device;
    const value = 20 + Math.sin(sequence / 50 + device);
    batch.datagramRun[at] = device + 1;
    batch.datagramSequence[at] = sequence;
    batch.datagramTime[at] = timeUs;
    batch.datagramReadings[at] = 1;
    batch.readingChannel[at] = 0;
    batch.readingType[at] = VALUE_TYPE.FLOAT64;
    batch.readingTime[at] = timeUs;
    batch.readingValue[at] = device % WHOLE === 0 ? value : Math.round(value * 100) / 100;
  }
  batch.datagramCount = BATCH_DATAGRAMS;
  batch.readingCount = BATCH_DATAGRAMS;
  batch.rowCount = DEVICES;
  for (let device = 0; device < DEVICES; device++) fillRow(batch.rows, device, (turn + 1) * rounds);
  batch.firstArrivalUs = START_US;
  batch.lastArrivalUs = START_US + (turn + 1) * rounds * STEP_US;
  const notes = turn === 0 ? newDevices() : [];
  return {
    ...{ buffer: batch.buffer, notes: packNotes(notes), noteCount: notes.length },
    ...{ fleet: FLEET, number: turn + 1, isPartial: false, worker: 0 },
  };
};

/** @param next - number after the last one received */
const fillRow = (rows: Float64Array, device: number, next: number): void => {
  const row = rows.subarray(device * ROW_FIELDS, (device + 1) * ROW_FIELDS).fill(0);
  row[ROW.RUN] = device + 1;
  row[ROW.DEVICE] = device + 1;
  row[ROW.HIGH_WATER] = next - 1;
  row[ROW.IN_ORDER] = next;
  row[ROW.READINGS] = next;
  row[ROW.INTERVAL] = STEP_US;
  row[ROW.LAST_ARRIVAL] = START_US + next * STEP_US;
  row[ROW.HIGH_WATER_AT] = row[ROW.LAST_ARRIVAL]!;
  row[ROW.MAX_SEND_TIME] = row[ROW.LAST_ARRIVAL]!;
};

const newDevices = (): Note[] =>
  Array.from({ length: DEVICES }, (_, index): Note[] => [
    { note: "device", device: index + 1, id: `warm-up-${index}` },
    { note: "run", run: index + 1, device: index + 1, epoch: 1, index: 0 },
  ]).flat();
