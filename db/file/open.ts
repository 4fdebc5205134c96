import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import Database from "better-sqlite3";
import { descriptorShortage } from "../../common/descriptors.ts";
import { codeOf, LacunaError, messageOf } from "../../common/errors.ts";
import { APPLICATION_ID, MIGRATIONS } from "../schema/migrations.ts";
import { orDamaged } from "./damage.ts";
import { realFileOf } from "./real-file.ts";

export type Sqlite = Database.Database;
export type Statement = Database.Statement<unknown[]>;

/** how long a statement waits for another process's lock; the writer waits less once it has started */
const BUSY_MS = 5000;
/** 8 KiB pages: a WAL of 64 MiB before it is moved into the file. What was merged away by then is never written a second time. */
const CHECKPOINT_PAGES = 8192;
const WAL_LIMIT_BYTES = 64 * 2 ** 20;
/** The writer appends mostly, readers take whole segments: the driver's 16 MB for each connection would hold pages that nobody asks for again. */
const WRITER_CACHE_KIB = 4096;
const READER_CACHE_KIB = 2048;

/** the database, its log, and what its readers share; one to spare */
const DATABASE_FILES = 4;

/** Schema version this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * The one connection that writes: creates the file, sets it up, brings its schema up to date.
 * @throws LacunaError `ERR_DATABASE_OPEN` (not readable, not a database), `ERR_DATABASE_DAMAGED`, `ERR_DATABASE_FOREIGN` (another program's),
 *   `ERR_DATABASE_FROM_FUTURE` (written by a newer Lacuna)
 */
export const openForWriting = (file: string): Sqlite =>
  opening(file, true, () => {
    const db = new Database(file, { timeout: BUSY_MS });
    return setUp(db, () => {
      // before anything that could write to what is not ours
      const version = checkVersion(db, file);
      refuseObstacle(file);
      if (version === 0) {
        // both only take effect before the first table exists; the second writes each time, for which a full disk has no room
        db.pragma("page_size = 8192");
        db.pragma("auto_vacuum = INCREMENTAL");
      }
      db.pragma("journal_mode = WAL");
      db.pragma("synchronous = FULL");
      db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
      db.pragma("temp_store = MEMORY");
      db.pragma(`cache_size = -${WRITER_CACHE_KIB}`);
      migrate(db);
    });
  });

/**
 * A connection that only reads; needs no lock and works beside a running collector.
 * @throws LacunaError as `openForWriting`; also when the file does not exist or has an older schema (`ERR_DATABASE_OUTDATED`)
 */
export const openForReading = (file: string): Sqlite =>
  opening(file, false, () => {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    return setUp(db, () => {
      db.pragma(`cache_size = -${READER_CACHE_KIB}`);
      const version = checkVersion(db, file);
      if (version === 0) {
        throw new LacunaError(
          "ERR_DATABASE_OUTDATED",
          `${file} has nothing in it: of a database that a collector has open most may be in its -wal, and both are copied together`,
        );
      }
      if (version < SCHEMA_VERSION) {
        throw new LacunaError(
          "ERR_DATABASE_OUTDATED",
          `${file} has schema version ${version}, this Lacuna reads ${SCHEMA_VERSION}: start \`lacuna collect\` on it once, which brings it up to date`,
        );
      }
    });
  });

/**
 * A database that is there, of whichever schema version; nothing is written. For its owner: one that may only read would leave SQLite's files
 * beside it.
 * @throws LacunaError as `openForWriting`
 */
export const openAsItIs = (file: string): { db: Sqlite; version: number } => {
  let version = 0;
  const db = opening(file, false, () => {
    const db = new Database(file, { fileMustExist: true, timeout: BUSY_MS });
    return setUp(db, () => {
      version = checkVersion(db, file);
      refuseObstacle(file);
    });
  });
  return { db, version };
};

const opening = (file: string, isMade: boolean, open: () => Sqlite): Sqlite => {
  try {
    refuseNoFile(file);
    return open();
  } catch (thrown) {
    const error = orDamaged(file, thrown);
    if (error instanceof LacunaError) throw error;
    const why =
      obstacleOf(file, isMade) ??
      besideOf(file, isMade, error) ??
      excessOf(file) ??
      descriptorShortage(DATABASE_FILES) ??
      inodeShortage(file) ??
      messageOf(error);
    throw cannotOpen(file, why, error);
  }
};

const cannotOpen = (file: string, why: string, cause?: unknown): LacunaError =>
  new LacunaError("ERR_DATABASE_OPEN", `cannot open the database ${file}: ${why}`, { cause });

/** SQLite would wait for whoever writes into a pipe, and says of other things that reading them fails. */
const refuseNoFile = (file: string): void => {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return;
  const what = found.isDirectory() ? "it is a directory" : "it is no file";
  throw cannotOpen(file, what);
};

/** What is opened may turn out at the first write not to take any. */
const refuseObstacle = (file: string): void => {
  const why = obstacleOf(file, true);
  if (why !== null) throw cannotOpen(file, why);
};

/**
 * SQLite says of each of these that it is unable to open the file, or that it is read-only.
 * @param isMade - it is to be written, and where there is none one would be made
 */
const obstacleOf = (file: string, isMade: boolean): string | null => {
  const mode = isMade ? constants.R_OK | constants.W_OK : constants.R_OK;
  try {
    accessSync(file, mode);
    // another user's, who had it open last
    const beside = ["-wal", "-shm"].map((suffix) => `${realFileOf(file)}${suffix}`);
    for (const part of beside.filter((path) => existsSync(path))) accessSync(part, mode);
    return null;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") return messageOf(error);
    return isMade ? null : "there is no such file";
  }
};

/** Readers of a WAL share memory in a file beside the database, which the first one makes; SQLite says only that it may not write, or not open. */
const besideOf = (file: string, isMade: boolean, error: unknown): string | null => {
  const directory = dirname(realFileOf(file));
  if (codeOf(error) === "SQLITE_IOERR_SHMSIZE") {
    const room = `SQLite makes a file beside it while it is open, and the disk of ${directory} has no room for that: make some`;
    return isMade ? room : `${room}, or copy it, with its -wal where there is one, to another disk`;
  }
  if (isMade || !/^SQLITE_(READONLY|CANTOPEN)/.test(codeOf(error) ?? "")) return null;
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return null;
  } catch {
    return `SQLite makes a file beside it while it is read, and ${directory} cannot be written: read it as a user who may, or copy it, with its -wal where there is one, to a directory of your own`;
  }
};

/** SQLite says that it cannot open a file where the disk takes no further one, whatever room it has. */
export const inodeShortage = (file: string): string | null => {
  try {
    // a file system that makes inodes as it needs them says that it has none at all
    const { files, ffree } = statfsSync(dirname(realFileOf(file)));
    return files > 0 && ffree === 0 ? "its disk takes no further file: df -i" : null;
  } catch {
    // there is more amiss than that
    return null;
  }
};

/** The longest path SQLite takes, and the longest name file systems take as a rule, in bytes. */
const PATH_BYTES = 511;
const NAME_BYTES = 255;

/** SQLite says of a path that is too long, with the journal's behind it, only that it cannot open the file. */
export const excessOf = (file: string): string | null => {
  const journal = `${resolve(realFileOf(file))}-journal`;
  if (Buffer.byteLength(journal) > PATH_BYTES)
    return `its path is too long for SQLite, which takes ${PATH_BYTES} bytes with "-journal" behind it`;
  if (Buffer.byteLength(basename(journal)) > NAME_BYTES)
    return `its name is too long: SQLite makes another with "-journal" behind it, which may have ${NAME_BYTES} bytes`;
  return null;
};

const setUp = (db: Sqlite, prepare: () => void): Sqlite => {
  try {
    prepare();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};

const numberPragma = (db: Sqlite, name: string): number => db.pragma(name, { simple: true }) as number;

const checkVersion = (db: Sqlite, file: string): number => {
  const version = numberPragma(db, "user_version");
  const tables = db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get() as number;
  if ((tables > 0 || version > 0) && numberPragma(db, "application_id") !== APPLICATION_ID) {
    throw new LacunaError("ERR_DATABASE_FOREIGN", `${file} is a database of another program, not Lacuna's`);
  }
  if (version > SCHEMA_VERSION) {
    throw new LacunaError(
      "ERR_DATABASE_FROM_FUTURE",
      `${file} was written by a newer Lacuna (schema version ${version}); this one knows versions up to ${SCHEMA_VERSION}. Start the newer program, or give --db another file`,
    );
  }
  return version;
};

/** In one transaction: where one migration fails (a full disk), the program of before can go on. */
const migrate = (db: Sqlite): void => {
  const missing = MIGRATIONS.slice(numberPragma(db, "user_version"));
  if (missing.length === 0) return;
  db.transaction(() => {
    for (const migration of missing) db.exec(migration);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  }).immediate();
};

/** SQLite's code of a failure that may be over the next time: another process's lock, a full disk, an I/O error. */
const PASSING_FAILURE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|NOMEM|PROTOCOL|PERM|INTERRUPT)/;

/** Whether a commit that failed with this error (as `orDamaged` tells it) should be tried again. */
export const isPassingFailure = (error: unknown): boolean =>
  (error instanceof Database.SqliteError && PASSING_FAILURE.test(error.code)) ||
  codeOf(error) === "ERR_DATABASE_UNREADABLE";

/** SQLite's codes for a full disk: the second one is its word for a quota, and for a file that may grow no further, as for all else that a write may lack. */
const NO_ROOM: readonly unknown[] = ["SQLITE_FULL", "SQLITE_IOERR_WRITE"];

/** Whether there may be room for it inside the database. */
export const mayLackRoom = (error: unknown): boolean => NO_ROOM.includes(codeOf(error));

/** Write into the file what its log has. @throws SqliteError, a passing failure as long as somebody reads the database as it was before */
export const saveLog = (db: Sqlite): void => {
  const [answer] = db.pragma("wal_checkpoint(FULL)") as [{ busy: number }];
  if (answer.busy !== 0)
    throw new Database.SqliteError("the log cannot be saved while the database is read", "SQLITE_BUSY");
};

/**
 * Write what the log has into the file, so that the log begins anew in the room it takes: all there is on a full disk, of which the file may have more
 * (pages that retention has freed).
 * @returns whether the log had anything, and nobody reads it
 */
export const beginLogAnew = (db: Sqlite): boolean => {
  try {
    const [answer] = db.pragma("wal_checkpoint(RESTART)") as [{ busy: number; log: number }];
    return answer.busy === 0 && answer.log > 0;
  } catch {
    // what failed before may pass all the same; damage of the log is met again, and told then
    return false;
  }
};
