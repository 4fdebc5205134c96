import { expect, test } from "vitest";
import { openReadOnly } from "../../db/read-only.ts";
import { LedgerState } from "../../db/view/ledger-state.ts";
import { LedgerView } from "../../db/view/ledger-view.ts";
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

test.for([0, 1e9])(
  "channels beyond that are found by those who ask for readings, merged or not (%i)",
  async (keptBytes) => {
    using bed = new StoreBed();
    const writer = bed.writer({ mergePolicy: { keptBytes } });
    const model = new IngestModel();
    const device = model.device("pump");
    for (let epoch = 0; epoch < 9; epoch++) {
      const run = model.run(device, epoch);
      const channels = Array.from({ length: 1000 }, (_, at) => epoch * 1000 + at);
      // of each epoch some have names
      for (const channel of channels.slice(0, 10)) model.describe(device, epoch, channel, `named ${channel}`);
      model.receive(
        run,
        0,
        channels.map((channel) => ({ channel, value: 1, timeUs: 1 })),
      );
      writer.accept(model.seal());
      writer.flush();
    }
    writer.close();
    const { reader, view } = bed.closing(openReadOnly(bed.file));
    expect(view.device("pump")!.latest).toHaveLength(8192);
    const names = Array.from({ length: 9000 }, (_, channel) =>
      channel % 1000 < 10 ? `named ${channel}` : `ch${channel}`,
    );
    expect((await reader.channelNames("pump")).sort()).toEqual(names.sort());
    for (const name of ["ch8999", "named 8009", "ch3999"]) {
      expect(view.device("pump")!.hasChannel(name)).toBe(true);
      const query = {
        device: "pump",
        channels: [name],
        fromUs: null,
        toUs: null,
        order: "asc" as const,
        limit: 5,
      };
      const { readings } = await reader.readings({ ...query, after: null });
      expect(readings.map(({ values }) => values)).toEqual([[1]]);
    }
    expect(view.device("pump")!.hasChannel("level")).toBe(false);
  },
);
