/** For disks.test.ts: a collector is stopped on a disk that is full but for what its database has freed, after so many flushes there (its argument). Prints what that comes to. */
import { openForReading } from "../../db/file/open.ts";
import { readStateRow } from "../../db/tables/state-row.ts";
import { fillDisk, RandomDevice } from "./small-disk.ts";
import { StoreBed } from "./store-bed.ts";

using bed = new StoreBed();
const device = new RandomDevice(bed.clock.wallUs());

const before = bed.writer();
for (let flush = 0; flush < 100; flush++) device.flush(before);
before.close();

// the readings of before go; what comes is merged by the stop only, which takes more room than the log has
const writer = bed.writer({ maxBytes: 1, checkpointLagMs: 4000 });
while (writer.flush().outcome !== "idle");
for (let flush = 0; flush < 20; flush++) device.flush(writer);
fillDisk(bed.directory);
for (let flush = 0; flush < Number(process.argv[2]); flush++) device.flush(writer);
const { received, pending } = writer.state.sums.counts();
writer.close();
const db = bed.closing(openForReading(bed.file));
console.log(JSON.stringify({ received, pending, isStopNoted: readStateRow(db).stoppedAtUs !== null }));
