import type { Merger } from "../../db/merge/merger.ts";
import type { Writer } from "../../db/writer/writer.ts";

/** All merges there are to make, as the merge worker and the writer make them between them. */
export const mergeAll = (writer: Writer, merger: Merger): void => {
  for (let task = writer.beginMerge(); task !== null; task = writer.beginMerge()) {
    const lots = merger.merge(task);
    let step = lots.next();
    for (; step.done !== true; step = lots.next()) writer.merging.stage(step.value);
    writer.merging.adopt(step.value);
  }
};
