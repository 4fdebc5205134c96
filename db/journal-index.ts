import { ROW } from "../protocol/ledger-row.ts";
import { skimRecord } from "./journal.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { Sqlite } from "./open.ts";

/** What one record of the journal is about. */
interface Skimmed {
  flush: number;
  /** ascending */
  runs: Float64Array;
  /** devices of its notes, and the ids it gives new ones */
  devices: Set<number>;
  ids: Set<string>;
}

/**
 * Which devices the records of the journal are about, each read once: a device that is loaded alone is in few of them or none, and with a
 * large fleet reading them all again for each would take longer than the thread that asks can be spared.
 */
export class JournalIndex {
  #records: Skimmed[] = [];

  /** Take in what was committed since the last call. Inside the read transaction that loads. @param from - records before it no longer count */
  update(db: Sqlite, from: number): void {
    this.#records = this.#records.filter(({ flush }) => flush >= from);
    const next = (this.#records.at(-1)?.flush ?? from - 1) + 1;
    const rows = db.prepare("SELECT flush, changes FROM flushes WHERE flush >= ? ORDER BY flush").raw();
    for (const [flush, changes] of rows.iterate(next) as IterableIterator<[number, Buffer]>)
      this.#records.push(skimmed(flush, changes));
  }

  /** Flushes that may say something of the one device that is loaded; asked one by one, since each may bring runs of it. */
  *flushesOf(state: LedgerState, only: string | number): Generator<number> {
    for (const record of this.#records) if (isAbout(record, state, only)) yield record.flush;
  }
}

const skimmed = (flush: number, changes: Buffer): Skimmed => {
  const { notes, runs } = skimRecord(flush, changes);
  const devices = new Set<number>();
  const ids = new Set<string>();
  for (const note of notes) {
    if (note.device !== null) devices.add(note.device);
    if (note.note === "device") ids.add(note.id);
  }
  return { flush, runs, devices, ids };
};

const isAbout = ({ runs, devices, ids }: Skimmed, state: LedgerState, only: string | number): boolean => {
  if (typeof only === "number" ? devices.has(only) : ids.has(only)) return true;
  for (const slot of state.devices.slots()) {
    if (devices.has(state.devices.number[slot]!)) return true;
    for (const run of state.runSlots(slot)) if (includes(runs, state.runField(run, ROW.RUN))) return true;
  }
  return false;
};

/** Whether a number is among ascending ones. */
const includes = (numbers: Float64Array, number: number): boolean => {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! < number) low = middle + 1;
    else high = middle;
  }
  return numbers[low] === number;
};
