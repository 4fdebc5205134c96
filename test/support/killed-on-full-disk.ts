/** For disks.test.ts: a collector is killed on a disk that is full but for what its database has freed, and started again. Prints what that comes to. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Writer } from "../../db/writer/writer.ts";
import { ManualClock } from "./manual-clock.ts";
import { fillDisk, RandomDevice } from "./small-disk.ts";

const directory = process.env.TMPDIR!;
const clock = new ManualClock();
const device = new RandomDevice(clock.wallUs());

const open = (maxBytes: number | null): Writer =>
  new Writer({ file: `${directory}/lacuna.db`, clock, retentionMs: null, maxBytes, checkpointLagMs: 0 });

/** Readings that go, so that the file has free pages, and a log that reaches to the end of the disk. */
const untilKilled = (): void => {
  const before = open(null);
  for (let flush = 0; flush < 100; flush++) device.flush(before);
  before.close();
  const writer = open(1);
  while (writer.flush().outcome !== "idle");
  fillDisk(directory);
  process.kill(process.pid, "SIGKILL");
};

if (process.argv[2] === "killed") untilKilled();
const { signal } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "killed"], {
  stdio: "inherit",
});
fillDisk(directory);
clock.advanceMs(1000);
const writer = open(1);
const { received } = writer.state.sums.counts();
console.log(JSON.stringify({ signal, received, later: device.flush(writer) }));
