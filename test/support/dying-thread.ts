import { existsSync, readFileSync, statSync } from "node:fs";
import { threadName } from "node:worker_threads";

/**
 * Loaded into every thread by `--import`: the one named DYING_THREAD ends by an exception once the file DYING_WHEN exists, the one named STALLED_THREAD does
 * nothing as long as it does, as while it waits for a disk; where the file is a pipe it waits inside the system, and cannot be ended.
 */
const { DYING_THREAD, DYING_WHEN, STALLED_THREAD } = process.env;
const nap = new Int32Array(new SharedArrayBuffer(4));
if (DYING_THREAD !== undefined && DYING_THREAD === threadName) {
  setInterval(() => {
    if (existsSync(DYING_WHEN!)) throw new Error("told to die");
  }, 20).unref();
}
if (STALLED_THREAD !== undefined && STALLED_THREAD === threadName) {
  setInterval(() => {
    while (existsSync(DYING_WHEN!)) {
      if (statSync(DYING_WHEN!).isFIFO()) readFileSync(DYING_WHEN!);
      Atomics.wait(nap, 0, 0, 20);
    }
  }, 20).unref();
}
