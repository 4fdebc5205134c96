import { expect, test } from "vitest";
import { openArchive } from "../../db/archive.ts";
import { JournalIndex } from "../../db/journal-index.ts";
import { loadLedger } from "../../db/load.ts";
import { openForReading } from "../../db/open.ts";
import { readStateRow } from "../../db/state-row.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { StoreBed, viewOf } from "../support/store-bed.ts";

/** the tables follow only so far behind that records of several flushes count */
const SLOW_TABLES = { checkpointRows: 2, checkpointLagMs: 1e9 };

test("a device is loaded from the records that are about it, those of others are left out", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer(SLOW_TABLES));
  const model = new IngestModel();
  const flush = (): number => {
    writer.accept(model.seal());
    writer.flush();
    return writer.flushNumber;
  };
  const pump = model.device("pump");
  const run = model.run(pump, 1);
  model.receive(run, 0);
  const flushes = [flush()];
  const others = Array.from({ length: 50 }, (_, i) => model.run(model.device(`fan-${i}`), 1));
  for (const other of others) model.receive(other, 0);
  flush();
  model.receive(run, 1);
  flushes.push(flush());
  model.describe(pump, 1, 1, "temperature", "Cel");
  flushes.push(flush());
  const db = bed.closing(openForReading(bed.file));
  const from = readStateRow(db).replayFrom;
  const index = new JournalIndex();
  index.update(db, from);
  const due = flushes.filter((number) => number >= from);
  expect(due.length).toBeGreaterThan(1);
  for (const only of ["pump", pump]) expect([...index.flushesOf(loadLedger(db, only), only)]).toEqual(due);
});

test.each([
  ["none is removed", SLOW_TABLES],
  ["those no replay needs are removed", { checkpointRows: 6, maxBytes: 1 }],
])(
  "devices read back one by one are as in the whole ledger after every flush, where of these %s",
  (_, options) => {
    using bed = new StoreBed();
    const writer = bed.closing(bed.writer(options));
    const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
    const model = new IngestModel();
    const random = seededRandom(1);
    const runs = [model.run(model.device("pump-0"), 1)];
    const next = [0];
    for (let round = 0; round < 30; round++) {
      if (round % 3 === 0) {
        runs.push(model.run(model.device(`pump-${runs.length}`), 1));
        next.push(0);
      }
      for (let count = 0; count < 4; count++) {
        const at = Math.floor(random() * runs.length);
        model.receive(runs[at]!, next[at]!++, [{ channel: 1, value: round, timeUs: round }]);
      }
      writer.accept(model.seal());
      writer.flush();
      const view = viewOf(writer);
      for (const id of view.deviceIds()) {
        const rows = view.device(id)!.runs.map(({ row }) => [...row]);
        expect(archive.load(id)!.runs.map(({ row }) => [...row])).toEqual(rows);
      }
    }
  },
);
