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
        const runs = loadDevice(db, device)?.runs.filter((run) => run.epoch === epoch) ?? [];
        return runs.length === 0 ? null : runs;
      })(),
    close: () => db.close(),
  };
};

const loadDevice = (db: Sqlite, device: string | number): DeviceSnapshot | null => {
  const state = loadLedger(db, device);
  for (const slot of state.devices.slots()) return buildSnapshot(db, state, slot);
  return null;
};
