import { lstatSync, statSync } from "node:fs";
import { damagedError, damagedLedger, damagedReadings, orDamaged, startError } from "../file/damage.ts";
import { lockDatabase } from "../file/lock.ts";
import { openAsItIs, SCHEMA_VERSION, type Sqlite } from "../file/open.ts";
import { realFileOf } from "../file/real-file.ts";
import { readRestored } from "../restore/restore.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { writerParts } from "../writer/writer-parts.ts";
import { latestMistakes } from "./check-latest.ts";
import { ledgerMistakes } from "./check-ledger.ts";
import { damagedSegments } from "./check-segments.ts";
import { tableMistakes } from "./check-tables.ts";
import { StoredRuns } from "./stored-runs.ts";

/** A database up to that size is looked at page by page, which takes a few seconds at most. */
const WHOLE_BYTES = 256 * 2 ** 20;

/**
 * What a start would find of a database. Takes the ownership for a moment, which also shows that its directory takes files and locks; nothing
 * is left of that, and the database is not changed.
 * @returns its schema version; null when there is no file yet
 * @throws LacunaError `ERR_DATABASE_…` (db/file/open.ts, db/file/lock.ts, db/file/damage.ts)
 */
export const examineDatabase = (file: string, nowUs: number): number | null => {
  const lock = lockDatabase(file, nowUs);
  try {
    return isThere(file) ? examineFile(file) : null;
  } finally {
    lock.giveUp();
  }
};

/** Also one that its links do not lead to: opening it tells why. */
const isThere = (file: string): boolean =>
  lstatSync(realFileOf(file), { throwIfNoEntry: false }) !== undefined;

const examineFile = (file: string): number => {
  const { db, version } = openAsItIs(file);
  try {
    const isSmall = statSync(file).size <= WHOLE_BYTES;
    if (version > 0 && isSmall) checkPages(db, file);
    if (version !== SCHEMA_VERSION) return version;
    const state = readAsAtAStart(db, file);
    if (isSmall) checkContents(db, file, state);
    // the contents tell more of it
    if (state.damage.length > 0) throw damagedReadings(file, state.damage);
    return version;
  } finally {
    db.close();
  }
};

const checkPages = (db: Sqlite, file: string): void => {
  const found = firstMistake(db, file);
  // the first line names the database, which is always the same
  if (found !== "ok") throw damagedError(file, found.replace(/^\*.*\n/, ""));
};

const firstMistake = (db: Sqlite, file: string): string => {
  try {
    // the quick one does not compare an index with its table: retention finds gap rows by one
    return db.pragma("integrity_check(1)", { simple: true }) as string;
  } catch (error) {
    throw orDamaged(file, error);
  }
};

/** All that a collector reads of it before it notes its start. */
const readAsAtAStart = (db: Sqlite, file: string): LedgerState => {
  try {
    const { state } = writerParts(db, { retentionMs: null, maxBytes: null });
    // as each ingest worker does
    for (const _ of readRestored(db, { hasHistory: true, most: Number.MAX_SAFE_INTEGER }).devices);
    return state;
  } catch (error) {
    throw startError(file, error);
  }
};

/** A byte that a disk has changed inside a block or a row is no mistake of SQLite's: its pages have no checksums. */
const checkContents = (db: Sqlite, file: string, state: LedgerState): void => {
  const stored = new StoredRuns();
  const damage = damagedSegments(db, stored);
  if (damage.length > 0) throw damagedReadings(file, damage);
  const mistakes = [...ledgerMistakes(db, state, stored), ...tableMistakes(db), ...latestMistakes(db, state)];
  if (mistakes.length > 0) throw damagedLedger(file, mistakes);
};
