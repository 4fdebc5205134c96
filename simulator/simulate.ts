import { Worker } from "node:worker_threads";
import { LacunaError, messageOf } from "../common/errors.ts";
import { checkSettings } from "./options/check-settings.ts";
import type { SimulatorSettings } from "./options/settings.ts";
import { STOP } from "./options/settings.ts";
import type { Summary } from "./run.ts";
import type { Progress } from "./sending.ts";
import type { SimulateWorkerData, SimulateWorkerMessage } from "./simulate-worker.ts";
import { checkTruthPath } from "./truth/truth-file.ts";

export interface SimulateControl {
  /** aborting ends the simulation in good order: what is under way leaves, end heartbeats and truth file follow */
  signal?: AbortSignal;
  /** aborting after `signal` leaves out that the devices answer for a while */
  hurry?: AbortSignal;
  /** about four times a second */
  onProgress?: (progress: Progress) => void;
  /** nobody reads yet the named pipe that the truth is to go into; until `signal` or `hurry` aborts, whichever has not, it is waited for */
  onReaderAwaited?: () => void;
}

/**
 * Simulates a fleet in a thread of its own, until its duration or count is over or `signal` aborts.
 * @returns what was sent; resolves after the truth file is complete
 * @throws ConfigurationError for settings that do not go together; LacunaError `ERR_SEND…`, `ERR_TRUTH_WRITE`, `ERR_SIMULATE`
 */
export const simulate = async (
  settings: SimulatorSettings,
  control: SimulateControl = {},
): Promise<Summary> => {
  const { signal, hurry } = control;
  checkSettings(settings);
  if (settings.truthPath !== null) checkTruthPath(settings.truthPath);
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const request = (what: number) => (): void => {
    Atomics.or(new Int32Array(stop), 0, what);
  };
  const requestStop = request(STOP.SIMULATION);
  const requestHurry = request(STOP.ANSWERS);
  if (signal?.aborted === true) requestStop();
  signal?.addEventListener("abort", requestStop);
  hurry?.addEventListener("abort", requestHurry);
  const workerData: SimulateWorkerData = { settings, stop };
  const worker = new Worker(new URL("./simulate-worker.ts", import.meta.url), { workerData });
  try {
    return await outcomeOf(worker, control);
  } finally {
    signal?.removeEventListener("abort", requestStop);
    hurry?.removeEventListener("abort", requestHurry);
    await worker.terminate();
  }
};

const outcomeOf = (worker: Worker, { onProgress, onReaderAwaited }: SimulateControl): Promise<Summary> =>
  new Promise((resolve, reject) => {
    worker.on("message", (message: SimulateWorkerMessage) => {
      if (message.type === "progress") onProgress?.(message.progress);
      else if (message.type === "reader-awaited") onReaderAwaited?.();
      else if (message.type === "summary") resolve(message.summary);
      else reject(new LacunaError(message.code, message.message));
    });
    worker.once("error", (error) => {
      reject(
        new LacunaError("ERR_SIMULATE", `the simulator's thread failed: ${messageOf(error)}`, {
          cause: error,
        }),
      );
    });
    worker.once("exit", (code) => {
      reject(new LacunaError("ERR_SIMULATE", `the simulator's thread ended early (exit code ${code})`));
    });
  });
