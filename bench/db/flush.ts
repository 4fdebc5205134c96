import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../common/clock.ts";
import { Writer } from "../../db/writer.ts";
import { BATCH_DATAGRAMS, Batch, type BatchMessage, type Note } from "../../protocol/batch.ts";
import { VALUE_TYPE } from "../../protocol/constants.ts";
import { ROW, ROW_FIELDS } from "../../protocol/ledger-row.ts";
import { packNotes } from "../../protocol/packed-notes.ts";

/**
 * Milliseconds and rows written per flush with 100,000 devices in the ledger: when few of them speak, when all of them do, and what a
 * start costs. Datagrams carry one float64.
 */
const DEVICES = 100_000;
const FLUSHES = 20;

let number = 0;
let sequence = 0;

/** Batches in which each of these devices (numbers from 1) sends its next number once. */
const batchesOf = (devices: number, isNew: boolean): BatchMessage[] => {
  const messages: BatchMessage[] = [];
  for (let from = 1; from <= devices; from += BATCH_DATAGRAMS) {
    const batch = new Batch();
    const notes: Note[] = [];
    const now = systemClock.wallUs();
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
    const fleet = { datagrams: 0, control: 0, shed: 0, held: 0, rejected: {}, refusedReadings: {} };
    messages.push({
      buffer: batch.buffer,
      notes: packNotes(notes),
      noteCount: notes.length,
      fleet,
      number: ++number,
      isPartial: false,
      worker: 0,
    });
  }
  sequence++;
  return messages;
};

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const measure = (writer: Writer, devices: number): string => {
  const times: number[] = [];
  const rows: number[] = [];
  for (let flush = 0; flush < FLUSHES; flush++) {
    for (const message of batchesOf(devices, false)) writer.accept(message);
    const [beganMs, rowsBefore] = [performance.now(), writer.rowsWritten];
    writer.flush();
    times.push(performance.now() - beganMs);
    rows.push(writer.rowsWritten - rowsBefore);
  }
  return `${median(times).toFixed(1)} ms (most ${Math.max(...times).toFixed(1)}), ${median(rows)} rows`;
};

const directory = mkdtempSync(join(tmpdir(), "lacuna-bench-"));
const file = join(directory, "lacuna.db");
const openWriter = (): Writer => new Writer({ file, clock: systemClock, retentionMs: null, maxBytes: null });
try {
  const writer = openWriter();
  for (const message of batchesOf(DEVICES, true)) writer.accept(message);
  let beganMs = performance.now();
  writer.flush();
  console.log(`first flush of ${DEVICES} new devices: ${(performance.now() - beganMs).toFixed(0)} ms`);
  while (writer.flush().outcome !== "idle");
  for (const active of [10, 1000, DEVICES]) {
    console.log(`${active} of ${DEVICES} devices speak: ${measure(writer, active)}`);
    while (active < DEVICES && writer.flush().outcome !== "idle");
  }
  beganMs = performance.now();
  writer.close();
  console.log(`stop with all tables behind: ${(performance.now() - beganMs).toFixed(0)} ms`);
  beganMs = performance.now();
  openWriter().close();
  console.log(`start: ${(performance.now() - beganMs).toFixed(0)} ms`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
