import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { detachFirst } from "../../common/detach-first.ts";
import { codeOf, messageOf } from "../../common/errors.ts";
import { orUnreadable } from "../file/damage.ts";
import { openForReading } from "../file/open.ts";
import type { MergeCommand, MergeReport, MergeThreadData } from "./merge-messages.ts";
import type { MergeLot, MergeResult, MergeTask } from "./merge-task.ts";
import { DamagedInputError, Merger } from "./merger.ts";

/** The merger's thread: reads segments, sends what becomes of them to the writer lot by lot. One merge at a time, the newest asked for. */
const port = parentPort!;
const { file, chunkReadings } = workerData as MergeThreadData;

// merging can wait, whatever else runs cannot. Linux keeps a priority per thread (setpriority(2), NOTES); elsewhere it would be the process's
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

detachFirst();
const db = openForReading(file);
const merger = new Merger(db, chunkReadings);
let chunkSet = 0;
let lots: Generator<MergeLot, MergeResult> | undefined;

const report = (message: MergeReport, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

const begin = (task: MergeTask): void => {
  chunkSet = task.chunkSet;
  lots = merger.merge(task);
};

const goOn = (): void => {
  if (lots === undefined) return;
  try {
    const step = lots.next();
    if (step.done === true) {
      lots = undefined;
      report({ report: "merged", chunkSet, result: step.value }, [step.value.rest.pages.buffer]);
    } else report({ report: "lot", chunkSet, lot: step.value }, [step.value.pages.buffer]);
  } catch (thrown) {
    lots = undefined;
    const error = orUnreadable(file, thrown);
    const damagedSegment = error instanceof DamagedInputError ? error.segment : null;
    const code = codeOf(error) ?? "ERR_MERGE";
    report({ report: "failed", chunkSet, code, message: messageOf(error), damagedSegment });
  }
};

port.on("message", (message: MergeCommand) => {
  if (message.command === "close") {
    db.close();
    port.close();
    return;
  }
  if (message.command === "merge") begin(message.task);
  else if (message.chunkSet !== chunkSet) return;
  goOn();
});
