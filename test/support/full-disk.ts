/** For disks.test.ts: writes to a database on a disk that is full but for what the database has freed. Prints the outcomes of the flushes, and why it cannot be read. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { messageOf } from "../../common/errors.ts";
import { openForReading } from "../../db/open.ts";
import type { Writer } from "../../db/writer.ts";
import { IngestModel } from "./ingest-model.ts";
import { StoreBed } from "./store-bed.ts";

const READINGS = 400;
const BLOCK = Buffer.alloc(4096);

const fillDisk = (file: string): void => {
  try {
    for (;;) writeFileSync(file, BLOCK, { flag: "a" });
  } catch {
    // it is full
  }
};

/** Why it cannot be read. */
const readingError = (file: string): string => {
  try {
    openForReading(file).close();
    return "none";
  } catch (error) {
    return messageOf(error);
  }
};

using bed = new StoreBed();
const model = new IngestModel({ nowUs: bed.clock.wallUs() });
const run = model.run(model.device("pump-7"), 3);
let next = 0;

/** Values that nothing can make smaller. */
const flushOne = (writer: Writer): string => {
  const bytes = randomBytes(READINGS * 8);
  const values = Array.from({ length: READINGS }, (_, index) => bytes.readDoubleLE(index * 8));
  model.receive(
    run,
    next++,
    values.map((value, channel) => ({ channel, value, timeUs: model.nowUs })),
  );
  writer.accept(model.seal());
  return writer.flush().outcome;
};

const before = bed.writer();
for (let flush = 0; flush < 100; flush++) flushOne(before);
before.close();

// the readings of before go: from now on there are free pages in the file, and next to nothing in the log
const writer = bed.writer({ maxBytes: 1 });
while (writer.flush().outcome !== "idle");
fillDisk(`${bed.directory}/other`);
const outcomes = Array.from({ length: 30 }, () => flushOne(writer));
const { received, pending } = writer.state.sums.counts();
const outcome = { outcomes: [...new Set(outcomes)], received, pending };
writer.close();
// what the log took
fillDisk(`${bed.directory}/other`);
console.log(JSON.stringify({ ...outcome, read: readingError(bed.file) }));
