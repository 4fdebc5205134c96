/** For disks.test.ts: writes to a database on a disk that is full but for what the database has freed. Prints the outcomes of the flushes, and why it cannot be opened. */
import { messageOf } from "../../common/errors.ts";
import { openForReading, openForWriting } from "../../db/file/open.ts";
import { fillDisk, RandomDevice } from "./small-disk.ts";
import { StoreBed } from "./store-bed.ts";

/** Why it cannot be opened. */
const errorOf = (open: typeof openForReading, file: string): string => {
  try {
    open(file).close();
    return "none";
  } catch (error) {
    return messageOf(error);
  }
};

using bed = new StoreBed();
const device = new RandomDevice(bed.clock.wallUs());

const before = bed.writer();
for (let flush = 0; flush < 100; flush++) device.flush(before);
before.close();

// the readings of before go: from now on there are free pages in the file, and next to nothing in the log
const writer = bed.writer({ maxBytes: 1 });
while (writer.flush().outcome !== "idle");
fillDisk(bed.directory);
const outcomes = Array.from({ length: 30 }, () => device.flush(writer));
const { received, pending } = writer.state.sums.counts();
const outcome = { outcomes: [...new Set(outcomes)], received, pending };
writer.close();
// what the log took
fillDisk(bed.directory);
const [read, written] = [openForReading, openForWriting].map((open) => errorOf(open, bed.file));
console.log(JSON.stringify({ ...outcome, read, written }));
