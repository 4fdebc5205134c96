import { openForReading } from "../../db/file/open.ts";
import { Merger } from "../../db/merge/merger.ts";
import type { Writer } from "../../db/writer/writer.ts";

/**
 * One merge as the merge worker and the writer do it between them. @param file - the writer's
 * @param endsBefore - where it is given up instead: before its first page, or before its segment takes the place of the inputs
 * @param between - what happens before its segment takes the place of the inputs; may take one of these away
 * @returns false when there was nothing to merge
 */
export const mergeOnce = (
  writer: Writer,
  file: string,
  chunkReadings: number,
  endsBefore?: "pages" | "adopt",
  between?: () => void,
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
    between?.();
    if (writer.merging.current !== task) return true;
    if (endsBefore === "adopt") writer.merging.abandon();
    else writer.merging.adopt(step.value);
  } finally {
    db.close();
  }
  return true;
};
