import type Database from "better-sqlite3";
import { SegmentBuilder } from "../../db/segment/segment-builder.ts";
import { SegmentReader } from "../../db/segment/segment-reader.ts";
import { Batch } from "../../protocol/batch.ts";

/** The first segment's datagrams as one batch, as if they had just arrived. */
const batchOf = (reader: SegmentReader): Batch => {
  const batch = new Batch();
  batch.clear();
  batch.firstArrivalUs = reader.summary.firstArrivalUs;
  batch.lastArrivalUs = reader.summary.lastArrivalUs;
  for (const run of reader.runNumbers) {
    const columns = reader.readRun(run)!;
    for (let datagram = 0; datagram < columns.datagramCount; datagram++) {
      const at = batch.datagramCount++;
      const end = columns.readingStart[datagram + 1]!;
      batch.datagramRun[at] = run;
      batch.datagramSequence[at] = columns.sequence[datagram]!;
      batch.datagramTime[at] = columns.datagramTime[datagram]!;
      batch.datagramReadings[at] = end - columns.readingStart[datagram]!;
      for (let reading = columns.readingStart[datagram]!; reading < end; reading++) {
        const to = batch.readingCount++;
        batch.readingChannel[to] = columns.channel[reading]!;
        batch.readingType[to] = columns.type[reading]!;
        batch.readingTime[to] = columns.readingTime[reading]!;
        batch.readingValue[to] = columns.value[reading]!;
      }
    }
  }
  return batch;
};

/** Change the last bit of the first stored value, in a database nobody has open; the segment stays sound. */
export const alterFirstValue = (db: Database.Database): void => {
  const { flush, data } = db
    .prepare("SELECT flush, data FROM flushes WHERE datagrams > 0 ORDER BY flush LIMIT 1")
    .get() as {
    flush: number;
    data: Buffer;
  };
  const batch = batchOf(new SegmentReader(data));
  const bits = new BigUint64Array(batch.readingValue.buffer, batch.readingValue.byteOffset, 1);
  bits[0] = bits[0]! ^ 1n;
  const { blob } = new SegmentBuilder().build([batch]);
  db.prepare("UPDATE flushes SET data = ? WHERE flush = ?").run(blob, flush);
};
