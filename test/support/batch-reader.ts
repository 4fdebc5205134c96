import { Batch, type BatchMessage, type Note, OP, OP_FIELDS } from "../../protocol/batch.ts";
import type { FleetCounters } from "../../protocol/fleet-counters.ts";
import { ROW, ROW_FIELDS, receivedOf } from "../../protocol/ledger-row.ts";
import { unpackNotes } from "../../protocol/packed-notes.ts";
import { assertRunIdentities } from "./identities.ts";

/** One datagram as a batch carries it. */
export interface StoredDatagram {
  run: number;
  sequence: number;
  timeUs: number;
  readings: { channel: number; type: number; timeUs: number; value: number }[];
}

/**
 * A writer that keeps everything in memory, and asserts at each complete batch what must hold there: the identities of every run, the sum over
 * the fleet, and one stored datagram for every number received.
 */
export class BatchReader {
  readonly stored: StoredDatagram[] = [];
  readonly notes: Note[] = [];
  readonly ops: number[][] = [];
  /** state of each run at the end of the last batch */
  readonly rows = new Map<number, Float64Array>();
  fleet: FleetCounters | null = null;
  lastNumber = 0;
  readonly #storedOfRun = new Map<number, number>();

  read(message: BatchMessage): void {
    if (message.number !== this.lastNumber + 1)
      throw new Error(`batch ${message.number} after ${this.lastNumber}`);
    this.lastNumber = message.number;
    this.fleet = message.fleet;
    this.notes.push(...unpackNotes(message.notes));
    const batch = new Batch(message.buffer);
    this.#readDatagrams(batch);
    for (let row = 0; row < batch.rowCount; row++) {
      const values = batch.rows.slice(row * ROW_FIELDS, (row + 1) * ROW_FIELDS);
      this.rows.set(values[ROW.RUN]!, values);
    }
    for (let op = 0; op < batch.opCount; op++) {
      this.ops.push([...batch.ops.subarray(op * OP_FIELDS, (op + 1) * OP_FIELDS)]);
    }
    if (!message.isPartial) this.#assertConsistent();
  }

  opsOf(code: number): number[][] {
    return this.ops.filter((op) => op[OP.CODE] === code);
  }

  notesOf<K extends Note["note"]>(kind: K): Extract<Note, { note: K }>[] {
    return this.notes.filter((note): note is Extract<Note, { note: K }> => note.note === kind);
  }

  #readDatagrams(batch: Batch): void {
    let reading = 0;
    for (let at = 0; at < batch.datagramCount; at++) {
      const run = batch.datagramRun[at]!;
      const readings = Array.from({ length: batch.datagramReadings[at]! }, () => {
        const index = reading++;
        return {
          channel: batch.readingChannel[index]!,
          type: batch.readingType[index]!,
          timeUs: batch.readingTime[index]!,
          value: batch.readingValue[index]!,
        };
      });
      this.stored.push({
        run,
        sequence: batch.datagramSequence[at]!,
        timeUs: batch.datagramTime[at]!,
        readings,
      });
      this.#storedOfRun.set(run, (this.#storedOfRun.get(run) ?? 0) + 1);
    }
    if (reading !== batch.readingCount) throw new Error(`${batch.readingCount} readings, ${reading} owned`);
  }

  #assertConsistent(): void {
    const { datagrams, control, shed, held, rejected } = this.fleet!;
    let accounted = control + shed + held;
    for (const count of Object.values(rejected)) accounted += count;
    for (const [run, row] of this.rows) {
      assertRunIdentities(row, `run ${run}`);
      const received = receivedOf(row, 0) + row[ROW.UNSEQUENCED]!;
      const stored = this.#storedOfRun.get(run) ?? 0;
      if (received !== stored) throw new Error(`run ${run}: ${received} received, ${stored} stored`);
      accounted += received + row[ROW.DUPLICATES]! + row[ROW.REDUNDANT]!;
    }
    if (accounted !== datagrams) throw new Error(`${datagrams} datagrams, ${accounted} accounted for`);
  }
}
