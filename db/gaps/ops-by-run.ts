import { BATCH_OPS, type Batch, OP, OP_CODE, OP_FIELDS } from "../../protocol/batch.ts";
import { orderByRun } from "../segment/run-order.ts";

/**
 * Where the gap operations of a flush lie, run by run, ascending, those of a run in their order; of windows the WINDOWS stands for the OPEN
 * that follow. Gaps close by time, those of all runs in turn: rows written in that order are each in another page of their table.
 * @param skippedRuns - whose operations are left out
 * @returns of each the index of its batch * BATCH_OPS + the index of the operation
 */
export const opsByRun = (batches: readonly Batch[], skippedRuns: ReadonlySet<number>): Uint32Array => {
  const most = batches.reduce((sum, { opCount }) => sum + opCount, 0);
  const places = new Uint32Array(most);
  const runs = new Uint32Array(most);
  let count = 0;
  for (const [index, { ops, opCount }] of batches.entries()) {
    for (let op = 0; op < opCount; op++) {
      const run = ops[op * OP_FIELDS + OP.RUN]!;
      if (ops[op * OP_FIELDS] === OP_CODE.OPEN || skippedRuns.has(run)) continue;
      places[count] = index * BATCH_OPS + op;
      runs[count++] = run;
    }
  }
  const order = orderByRun(runs, count, new Uint32Array(count), new Uint32Array(count));
  return order.map((index) => places[index]!);
};
