import { existsSync, renameSync, rmSync } from "node:fs";
import { openForReading } from "../../../db/file/open.ts";
import { Merger } from "../../../db/merge/merger.ts";
import { Writer } from "../../../db/writer/writer.ts";
import { mergeAll } from "../../support/merge-all.ts";
import { breathe } from "../../support/temporary.ts";
import { START_US, W3Source } from "../../support/w3-data.ts";

const FLUSH_MS = 250;
const PER_FLUSH = 12_500;

/** all that lies beside a database, and itself */
const filesOf = (file: string): string[] => ["", "-wal", "-shm", "-lock"].map((ending) => `${file}${ending}`);

/**
 * Make the database as a collector would that hears 50,000 datagrams/s, merged; an existing file is taken as it is. It has its name once it is
 * whole: what was broken off is made anew.
 */
export const buildW3 = async (file: string, devices: number, readingsEach: number): Promise<void> => {
  if (existsSync(file)) return;
  const part = `${file}.part`;
  for (const name of filesOf(part)) rmSync(name, { force: true });
  await build(part, devices, readingsEach);
  renameSync(part, file);
  for (const name of filesOf(part)) rmSync(name, { force: true });
};

const build = async (file: string, devices: number, readingsEach: number): Promise<void> => {
  let nowMs = 0;
  const clock = { wallUs: () => START_US + nowMs * 1000, monotonicMs: () => nowMs };
  const writer = new Writer({ file, clock, retentionMs: null, maxBytes: null });
  const source = new W3Source(devices);
  const reading = openForReading(file);
  const merger = new Merger(reading);
  for (let left = devices * readingsEach; left > 0; left -= PER_FLUSH) {
    for (const message of source.take(Math.min(left, PER_FLUSH), clock.wallUs())) writer.accept(message);
    nowMs += FLUSH_MS;
    while (writer.pendingBatches > 0) writer.flush();
    mergeAll(writer, merger);
    await breathe();
  }
  reading.close();
  writer.close();
};
