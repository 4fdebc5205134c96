import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { openForReading } from "../../db/file/open.ts";
import { Merger } from "../../db/merge/merger.ts";
import { Writer } from "../../db/writer/writer.ts";
import { numberFrom, parseCommand } from "../support/command.ts";
import { mergeAll } from "../support/merge-all.ts";
import { breathe, temporaryFolder } from "../support/temporary.ts";
import { START_US, W3Source } from "../support/w3-data.ts";

/**
 * What W3 takes on disk. A writer with a clock of its own flushes every 250 ms of it, merges as a collector would, and stops. Bytes per reading
 * of the file, and written to get there (Linux).
 */
const HELP = "node bench/db/w3.ts [readings a second (50000)] [devices (1000)] [readings (10000000)]";
const { positionals } = parseCommand(HELP, { allowPositionals: true, options: {} });
const [perSecondText = "50000", devicesText = "1000", readingsText = "10000000"] = positionals;
const perSecond = numberFrom("readings a second", perSecondText, { least: 4 });
const devices = numberFrom("devices", devicesText, { least: 1 });
const readings = numberFrom("readings", readingsText, { least: 1 });
const FLUSH_MS = 250;

const writtenBytes = (): number => {
  const found = /^wchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"));
  return Number(found?.[1] ?? Number.NaN);
};

const folder = temporaryFolder();
const file = join(folder.path, "lacuna.db");
try {
  let nowMs = 0;
  const clock = { wallUs: () => START_US + nowMs * 1000, monotonicMs: () => nowMs };
  const writer = new Writer({ file, clock, retentionMs: null, maxBytes: null });
  const source = new W3Source(devices);
  const perFlush = Math.round((perSecond * FLUSH_MS) / 1000);
  const before = writtenBytes();
  const reading = openForReading(file);
  const merger = new Merger(reading);
  let mergeMs = 0;
  let slowestMs = 0;
  let flushMs = 0;
  for (let done = 0; done < readings; done += perFlush) {
    for (const message of source.take(Math.min(perFlush, readings - done), clock.wallUs()))
      writer.accept(message);
    nowMs += FLUSH_MS;
    const beganMs = performance.now();
    while (writer.pendingBatches > 0) writer.flush();
    const tookMs = performance.now() - beganMs;
    mergeAll(writer, merger);
    mergeMs += performance.now() - beganMs - tookMs;
    flushMs += tookMs;
    slowestMs = Math.max(slowestMs, tookMs);
    await breathe();
  }
  const { merges, mergedReadings } = writer.merging.figures;
  reading.close();
  const beganMs = performance.now();
  writer.close();
  const stopMs = performance.now() - beganMs;
  const size = statSync(file).size;
  const written = writtenBytes() - before;
  const each = (bytes: number): string => (bytes / readings).toFixed(3);
  console.log(`${readings} readings of ${devices} devices, ${perSecond}/s`);
  console.log(
    `file ${each(size)} B per reading, written ${each(written)} B per reading = ${(written / size).toFixed(2)} x`,
  );
  console.log(
    `flushes ${(flushMs / 1000).toFixed(1)} s (slowest ${slowestMs.toFixed(0)} ms), stop ${stopMs.toFixed(0)} ms`,
  );
  console.log(
    `${merges} merges of ${mergedReadings} readings, ${(mergedReadings / mergeMs / 1000).toFixed(1)} million a second`,
  );
} finally {
  folder.remove();
}
