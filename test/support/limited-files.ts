/** For disks.test.ts: writes to a database whose files may grow to a limit only, the system's word for which is not that of a full disk, and its readings go as others come. Prints what that comes to. */
import { RandomDevice } from "./small-disk.ts";
import { StoreBed } from "./store-bed.ts";

using bed = new StoreBed();
const device = new RandomDevice(bed.clock.wallUs());
const writer = bed.closing(bed.writer({ maxBytes: 2 ** 18 }));
const outcomes = Array.from({ length: 200 }, () => device.flush(writer));
const { received, pending } = writer.state.sums.counts();
console.log(JSON.stringify({ outcomes: [...new Set(outcomes)], received, pending }));
