import { join } from "node:path";
import { openForReading } from "../../db/file/open.ts";
import type { MergeResult, MergeTask } from "../../db/merge/merge-task.ts";
import { Merger } from "../../db/merge/merger.ts";
import { Writer } from "../../db/writer/writer.ts";
import { breathe, temporaryFolder } from "../support/temporary.ts";
import { START_US, W3Source } from "../support/w3-data.ts";

/**
 * What a merge of 64 flushes costs the merger's thread, in CPU time, and what becomes of their bytes: `node bench/db/merge.ts`. W3 data;
 * the fewer readings of a device a flush has, the more the work per block shows.
 */
const FLUSHES = 64;

const runMerge = (merger: Merger, task: MergeTask): MergeResult => {
  const lots = merger.merge(task);
  let step = lots.next();
  while (step.done !== true) step = lots.next();
  return step.value;
};

const report = async (devices: number, perFlush: number): Promise<void> => {
  const folder = temporaryFolder();
  const file = join(folder.path, "lacuna.db");
  try {
    let nowMs = 0;
    const clock = { wallUs: () => START_US + nowMs * 1000, monotonicMs: () => nowMs };
    const [flushMemoryAtOnce, shortFlushMemoryAtOnce] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    const mergePolicy = { keptBytes: 0, flushesAtOnce: FLUSHES, flushMemoryAtOnce, shortFlushMemoryAtOnce };
    const writer = new Writer({ file, clock, retentionMs: null, maxBytes: null, mergePolicy });
    const source = new W3Source(devices);
    for (let flush = 0; flush < FLUSHES; flush++) {
      for (const message of source.take(perFlush, clock.wallUs())) writer.accept(message);
      writer.flush();
      nowMs += 250;
      await breathe();
    }
    nowMs += 60_000;
    while (writer.flush().outcome !== "idle");
    const reading = openForReading(file);
    const task = writer.beginMerge()!;
    const merger = new Merger(reading);
    // the code is compiled first
    runMerge(merger, task);
    const before = process.cpuUsage();
    const { readings, dataBytes, headsBytes } = runMerge(merger, task);
    const { user, system } = process.cpuUsage(before);
    reading.close();
    if (readings !== perFlush * FLUSHES)
      throw new Error(`${readings} readings of ${FLUSHES} flushes were merged`);
    const inputs = task.inputs.reduce((sum, { bytes }) => sum + bytes, 0);
    const each = (bytes: number): string => (bytes / readings).toFixed(2).padStart(5);
    console.log(
      `${`${devices} devices, ${perFlush} readings a flush`.padEnd(42)} ${(readings / (user + system)).toFixed(1).padStart(4)} M readings/s  ` +
        `${each(inputs)} B -> data ${each(dataBytes)} B, heads ${each(headsBytes)} B`,
    );
    writer.merging.abandon();
    writer.close();
  } finally {
    folder.remove();
  }
};

await report(1000, 12_500);
await report(1000, 50_000);
await report(10_000, 25_000);
await report(100_000, 75_000);
