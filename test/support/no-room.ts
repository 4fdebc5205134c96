import Database from "better-sqlite3";

/**
 * A disk on which there is no room for one of the tables a transaction writes, by default what a flush writes last: its events. SQLite says the same (`SQLITE_FULL`) of a table that has used up its
 * numbers, and that needs no disk.
 */
export class FullDisk {
  readonly #db: InstanceType<typeof Database>;

  /**
   * @param file - a database, which gets a table and a trigger more
   * @param write - there is no room for it
   */
  constructor(file: string, write = "INSERT ON events") {
    this.#db = new Database(file);
    this.#db.exec(`
      CREATE TABLE room (number INTEGER PRIMARY KEY AUTOINCREMENT);
      CREATE TRIGGER takes_room AFTER ${write} WHEN EXISTS (SELECT 1 FROM room) BEGIN
        INSERT INTO room VALUES (NULL);
      END;`);
  }

  fill(): void {
    this.#db.exec("INSERT INTO room VALUES (9223372036854775807)");
  }

  free(): void {
    this.#db.exec("DELETE FROM room");
  }

  close(): void {
    this.#db.close();
  }
}
