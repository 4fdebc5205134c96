import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../common/clock.ts";
import { codeOf, MisuseError, messageOf } from "../common/errors.ts";
import { type SimulatorSettings, STOP } from "./options/settings.ts";
import { runSimulation, type Summary } from "./run.ts";
import type { Progress } from "./sending.ts";

/** The thread a simulation runs in: its datagrams leave on time whatever else the process does. */

export interface SimulateWorkerData {
  settings: SimulatorSettings;
  /** one Int32, of bits of STOP */
  stop: SharedArrayBuffer;
}
export type SimulateWorkerMessage =
  | { type: "progress"; progress: Progress }
  | { type: "reader-awaited" }
  | { type: "summary"; summary: Summary }
  | { type: "failed"; code: string; message: string };

if (parentPort === null) throw new MisuseError("simulate-worker.ts runs as a worker thread only");
const port = parentPort;
const post = (message: SimulateWorkerMessage): void => port.postMessage(message);
const { settings, stop } = workerData as SimulateWorkerData;
const stopFlag = new Int32Array(stop);

try {
  const summary = await runSimulation(settings, {
    clock: systemClock,
    isStopped: () => (Atomics.load(stopFlag, 0) & STOP.SIMULATION) !== 0,
    isHurried: () => (Atomics.load(stopFlag, 0) & STOP.ANSWERS) !== 0,
    onProgress: (progress) => post({ type: "progress", progress }),
    onReaderAwaited: () => post({ type: "reader-awaited" }),
  });
  post({ type: "summary", summary });
} catch (error) {
  // an Error loses its code on the way to the other thread
  post({ type: "failed", code: codeOf(error) ?? "ERR_SIMULATE", message: messageOf(error) });
}
