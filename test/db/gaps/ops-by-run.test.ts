import fc from "fast-check";
import { expect, test } from "vitest";
import { opsByRun } from "../../../db/gaps/ops-by-run.ts";
import { BATCH_OPS, Batch, OP_CODE, OP_FIELDS } from "../../../protocol/batch.ts";

const op = fc.record({
  code: fc.constantFrom(...Object.values(OP_CODE)),
  run: fc.integer({ min: 1, max: 6 }),
});

test("operations come by run, in their order inside each, without OPEN and without those of skipped runs", () => {
  fc.assert(
    fc.property(fc.array(fc.array(op, { maxLength: 30 }), { maxLength: 4 }), fc.nat(7), (flush, skipped) => {
      const batches = flush.map((ops) => {
        const batch = new Batch();
        for (const { code, run } of ops) batch.ops.set([code, run], batch.opCount++ * OP_FIELDS);
        return batch;
      });
      const expected = flush
        .flatMap((ops, batch) =>
          ops.map(({ code, run }, at) => ({ code, run, place: batch * BATCH_OPS + at })),
        )
        .filter(({ code, run }) => code !== OP_CODE.OPEN && run !== skipped)
        .sort((a, b) => a.run - b.run)
        .map(({ place }) => place);
      expect([...opsByRun(batches, new Set([skipped]))]).toEqual(expected);
    }),
    { numRuns: 100, interruptAfterTimeLimit: 1500 },
  );
});
