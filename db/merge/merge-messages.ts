import type { MergeResult, MergeTask } from "./merge-task.ts";

/** What a merger's thread is started with. */
export interface MergeThreadData {
  file: string;
  chunkReadings: number;
}

/** From the writer to the merger's thread. `next` asks for the pages that follow: at most one lot of them is on its way. */
export type MergeCommand =
  | { command: "merge"; task: MergeTask }
  | { command: "next"; chunkSet: number }
  | { command: "close" };

/** From the merger's thread to the writer. `chunkSet` is the task's: what belongs to one that was given up meanwhile is ignored. */
export type MergeReport =
  | { report: "pages"; chunkSet: number; pages: Uint8Array<ArrayBuffer> }
  | { report: "merged"; chunkSet: number; result: MergeResult }
  | { report: "failed"; chunkSet: number; code: string; message: string };
