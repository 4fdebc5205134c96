import { join } from "node:path";
import { type Clock, systemClock } from "../../common/clock.ts";
import { Writer } from "../../db/writer/writer.ts";
import { BATCH_DATAGRAMS, Batch, type BatchMessage, type Note } from "../../protocol/batch.ts";
import { VALUE_TYPE } from "../../protocol/constants.ts";
import { emptyFleet } from "../../protocol/fleet-counters.ts";
import { ROW, ROW_FIELDS } from "../../protocol/ledger-row.ts";
import { packNotes } from "../../protocol/packed-notes.ts";
import { breathe, temporaryFolder } from "../support/temporary.ts";

/**
 * Milliseconds and rows of the database written per flush with 100,000 devices in the ledger: when few of them speak, when all of them do, and
 * what a stop and a start cost. Datagrams carry one float64. The ledger of a flush is one row of the journal; the tables for people follow some
 * seconds later, by the writer's clock, with the flushes that come then.
 */
const DEVICES = 100_000;
const FLUSH_MS = 250;
/** until devices that spoke with the first of them are due in the tables (db/tables/checkpoint.ts) */
const FLUSHES_BEFORE = 20;
const FLUSHES = 20;

/** the writer waits for nothing here: its clock goes ahead by what would have been waited */
let aheadMs = 0;
const clock: Clock = {
  wallUs: () => systemClock.wallUs() + aheadMs * 1000,
  monotonicMs: () => systemClock.monotonicMs() + aheadMs,
};

let number = 0;
let sequence = 0;

/** Batches in which each of these devices (numbers from 1) sends its next number once. */
const batchesOf = (devices: number, isNew: boolean): BatchMessage[] => {
  const messages: BatchMessage[] = [];
  for (let from = 1; from <= devices; from += BATCH_DATAGRAMS) {
    const batch = new Batch();
    const notes: Note[] = [];
    const now = clock.wallUs();
    for (let device = from; device < Math.min(from + BATCH_DATAGRAMS, devices + 1); device++) {
      if (isNew) {
        notes.push({ note: "device", device, id: `device-${device}` });
        notes.push({ note: "run", run: device, device, epoch: 1, index: 0 });
      }
      const at = batch.datagramCount++;
      batch.datagramRun[at] = device;
      batch.datagramSequence[at] = sequence;
      batch.datagramTime[at] = now + at;
      batch.datagramReadings[at] = 1;
      batch.readingChannel[at] = 1;
      batch.readingType[at] = VALUE_TYPE.FLOAT64;
      batch.readingTime[at] = now + at;
      batch.readingValue[at] = Math.round(Math.random() * 10_000) / 100;
      const row = batch.rows.subarray(at * ROW_FIELDS, (at + 1) * ROW_FIELDS);
      row[ROW.RUN] = device;
      row[ROW.DEVICE] = device;
      row[ROW.HIGH_WATER] = sequence;
      row[ROW.IN_ORDER] = sequence + 1;
      row[ROW.LAST_ARRIVAL] = now + at;
      row[ROW.MAX_SEND_TIME] = now + at;
      row[ROW.HIGH_WATER_AT] = now + at;
      row[ROW.READINGS] = sequence + 1;
    }
    batch.readingCount = batch.datagramCount;
    batch.rowCount = batch.datagramCount;
    batch.firstArrivalUs = now;
    batch.lastArrivalUs = now + batch.datagramCount;
    const fleet = emptyFleet();
    messages.push({
      buffer: batch.buffer,
      notes: packNotes(notes),
      noteCount: notes.length,
      fleet,
      number: ++number,
      isPartial: false,
      sentAtMs: 0,
      worker: 0,
    });
  }
  sequence++;
  return messages;
};

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Flushes until nothing is left to write, also not in the tables. @returns how many */
const flushAll = (writer: Writer): number => {
  let flushes = 0;
  for (;;) {
    aheadMs += FLUSH_MS;
    if (writer.flush().outcome !== "idle") flushes++;
    else if (writer.waitingDevices === 0) return flushes;
  }
};

const measure = async (writer: Writer, devices: number): Promise<string> => {
  const times: number[] = [];
  const rows: number[] = [];
  for (let flush = 0; flush < FLUSHES_BEFORE + FLUSHES; flush++) {
    for (const message of batchesOf(devices, false)) writer.accept(message);
    aheadMs += FLUSH_MS;
    const [beganMs, rowsBefore] = [performance.now(), writer.rowsWritten];
    writer.flush();
    times.push(performance.now() - beganMs);
    rows.push(writer.rowsWritten - rowsBefore);
    if (writer.pendingBatches > 0) throw new Error("a flush did not take all that waited");
    await breathe();
  }
  const measured = times.slice(FLUSHES_BEFORE);
  return `${median(measured).toFixed(1)} ms (most ${Math.max(...measured).toFixed(1)}), ${median(rows.slice(FLUSHES_BEFORE))} rows`;
};

const folder = temporaryFolder();
const file = join(folder.path, "lacuna.db");
const openWriter = (): Writer => new Writer({ file, clock, retentionMs: null, maxBytes: null });
try {
  const writer = openWriter();
  for (const message of batchesOf(DEVICES, true)) writer.accept(message);
  let beganMs = performance.now();
  let flushes = 0;
  while (writer.pendingBatches > 0) {
    writer.flush();
    flushes++;
  }
  console.log(
    `${DEVICES} new devices: ${(performance.now() - beganMs).toFixed(0)} ms, in ${flushes} flushes`,
  );
  flushAll(writer);
  for (const active of [10, 1000, DEVICES]) {
    console.log(`${active} of ${DEVICES} devices speak, each flush: ${await measure(writer, active)}`);
    if (active < DEVICES) flushAll(writer);
  }
  const { waitingDevices } = writer;
  beganMs = performance.now();
  writer.close();
  console.log(
    `stop with the tables of ${waitingDevices} devices behind: ${(performance.now() - beganMs).toFixed(0)} ms`,
  );
  beganMs = performance.now();
  const again = openWriter();
  console.log(`start: ${(performance.now() - beganMs).toFixed(0)} ms`);
  again.close();
} finally {
  folder.remove();
}
