import type { MergeLot, MergeResult, MergeTask } from "./merge-task.ts";

/** What a merger's thread is started with. */
export interface MergeThreadData {
  file: string;
  chunkReadings: number;
}

/** From the writer to the merger's thread. `next` asks for the lot that follows: at most one is on its way. */
export type MergeCommand =
  | { command: "merge"; task: MergeTask }
  | { command: "next"; chunkSet: number }
  | { command: "close" };

/** From the merger's thread to the writer. `chunkSet` is the task's: what belongs to one that was given up meanwhile is ignored. */
export type MergeReport =
  | { report: "lot"; chunkSet: number; lot: MergeLot }
  | { report: "merged"; chunkSet: number; result: MergeResult }
  | { report: "failed"; chunkSet: number; code: string; message: string; damagedSegment: number | null };
