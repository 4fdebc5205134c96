/** Run by disks.test.ts: a start where the disk takes no further file, then one more. Prints what each says. */
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { messageOf } from "../../common/errors.ts";
import { StoreBed } from "./store-bed.ts";

using bed = new StoreBed();
const said: string[] = [];
// taken are the disk's own directory and the bed's: left is one file, then two
for (const inodes of [3, 4]) {
  execFileSync("mount", ["-o", `remount,nr_inodes=${inodes}`, tmpdir()]);
  try {
    bed.writer().close();
    said.push("opened");
  } catch (error) {
    said.push(messageOf(error).replaceAll(bed.directory, ""));
  }
}
console.log(JSON.stringify(said));
