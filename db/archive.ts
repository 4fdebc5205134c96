import type { DeviceSnapshot, RunSnapshot } from "../protocol/batch.ts";
import { loadLedger } from "./load.ts";
import { openForReading, type Sqlite } from "./open.ts";
import { buildSnapshot } from "./restore.ts";

/**
 * Committed devices read back one by one, synchronously, on the thread that asks (R16): a connection of its own that only reads. Has the
 * shape of the tracker's `DeviceArchive`.
 */
export interface Archive {
  /** the committed state of a device, or null when the database has none of that id */
  load(id: string): DeviceSnapshot | null;
  /** the committed runs of one epoch of a device, or null when it has none */
  loadEpoch(device: number, epoch: number | null): RunSnapshot[] | null;
  close(): void;
}

/** @throws LacunaError as `openForReading` */
export const openArchive = (file: string): Archive => {
  const db = openForReading(file);
  return {
    load: (id) => db.transaction(() => loadDevice(db, id))(),
    loadEpoch: (device, epoch) =>
      db.transaction(() => {
        const id = idOf(db, device);
        const runs = id === undefined ? [] : (loadDevice(db, id)?.runs ?? []);
        const ofEpoch = runs.filter((run) => run.epoch === epoch);
        return ofEpoch.length === 0 ? null : ofEpoch;
      })(),
    close: () => db.close(),
  };
};

const idOf = (db: Sqlite, device: number): string | undefined =>
  db.prepare("SELECT id FROM devices WHERE device_no = ?").pluck().get(device) as string | undefined;

const loadDevice = (db: Sqlite, id: string): DeviceSnapshot | null => {
  const state = loadLedger(db, id);
  for (const slot of state.devices.slots()) return buildSnapshot(db, state, slot);
  return null;
};
