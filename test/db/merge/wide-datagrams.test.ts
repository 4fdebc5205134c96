import { expect, test } from "vitest";
import { ChunkStore } from "../../../db/chunk/chunk-store.ts";
import { openForReading } from "../../../db/file/open.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import { IngestModel } from "../../support/ingest-model.ts";
import { StoreBed } from "../../support/store-bed.ts";

const CHANNELS = 200;

/** The heads of a run of so many datagrams with a reading of each of 200 channels, as a stop leaves them behind. */
const headsOf = (datagrams: number) => {
  using bed = new StoreBed();
  const writer = bed.writer({ mergePolicy: { keptBytes: 0 } });
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (let flush = 1; flush <= 3; flush++) {
    while (run.row[ROW.HIGH_WATER]! + 1 < (datagrams * flush) / 3) {
      const readings = Array.from({ length: CHANNELS }, (_, channel) => ({
        channel,
        value: channel,
        timeUs: 1,
      }));
      model.receive(run, run.row[ROW.HIGH_WATER]! + 1, readings);
      if (run.received.size % 10 === 0) writer.accept(model.seal());
    }
    writer.accept(model.seal());
    writer.flush();
  }
  writer.close();
  const db = bed.closing(openForReading(bed.file));
  const [set] = db.prepare("SELECT chunk_set AS chunkSet, first_page AS firstPage FROM segments").all();
  return new ChunkStore(db).chunksOf(set as { chunkSet: number; firstPage: number }, run.run);
};

test("a chunk has some datagrams, however many readings each of them has", () => {
  const heads = headsOf(250);
  expect(heads.map(({ datagrams }) => datagrams)).toEqual([63, 63, 62, 62]);
  expect(heads.map(({ channels }) => channels?.length)).toEqual([CHANNELS, CHANNELS, CHANNELS, CHANNELS]);
});

test("few datagrams are not summed up channel by channel: that would take as much as they do", () => {
  expect(headsOf(3)).toMatchObject([{ datagrams: 3, readings: 3 * CHANNELS, channels: null }]);
});
