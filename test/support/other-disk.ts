/** For disks.test.ts: another disk takes the place of the one that a writer writes to. Prints what its flushes come to, before and after. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { codeOf } from "../../common/errors.ts";
import { IngestModel } from "./ingest-model.ts";
import { StoreBed } from "./store-bed.ts";

const bed = new StoreBed();
const model = new IngestModel({ nowUs: bed.clock.wallUs() });
const run = model.run(model.device("pump-7"), 3);
const writer = bed.writer();

const flushed = (sequence: number): string => {
  model.receive(run, sequence);
  writer.accept(model.seal());
  try {
    return writer.flush().outcome;
  } catch (error) {
    return codeOf(error) ?? "no code";
  }
};

const before = flushed(0);
execFileSync("mount", ["-t", "tmpfs", "tmpfs", process.env.TMPDIR!]);
mkdirSync(bed.directory);
// the same files, made in the same order, have the same inodes
bed.writer();
console.log(JSON.stringify([before, flushed(1)]));
