import { openForReading, type Sqlite } from "../../db/file/open.ts";
import type { Writer } from "../../db/writer/writer.ts";
import type { IngestModel } from "./ingest-model.ts";
import type { StoreBed } from "./store-bed.ts";

/** One flush of what a model does, at the clock's time. */
export const flushOne = (bed: StoreBed, writer: Writer, model: IngestModel, act: () => void): void => {
  model.nowUs = bed.clock.wallUs();
  act();
  writer.accept(model.seal());
  writer.flush();
};

/** Flushes until nothing is left to do: what is too old or too much goes a part per flush. */
export const idle = (writer: Writer): void => {
  while (writer.flush().outcome !== "idle");
};

/** How many rows a table has. */
export const countOf = (bed: StoreBed, table: string): number =>
  reader(bed).prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;

/** The database of a bed for reading, closed at the end of the test. */
export const reader = (bed: StoreBed): Sqlite => bed.closing(openForReading(bed.file));
