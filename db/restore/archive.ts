import Database from "better-sqlite3";
import { type Clock, systemClock } from "../../common/clock.ts";
import { LacunaError, messageOf } from "../../common/errors.ts";
import type { DeviceSnapshot, Restored, RunSnapshot } from "../../protocol/batch.ts";
import { isDamage, orDamaged } from "../file/damage.ts";
import { openForReading, type Sqlite, type Statement } from "../file/open.ts";
import { type RestoreOptions, readDevice, readEpoch, readRestored } from "./restore.ts";

export interface ArchiveOptions extends Pick<RestoreOptions, "hasHistory"> {
  file: string;
}

/**
 * The database as an ingest worker sees it: what a start goes on from, and devices read back one by one (R16), synchronously, on the thread that
 * asks. They are as the tables have them, which some seconds of the journal go beyond (`TablesReach`): it is about all that was heard in
 * these, and to look for one device in it would take as long as the fleet is large. A connection of its own that only reads. Has the shape of the
 * collector's `StartArchive`.
 */
export interface Archive {
  /** what a start goes on from; of more than `most` devices those that miss something and those heard last are restored, the others left out */
  restored(most: number, owns?: RestoreOptions["owns"]): Restored;
  /** a device, or null when the tables have none of that id */
  load(id: string): DeviceSnapshot | null;
  /** the runs of one epoch of a device, or null when it has none */
  loadEpoch(device: number, epoch: number | null): RunSnapshot[] | null;
  close(): void;
}

/** After a read that failed none is tried for so many times as long: failing ones take at most a tenth of the thread's time. */
const REST = 9;
/** so much of that is let pass: of short failures, as of one damaged device, the others need not suffer */
const REST_LET_PASS_MS = 1000;

/** @throws LacunaError as `openForReading` */
export const openArchive = (
  { file, hasHistory }: ArchiveOptions,
  clock: Pick<Clock, "monotonicMs"> = systemClock,
): Archive => {
  const db = openForReading(file);
  keepStatements(db);
  const readBack = readerBack(file, clock);
  return {
    restored: (most, owns) => restoredOf(file, { hasHistory, most, owns }),
    load: (id) => readBack(() => db.transaction(() => readDevice(db, id))()),
    loadEpoch: (device, epoch) => {
      const runs = readBack(() => db.transaction(() => readEpoch(db, device, epoch))());
      return runs.length === 0 ? null : runs;
    },
    close: () => db.close(),
  };
};

/** Each statement is prepared once: that takes longer than to read an epoch by it. */
const keepStatements = (db: Sqlite): void => {
  const kept = new Map<string, Statement>();
  const prepare = db.prepare.bind(db) as (sql: string) => Statement;
  const keep = (sql: string): Statement => {
    const statement = kept.get(sql) ?? prepare(sql);
    kept.set(sql, statement);
    return statement;
  };
  db.prepare = keep as typeof db.prepare;
};

/** What the disk does not give is not looked for (`orUnreadable`), nor asked for again at once, as that takes long: nothing is received meanwhile. */
const readerBack = (file: string, clock: Pick<Clock, "monotonicMs">) => {
  let restUntilMs = Number.NEGATIVE_INFINITY;
  let failure: LacunaError | undefined;
  return <T>(read: () => T): T => {
    const beganMs = clock.monotonicMs();
    if (failure !== undefined && restUntilMs - beganMs > REST_LET_PASS_MS) throw failure;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Database.SqliteError || isDamage(error))) throw error;
      const endedMs = clock.monotonicMs();
      restUntilMs = Math.max(restUntilMs, endedMs) + REST * (endedMs - beganMs);
      failure = new LacunaError(
        "ERR_ARCHIVE",
        `the database ${file} does not give what it has of a device: ${messageOf(error)}`,
        { cause: error },
      );
      throw failure;
    }
  };
};

/** By a connection of its own, which is closed with the last device: all of it is one snapshot of the database. */
const restoredOf = (file: string, options: RestoreOptions): Restored => {
  const db = openForReading(file);
  try {
    db.exec("BEGIN");
    const restored = readRestored(db, options);
    return { ...restored, devices: thenClose(db, file, restored.devices) };
  } catch (error) {
    db.close();
    throw orDamaged(file, error);
  }
};

function* thenClose(db: Sqlite, file: string, devices: Iterable<DeviceSnapshot>): Generator<DeviceSnapshot> {
  try {
    yield* devices;
  } catch (error) {
    throw orDamaged(file, error);
  } finally {
    db.close();
  }
}
