/** For disks.test.ts: a collector is killed on a disk that is full but for what its database has freed, and started again. Prints what that comes to. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Writer } from "../../db/writer.ts";
import { IngestModel } from "./ingest-model.ts";
import { ManualClock } from "./manual-clock.ts";

const READINGS = 400;
const BLOCK = Buffer.alloc(4096);
const directory = process.env.TMPDIR!;
const clock = new ManualClock();

const fillDisk = (): void => {
  try {
    for (;;) writeFileSync(`${directory}/other`, BLOCK, { flag: "a" });
  } catch {
    // it is full
  }
};

const open = (maxBytes: number | null): Writer =>
  new Writer({ file: `${directory}/lacuna.db`, clock, retentionMs: null, maxBytes, checkpointLagMs: 0 });

const model = new IngestModel({ nowUs: clock.wallUs() });
const run = model.run(model.device("pump-7"), 3);
let next = 0;

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

/** Readings that go, so that the file has free pages, and a log that reaches to the end of the disk. */
const untilKilled = (): void => {
  const before = open(null);
  for (let flush = 0; flush < 100; flush++) flushOne(before);
  before.close();
  const writer = open(1);
  while (writer.flush().outcome !== "idle");
  fillDisk();
  process.kill(process.pid, "SIGKILL");
};

if (process.argv[2] === "killed") untilKilled();
const { signal } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "killed"], {
  stdio: "inherit",
});
fillDisk();
clock.advanceMs(1000);
const writer = open(1);
const { received } = writer.state.sums.counts();
console.log(JSON.stringify({ signal, received, later: flushOne(writer) }));
