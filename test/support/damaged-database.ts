import { closeSync, openSync, writeSync } from "node:fs";
import { expect } from "vitest";
import { IngestModel } from "./ingest-model.ts";
import type { StoreBed } from "./store-bed.ts";

export const PAGE_BYTES = 8192;

/** A database of one device with readings of 0, 2 and 3, and 1 lost; closed. */
export const fill = (bed: StoreBed): void => {
  const writer = bed.writer();
  const model = new IngestModel({ nowUs: Date.UTC(2026, 10, 20) * 1000 });
  const run = model.run(model.device("pump-7"), 3);
  for (const sequence of [0, 2, 3])
    model.receive(run, sequence, [{ channel: 1, value: 21.5, timeUs: model.nowUs }]);
  model.close(run);
  writer.accept(model.seal());
  writer.flush();
  writer.close();
};

/** Overwrite the last bytes of a page, all of it by default. @param page - from 1 */
export const spoil = (file: string, page: number, bytes = PAGE_BYTES): void => {
  const target = openSync(file, "r+");
  writeSync(target, Buffer.alloc(bytes, 0xa5), 0, bytes, page * PAGE_BYTES - bytes);
  closeSync(target);
};

/** What an error is that says that a database is damaged, which one, and what can be done. */
export const damagedFile = (file: string) =>
  expect.objectContaining({
    code: "ERR_DATABASE_DAMAGED",
    message: expect.stringMatching(
      new RegExp(`^the database ${file} is damaged \\([^*\n]+\\): .*moved away.*docs/storage\\.md`),
    ),
  });
