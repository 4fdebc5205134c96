import { systemClock } from "../../common/clock.ts";
import { openForReading } from "../../db/file/open.ts";
import { readStateRow } from "../../db/tables/state-row.ts";
import { Writer } from "../../db/writer/writer.ts";
import { IngestModel } from "./ingest-model.ts";
import { mergeOnce } from "./merge-once.ts";

/**
 * Writes and merges until it is killed: `node test/support/merging-writer.ts FILE DEVICE`. One new device, whose reading n has the value n; prints
 * after each flush how many of them are committed.
 */
const [file = "", device = ""] = process.argv.slice(2);
const CHUNK_READINGS = 20;

const writer = new Writer({
  file,
  clock: systemClock,
  retentionMs: null,
  maxBytes: null,
  checkpointLagMs: 0,
  mergePolicy: { chunkReadings: CHUNK_READINGS, flushesAtOnce: 3, segmentsAtOnce: 2, keptBytes: 0 },
});
const db = openForReading(file);
const { nextDevice, nextRun } = readStateRow(db);
db.close();
const model = new IngestModel({ nextDevice, nextRun });
const run = model.run(model.device(device), 1);
for (let sequence = 0; ; ) {
  for (const end = sequence + 7; sequence < end; sequence++) {
    model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: model.nowUs }]);
  }
  writer.accept(model.seal());
  writer.flush();
  process.stdout.write(`${sequence}\n`);
  while (mergeOnce(writer, file, CHUNK_READINGS));
}
