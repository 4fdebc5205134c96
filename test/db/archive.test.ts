import { expect, test } from "vitest";
import { openArchive } from "../../db/archive.ts";
import { CAUSE, ROW } from "../../protocol/ledger-row.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { StoreBed } from "../support/store-bed.ts";

test("a device is read back as it was committed, whether or not the tables know it yet", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ checkpointRows: 1 }));
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const model = new IngestModel();
  for (let index = 0; index < 5; index++) {
    const device = model.device(`pump-${index}`);
    const run = model.run(device, index);
    model.run(device, null);
    model.receive(run, 0);
    model.receive(run, 3);
    model.close(run, CAUSE.COLLECTOR_DOWN);
    model.receive(run, 5);
    model.describe(device, index, 1, "temperature", "Cel");
  }
  writer.accept(model.seal());
  writer.flush();
  for (let round = 0; round < 6; round++) {
    for (let index = 0; index < 5; index++) {
      const snapshot = archive.load(`pump-${index}`)!;
      expect(snapshot).toMatchObject({
        id: `pump-${index}`,
        runs: [{ epoch: index }, { epoch: null }],
        channels: [{ epoch: index, channel: 1, name: "temperature", unit: "Cel" }],
      });
      expect(snapshot.runs[0]!.row[ROW.HIGH_WATER]).toBe(5);
      expect(snapshot.runs[0]!.absent).toMatchObject([
        { first: 1, last: 2, state: "lost", cause: CAUSE.COLLECTOR_DOWN },
        { first: 4, last: 4, state: "open" },
      ]);
      expect(archive.loadEpoch(snapshot.device, index)).toMatchObject([{ epoch: index, index: 0 }]);
      expect(archive.loadEpoch(snapshot.device, 77)).toBeNull();
    }
    writer.flush();
  }
  expect(archive.load("nobody")).toBeNull();
});
