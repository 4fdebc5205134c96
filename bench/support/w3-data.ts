import { BATCH_DATAGRAMS, Batch, type BatchMessage, type Note } from "../../protocol/batch.ts";
import { VALUE_TYPE } from "../../protocol/constants.ts";
import type { FleetCounters } from "../../protocol/fleet-counters.ts";
import { ROW, ROW_FIELDS, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { packNotes } from "../../protocol/packed-notes.ts";
import { seededDoubles } from "../../test/support/series.ts";

/**
 * The data of the storage figures (docs/performance.md): devices that send one float64 a second, a random walk with two decimals, times in
 * whole milliseconds with 0 to 9 ms of jitter. Devices take turns; a batch holds the next datagrams whoever's they are.
 */
export const START_US = 1_795_000_000_000_000;

/** Hands out batches one after the other, with the ledger rows an ingest worker would send along. */
export class W3Source {
  readonly #devices: number;
  readonly #random = seededDoubles(7);
  readonly #walk: Float64Array;
  #next = 0;
  #number = 0;

  constructor(devices: number) {
    this.#devices = devices;
    this.#walk = Float64Array.from({ length: devices }, () => 2000 + Math.floor(this.#random() * 1000));
  }

  /** Batches with the next `datagrams` datagrams that arrive from `arrivalUs` on. */
  take(datagrams: number, arrivalUs: number): BatchMessage[] {
    const messages: BatchMessage[] = [];
    for (let left = datagrams; left > 0; left -= BATCH_DATAGRAMS) {
      messages.push(this.#batch(Math.min(left, BATCH_DATAGRAMS), arrivalUs));
    }
    return messages;
  }

  #batch(datagrams: number, arrivalUs: number): BatchMessage {
    const batch = new Batch();
    const notes: Note[] = [];
    for (let at = 0; at < datagrams; at++) {
      const device = this.#next % this.#devices;
      const sequence = Math.floor(this.#next / this.#devices);
      this.#next++;
      if (sequence === 0) {
        notes.push({ note: "device", device: device + 1, id: `device-${device}` });
        notes.push({ note: "run", run: device + 1, device: device + 1, epoch: 1, index: 0 });
      }
      const timeUs = START_US + sequence * 1_000_000 + Math.floor(this.#random() * 10) * 1000;
      this.#walk[device]! += Math.floor(this.#random() * 51) - 25;
      batch.datagramRun[at] = device + 1;
      batch.datagramSequence[at] = sequence;
      batch.datagramTime[at] = timeUs;
      batch.datagramReadings[at] = 1;
      batch.readingChannel[at] = 1;
      batch.readingType[at] = VALUE_TYPE.FLOAT64;
      batch.readingTime[at] = timeUs;
      batch.readingValue[at] = this.#walk[device]! / 100;
      if (at + this.#devices >= datagrams) addRow(batch, device + 1, sequence, timeUs, arrivalUs + at);
    }
    batch.datagramCount = datagrams;
    batch.readingCount = datagrams;
    batch.firstArrivalUs = arrivalUs;
    batch.lastArrivalUs = arrivalUs + datagrams;
    return {
      buffer: batch.buffer,
      notes: packNotes(notes),
      noteCount: notes.length,
      fleet: this.#fleet(),
      worker: 0,
      number: ++this.#number,
      isPartial: false,
      sentAtMs: 0,
    };
  }

  #fleet(): FleetCounters {
    return { datagrams: this.#next, control: 0, shed: 0, held: 0, rejected: {}, refusedReadings: {} };
  }
}

/** The run's row as it is after the last of its datagrams in the batch. */
const addRow = (batch: Batch, run: number, sequence: number, timeUs: number, arrivalUs: number): void => {
  const base = batch.rowCount++ * ROW_FIELDS;
  const { rows } = batch;
  rows[base + ROW.RUN] = run;
  rows[base + ROW.DEVICE] = run;
  rows[base + ROW.HIGH_WATER] = sequence;
  rows[base + ROW.FLAGS] = ROW_FLAG.CURRENT + ROW_FLAG.CONFIRMED;
  rows[base + ROW.IN_ORDER] = sequence + 1;
  rows[base + ROW.MAX_SEND_TIME] = timeUs;
  rows[base + ROW.FIRST_ARRIVAL] = START_US;
  rows[base + ROW.LAST_ARRIVAL] = arrivalUs;
  rows[base + ROW.HIGH_WATER_AT] = arrivalUs;
  rows[base + ROW.INTERVAL] = 1_000_000;
  rows[base + ROW.READINGS] = sequence + 1;
  rows[base + ROW.FIRST_SEND_TIME] = START_US;
};
