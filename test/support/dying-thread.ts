import { existsSync } from "node:fs";
import { threadName } from "node:worker_threads";

/** Loaded into every thread by `--import`: the one named DYING_THREAD ends by an exception once the file DYING_WHEN exists. */
const { DYING_THREAD, DYING_WHEN } = process.env;
if (DYING_THREAD !== undefined && DYING_THREAD === threadName) {
  setInterval(() => {
    if (existsSync(DYING_WHEN!)) throw new Error("told to die");
  }, 20).unref();
}
