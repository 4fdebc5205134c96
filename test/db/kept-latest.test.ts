import { expect, test } from "vitest";
import { LedgerState } from "../../db/ledger-state.ts";
import { LedgerView } from "../../db/ledger-view.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { dumpView, StoreBed, viewOf } from "../support/store-bed.ts";

test("a device that sends on ever other channels has 8,192 newest values, the same on all threads and after a crash", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ checkpointLagMs: 1e9 }));
  const main = new LedgerState();
  const model = new IngestModel();
  const device = model.device("pump");
  for (let epoch = 0; epoch < 10; epoch++) {
    const run = model.run(device, epoch);
    for (let sequence = 0; sequence < 2; sequence++) {
      // of the second datagram half are channels of the first
      const first = epoch * 1000 + sequence * 500;
      const readings = Array.from({ length: 1000 }, (_, at) => ({
        channel: first + at,
        value: epoch,
        timeUs: 1,
      }));
      model.receive(run, sequence, epoch % 2 === 0 ? readings : readings.reverse());
    }
    writer.accept(model.seal());
    const outcome = writer.flush();
    if (outcome.outcome === "committed") main.apply(outcome.change!);
  }
  const latest = viewOf(writer).device("pump")!.latest;
  expect(latest).toHaveLength(8192);
  expect(dumpView(new LedgerView(main))).toEqual(dumpView(viewOf(writer)));
  const again = bed.closing(bed.writer({ file: bed.copy() }));
  expect(dumpView(viewOf(again))).toEqual(dumpView(viewOf(writer)));
});
