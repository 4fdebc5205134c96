import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import Database from "better-sqlite3";
import { codeOf, LacunaError, messageOf } from "../common/errors.ts";
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

/** Where a file is looked at: of a small one at every page. */
const LOOKS = 256;
const LOOK_BYTES = 8192;

/** Read a file here and there. @throws what the system says where it does not give it */
const lookAt = (file: string): void => {
  const opened = openSync(file, "r");
  try {
    const { size } = fstatSync(opened);
    const step = Math.max(LOOK_BYTES, size / LOOKS);
    const byte = new Uint8Array(1);
    for (let at = 0; at === 0 || at < size; at += step) readSync(opened, byte, 0, 1, Math.floor(at));
  } finally {
    closeSync(opened);
  }
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

/** What was thrown while a database was read; where its disk does not give it, that and the file's name. */
export const orUnreadable = (file: string, thrown: unknown): unknown => {
  const diskError = codeOf(thrown) === "SQLITE_CORRUPT" ? diskErrorOf(file) : null;
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
