import Database from "better-sqlite3";

/** Flip the last bit of a byte in the middle of what each of these flushes stored, as a disk may. */
export const spoilFlushes = (file: string, flushes: readonly number[]): void => {
  const db = new Database(file);
  const read = db.prepare("SELECT data FROM flushes WHERE flush = ?").pluck();
  const write = db.prepare("UPDATE flushes SET data = ? WHERE flush = ?");
  for (const flush of flushes) write.run(flipped(read.get(flush) as Buffer), flush);
  db.close();
};

/** The same in a page of the data of chunks. */
export const spoilChunkPages = (file: string, pages: readonly number[]): void => {
  const db = new Database(file);
  const read = db.prepare("SELECT data FROM chunk_pages WHERE page = ?").pluck();
  const write = db.prepare("UPDATE chunk_pages SET data = ? WHERE page = ?");
  for (const page of pages) write.run(flipped(read.get(page) as Buffer), page);
  db.close();
};

const flipped = (bytes: Buffer): Buffer => {
  const middle = bytes.length >> 1;
  bytes[middle] = bytes[middle]! ^ 1;
  return bytes;
};
