import { SegmentBuilder } from "../../db/segment/segment-builder.ts";
import { SegmentReader } from "../../db/segment/segment-reader.ts";
import { BATCH_DATAGRAMS, BATCH_READINGS, Batch } from "../../protocol/batch.ts";
import { VALUE_TYPE } from "../../protocol/constants.ts";
import { seededDoubles } from "../../test/support/series.ts";
import { bestNs } from "../support/measure.ts";

/**
 * Bytes and nanoseconds per reading to build a segment, and microseconds to open it and read one run: `node bench/db/segment.ts`.
 * Random walks with two decimals, one a second with 0 to 600 microseconds of jitter; "reordered": every fiftieth datagram comes late.
 */
const START_US = 1_795_000_000_000_000;

const batchesOf = (runs: number, each: number, readings: number, isReordered: boolean): Batch[] => {
  const random = seededDoubles(5);
  const levels = Float64Array.from({ length: runs }, () => 2000 + Math.floor(random() * 1000));
  const batches: Batch[] = [];
  let batch = new Batch();
  for (let index = 0; index < runs * each; index++) {
    if (
      batch.datagramCount === BATCH_DATAGRAMS ||
      batch.readingCount + readings > BATCH_READINGS ||
      index === 0
    ) {
      batch = new Batch();
      batches.push(batch);
    }
    const run = index % runs;
    const late = isReordered && Math.floor(index / runs) % 50 === 25 ? 3 : 0;
    const sequence = Math.floor(index / runs) * 4 - late * 4 + (late > 0 ? 1 : 0);
    const time = START_US + sequence * 250_000 + Math.floor(random() * 601);
    const at = batch.datagramCount++;
    batch.datagramRun[at] = 1 + run;
    batch.datagramSequence[at] = sequence + 20;
    batch.datagramTime[at] = time;
    batch.datagramReadings[at] = readings;
    for (let reading = 0; reading < readings; reading++) {
      levels[run] = levels[run]! + Math.floor(random() * 51) - 25;
      const to = batch.readingCount++;
      batch.readingChannel[to] = 1 + reading;
      batch.readingType[to] = VALUE_TYPE.FLOAT64;
      batch.readingTime[to] = time;
      batch.readingValue[to] = levels[run]! / 100;
    }
  }
  return batches;
};

const report = (name: string, runs: number, each: number, readings: number, isReordered = false): void => {
  const batches = batchesOf(runs, each, readings, isReordered);
  const builder = new SegmentBuilder();
  const built = builder.build(batches);
  const rounds = Math.max(1, Math.ceil(300_000 / built.readings));
  const buildNs = bestNs(() => builder.build(batches), rounds) / built.readings;
  const openNs = bestNs(() => new SegmentReader(built.blob), 50);
  let run = 0;
  const reader = new SegmentReader(built.blob);
  const readNs = bestNs(() => reader.readRun(1 + (run++ % runs)), 500);
  console.log(
    `${name.padEnd(36)} ${(built.blob.length / built.readings).toFixed(2).padStart(6)} B ${buildNs.toFixed(0).padStart(5)} ns ` +
      `(${(1000 / buildNs).toFixed(1)} M/s)  open ${(openNs / 1000).toFixed(0).padStart(6)} us  run ${(readNs / 1000).toFixed(1).padStart(6)} us`,
  );
};

report("1,000 runs x 100", 1000, 100, 1);
report("1,000 runs x 100, reordered", 1000, 100, 1, true);
report("1,000 runs x 20, 10 readings each", 1000, 20, 10);
report("10,000 runs x 10", 10_000, 10, 1);
report("100,000 runs x 1", 100_000, 1, 1);
