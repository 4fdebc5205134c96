import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { codeOf, LacunaError, messageOf } from "../../common/errors.ts";
import { realFileOf } from "./real-file.ts";

/** SQLite's codes for pages it cannot make sense of, and for values of another kind than their column has, or none. */
const DAMAGE = /^SQLITE_(CORRUPT|CONSTRAINT_(DATATYPE|NOTNULL))/;
/**
 * SQLite's for a statement that makes no sense: ours are the same at every start, so that it is the schema, or what is written in a row of open gaps, that
 * is not as it was. `.recover` does not save all tables.
 */
const SENSELESS = "SQLITE_ERROR";

/** What SQLite says of a damaged database; or a segment or record that is not what was written (db/codec/corrupt.ts). */
export const isDamage = (error: unknown): boolean =>
  (error instanceof Database.SqliteError && (DAMAGE.test(error.code) || error.code === SENSELESS)) ||
  codeOf(error) === "ERR_SEGMENT_CORRUPT";

export const damagedError = (file: string, why: string, cause?: unknown): LacunaError =>
  new LacunaError(
    "ERR_DATABASE_DAMAGED",
    `the database ${file} is damaged (${why}): a collector begins a new one once it is moved away, and docs/storage.md, "A damaged database", says what can be saved of it`,
    { cause },
  );

/** Its ledger is whole, of what is stored something is not. @param segments - what is wrong with each, as a sentence */
export const damagedReadings = (file: string, segments: readonly string[]): LacunaError => {
  const others = segments.length > 1 ? `, and ${segments.length - 1} more` : "";
  return new LacunaError(
    "ERR_DATABASE_DAMAGED",
    `readings in the database ${file} are damaged (${segments[0]}${others}): a collector starts on it and leaves them out, and docs/storage.md, "A damaged database", says what can be saved`,
  );
};

const MISTAKES_TOLD = 3;

/** It can be read, and does not agree with itself. @param mistakes - what is wrong, as sentences */
export const damagedLedger = (file: string, mistakes: readonly string[]): LacunaError => {
  const told = mistakes.slice(0, MISTAKES_TOLD).join("; ");
  const others = mistakes.length > MISTAKES_TOLD ? `; and ${mistakes.length - MISTAKES_TOLD} more` : "";
  return new LacunaError(
    "ERR_DATABASE_DAMAGED",
    `the ledger in the database ${file} does not agree with itself (${told}${others}): a collector goes on from what it says, and docs/storage.md, "A damaged database", says what can be done`,
  );
};

/** A file of up to 256 MiB is looked at whole, a larger one in so many pieces. */
const LOOKS = 256;
const LOOK_BYTES = 2 ** 20;

/**
 * A descriptor by which this process has the file open; undefined where it has none, or the system does not tell. One of our own would have to be
 * closed, and with it go the locks that SQLite's connections hold on the file (fcntl(2): a process loses them with any descriptor of it that it closes).
 * Whoever reads with `sqlite3` then takes the database for unused when done, and removes its log.
 */
const descriptorOf = (file: string): number | undefined => {
  const { dev, ino } = statSync(file, { bigint: true });
  const isOfFile = (descriptor: string): boolean => {
    const found = statSync(`/proc/self/fd/${descriptor}`, { bigint: true, throwIfNoEntry: false });
    return found?.ino === ino && found.dev === dev;
  };
  try {
    const descriptor = readdirSync("/proc/self/fd").find(isOfFile);
    return descriptor === undefined ? undefined : Number(descriptor);
  } catch {
    return undefined;
  }
};

/** Read a file, a large one here and there. @throws what the system says where it does not give it */
const lookAt = (file: string): void => {
  const known = descriptorOf(file);
  const opened = known ?? openSync(file, "r");
  try {
    const { size } = fstatSync(opened);
    const step = Math.max(LOOK_BYTES, size / LOOKS);
    const bytes = new Uint8Array(LOOK_BYTES);
    for (let at = 0; at === 0 || at < size; at += step) readPiece(opened, bytes, Math.floor(at));
  } finally {
    if (known === undefined) closeSync(opened);
  }
};

/** What comes before the place that the system does not give is given. */
const readPiece = (opened: number, bytes: Uint8Array, at: number): void => {
  for (let got = 0, more = -1; more !== 0 && got < bytes.length; got += more)
    more = readSync(opened, bytes, 0, bytes.length - got, at + got);
};

/** SQLite's word for what the system does not give it (EIO) is damage too. @returns the system's own word; null where it gives the file */
const diskErrorOf = (file: string): string | null => {
  for (const part of [file, `${realFileOf(file)}-wal`]) {
    try {
      lookAt(part);
    } catch (error) {
      if (codeOf(error) === "EIO") return messageOf(error);
    }
  }
  return null;
};

/** What was thrown while a database was read; where its disk does not give it, that and the file's name. Of what another thread tells, that one has seen to it. */
export const orUnreadable = (file: string, thrown: unknown): unknown => {
  const isCorrupt = thrown instanceof Database.SqliteError && thrown.code === "SQLITE_CORRUPT";
  const diskError = isCorrupt ? diskErrorOf(file) : null;
  if (diskError === null) return thrown;
  return new LacunaError(
    "ERR_DATABASE_UNREADABLE",
    `the database ${file} cannot be read from its disk (${diskError}), and may be whole itself`,
    { cause: thrown },
  );
};

/** The same; where it is damaged that and the file's name. */
export const orDamaged = (file: string, thrown: unknown): unknown => {
  const error = orUnreadable(file, thrown);
  return isDamage(error) ? damagedError(file, messageOf(error), error) : error;
};

/** Why a collector cannot start on a database that could be opened. */
export const startError = (file: string, thrown: unknown): LacunaError => {
  const error = orDamaged(file, thrown);
  if (error instanceof LacunaError) return error;
  return new LacunaError("ERR_DATABASE_OPEN", `cannot start on the database ${file}: ${messageOf(error)}`, {
    cause: error,
  });
};
