import { accessSync, constants, existsSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { descriptorShortage } from "../../common/descriptors.ts";
import { LacunaError, messageOf } from "../../common/errors.ts";
import { excessOf, inodeShortage, mayLackRoom, type Sqlite } from "./open.ts";
import { realFileOf } from "./real-file.ts";

/** Held while this process owns a database; the operating system lets go of it when the process dies. */
export interface DatabaseLock {
  release(): void;
  /** The database is not ours after all: a lock file that was not there before goes with the lock. */
  giveUp(): void;
}

/** the database of the lock and its journal */
const LOCK_FILES = 2;

interface Owner {
  pid: number;
  host: string;
  started: string;
}

/**
 * Where the lock of a database lies: a tiny SQLite database, so that locking is SQLite's on every platform and file system. A database that has
 * several names by symbolic links has one lock.
 */
const lockFileOf = (file: string): string => {
  try {
    return `${realFileOf(file)}-lock`;
  } catch (error) {
    throw new LacunaError("ERR_DATABASE_OPEN", `cannot open the database ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
};

/**
 * Take the ownership of a database file, or fail at once. The row that names the owner is committed first; then a write transaction stays
 * open for life, which lets others read the row and keeps them from writing.
 * @throws LacunaError `ERR_DATABASE_OWNED` naming the owner's pid and the file; `ERR_DATABASE_OPEN` when the lock file cannot be written
 */
export const lockDatabase = (file: string, startedUs: number): DatabaseLock => {
  const lockFile = lockFileOf(file);
  const isNew = !existsSync(lockFile);
  let db: Sqlite | undefined;
  try {
    db = new Database(lockFile, { timeout: 0 });
    db.exec("CREATE TABLE IF NOT EXISTS owner (pid INTEGER, host TEXT, started TEXT)");
    const held = db;
    nameOwner(held, startedUs);
    held.exec("BEGIN IMMEDIATE");
    return {
      release: () => held.close(),
      giveUp() {
        held.close();
        if (isNew) rmSync(lockFile);
      },
    };
  } catch (error) {
    db?.close();
    const isBusy = error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
    if (isBusy) throw ownedError(file, lockFile, error);
    const why = existsSync(dirname(lockFile))
      ? `cannot write ${lockFile}: ${refusalOf(lockFile) ?? excessOf(lockFile) ?? descriptorShortage(LOCK_FILES) ?? inodeShortage(lockFile) ?? messageOf(error)}`
      : `cannot open the database ${file}: there is no directory ${dirname(lockFile)}`;
    throw new LacunaError("ERR_DATABASE_OPEN", why, { cause: error });
  }
};

const nameOwner = (db: Sqlite, startedUs: number): void => {
  const write = db.transaction(() => {
    db.exec("DELETE FROM owner");
    db.prepare("INSERT INTO owner VALUES (?, ?, ?)").run(
      process.pid,
      hostname(),
      new Date(startedUs / 1000).toISOString(),
    );
  });
  try {
    write.immediate();
  } catch (error) {
    if (!mayLackRoom(error)) throw error;
    // the row takes the place of the former owner's: only the file of the journal has no room
    db.pragma("journal_mode = MEMORY");
    write.immediate();
  }
};

/** Why it cannot be written, or made, which SQLite does not say. */
const refusalOf = (lockFile: string): string | null => {
  const { R_OK, W_OK, X_OK } = constants;
  try {
    accessSync(dirname(lockFile), W_OK | X_OK);
    if (existsSync(lockFile)) accessSync(lockFile, R_OK | W_OK);
    return null;
  } catch (error) {
    return messageOf(error);
  }
};

const ownedError = (file: string, lockFile: string, cause: unknown): LacunaError => {
  const owner = readOwner(lockFile);
  const who =
    owner === undefined
      ? "another process"
      : `process ${owner.pid} on ${owner.host}, running since ${owner.started}`;
  return new LacunaError(
    "ERR_DATABASE_OWNED",
    `${file} is in use by ${who}: one process owns a database. Stop it, or give --db another file`,
    { cause },
  );
};

const readOwner = (lockFile: string): Owner | undefined => {
  const db = new Database(lockFile, { readonly: true, timeout: 1000 });
  try {
    return db.prepare("SELECT pid, host, started FROM owner").get() as Owner | undefined;
  } catch (error) {
    // the other one is just writing its name: it owns the file all the same
    if (error instanceof Database.SqliteError) return undefined;
    throw error;
  } finally {
    db.close();
  }
};
