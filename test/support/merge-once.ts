import { Merger } from "../../db/merge/merger.ts";
import { openForReading } from "../../db/open.ts";
import type { Writer } from "../../db/writer.ts";

/**
 * One merge as the merge worker and the writer do it between them. @param file - the writer's
 * @param endsBefore - where it is given up instead: before its first page, or before its segment takes the place of the inputs
 * @returns false when there was nothing to merge
 */
export const mergeOnce = (
  writer: Writer,
  file: string,
  chunkReadings: number,
  endsBefore?: "pages" | "adopt",
): boolean => {
  const task = writer.beginMerge();
  if (task === null) return false;
  if (endsBefore === "pages") {
    writer.merging.abandon();
    return true;
  }
  const db = openForReading(file);
  try {
    const lots = new Merger(db, chunkReadings, 1).merge(task);
    let step = lots.next();
    for (; step.done !== true; step = lots.next()) writer.merging.stage(step.value);
    if (endsBefore === "adopt") writer.merging.abandon();
    else writer.merging.adopt(step.value);
  } finally {
    db.close();
  }
  return true;
};
