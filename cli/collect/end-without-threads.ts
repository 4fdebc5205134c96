import type { Logger } from "../../common/logger.ts";

/** Threads end in milliseconds when they can. */
const GRACE_MS = 5000;

/**
 * A thread that waits for a disk cannot be ended, and Node waits for its threads however the process is to end: when everything else is over it becomes
 * another program, which has no other threads, and ends with the same status.
 */
export const endWithoutThreads = (logger: Logger): void => {
  const end = (): void => {
    logger.warn("a thread does not end, as one that waits for a disk: the process ends without it");
    const status = process.exitCode ?? 0;
    process.execve?.(process.execPath, [process.execPath, "--eval", `process.exitCode = ${status}`], {});
  };
  // nothing but such a thread keeps the process alive until then
  setTimeout(end, GRACE_MS).unref();
};
