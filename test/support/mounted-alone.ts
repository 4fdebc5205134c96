/** For disks.test.ts: a database is mounted as a single file, beside it as it is. Prints what a collector makes of either name. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { messageOf } from "../../common/errors.ts";
import { StoreBed } from "./store-bed.ts";

const bed = new StoreBed();
const file = `${bed.directory}/a b.db`;
bed.writer({ file }).close();
mkdirSync(`${bed.directory}/inside`);
const mounted = `${bed.directory}/inside/a b.db`;
writeFileSync(mounted, "");
execFileSync("mount", ["--bind", file, mounted]);

const opened = (path: string): string => {
  try {
    bed.writer({ file: path }).close();
    return "opened";
  } catch (error) {
    return messageOf(error).replace(bed.directory, "");
  }
};

console.log(JSON.stringify([opened(file), opened(mounted)]));
