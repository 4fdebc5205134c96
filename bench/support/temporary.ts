import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { startedProcesses } from "../../test/support/lacuna-process.ts";

const folders = new Set<string>();

/** Collectors first: they write into the folders. Children that are not collectors end with the process by themselves (ingest/support/child.ts). */
const cleanUp = (): void => {
  for (const { child } of startedProcesses) child.kill("SIGKILL");
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  folders.clear();
};

/** A signal that nobody handles ends a process without its `exit` event. */
const endCleanly = (signal: NodeJS.Signals): void => process.exit(128 + constants.signals[signal]);

/** A folder of the benchmark's own, which goes with `remove`, and at the latest with the process: when it fails, and at Ctrl-C, too. */
export const temporaryFolder = (): { path: string; remove(): void } => {
  if (process.listenerCount("exit", cleanUp) === 0) {
    process.on("exit", cleanUp);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, endCleanly);
  }
  const path = mkdtempSync(join(tmpdir(), "lacuna-bench-"));
  folders.add(path);
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
      folders.delete(path);
    },
  };
};

/** Between the steps of a benchmark that is otherwise one long computation: signals are heard here only. */
export const breathe = async (): Promise<void> => void (await setImmediate());
