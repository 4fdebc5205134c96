import { existsSync } from "node:fs";
import { lockDatabase } from "./lock.ts";
import { schemaVersionOf } from "./open.ts";

/**
 * What a start would find of a database. Takes the ownership for a moment, which also shows that its directory takes files and locks; nothing
 * is left of that, and the database is not changed.
 * @returns its schema version; null when there is no file yet
 * @throws LacunaError `ERR_DATABASE_…` (db/open.ts, db/lock.ts)
 */
export const examineDatabase = (file: string, nowUs: number): number | null => {
  const lock = lockDatabase(file, nowUs);
  try {
    return existsSync(file) ? schemaVersionOf(file) : null;
  } finally {
    lock.giveUp();
  }
};
