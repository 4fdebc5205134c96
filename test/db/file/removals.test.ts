import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { Removals } from "../../../db/file/removals.ts";

const malformed = (): never => {
  throw new Database.SqliteError("database disk image is malformed", "SQLITE_CORRUPT");
};

// whose first bytes nobody may read: EIO
const UNREADABLE = "/proc/self/mem";
test.runIf(existsSync(UNREADABLE))(
  "what the disk does not give may pass: it is removed the next time, and not told as damaged",
  () => {
    const damage: string[] = [];
    const removals = new Removals(UNREADABLE, damage);
    const unreadable = expect.objectContaining({ code: "ERR_DATABASE_UNREADABLE" });
    expect(() => removals.look("gap rows", malformed)).toThrow(unreadable);
    expect(() => removals.take("events", malformed)).toThrow(unreadable);
    expect([removals.leftCount, damage]).toEqual([0, []]);
  },
);
