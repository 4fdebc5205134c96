import { get } from "node:http";
import { expect, test } from "vitest";
import { BATCH_DATAGRAMS, BATCH_READINGS } from "../../protocol/batch.ts";
import { ROW_FLAG } from "../../protocol/ledger-row.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { startCollector } from "../support/lacuna-process.ts";
import { processMemory } from "../support/process-memory.ts";
import { StoreBed } from "../support/store-bed.ts";

/** 2 million readings; CSV_DATAGRAMS=500000 makes them 10 million */
const DATAGRAMS = Number(process.env.CSV_DATAGRAMS ?? 100_000);
/** samples of one channel in a datagram: a line of CSV each */
const SAMPLES = 20;
const PER_BATCH = Math.min(BATCH_DATAGRAMS, Math.floor(BATCH_READINGS / SAMPLES));
const BATCHES_PER_FLUSH = 4;

/** A database with readings of one device. */
const fill = (bed: StoreBed): void => {
  const writer = bed.writer();
  const model = new IngestModel();
  const device = model.device("pump");
  const run = model.run(device, 1, 0, ROW_FLAG.CURRENT);
  model.describe(device, 1, 1, "temperature", "Cel");
  for (let sequence = 0; sequence < DATAGRAMS; sequence++) {
    const base = model.nowUs;
    const samples = Array.from({ length: SAMPLES }, (_, index) => ({
      channel: 1,
      value: (sequence + index) % 100,
      timeUs: base + index,
    }));
    model.receive(run, sequence, samples);
    if (sequence % PER_BATCH !== PER_BATCH - 1) continue;
    writer.accept(model.seal());
    if (writer.pendingBatches === BATCHES_PER_FLUSH) writer.flush();
  }
  writer.accept(model.seal());
  writer.flush();
  writer.close();
};

/** Lines of an answer, counted as they come; the most the process held meanwhile. */
const count = (url: string, look: () => void): Promise<number> =>
  new Promise((resolve, reject) => {
    get(url, (response) => {
      let lines = 0;
      response.on("data", (chunk: Buffer) => {
        look();
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
      });
      response.on("end", () => resolve(lines));
      response.on("error", reject);
    }).on("error", reject);
  });

test(`CSV of ${DATAGRAMS * SAMPLES} readings streams with flat memory`, async () => {
  using bed = new StoreBed();
  fill(bed);
  const collector = await startCollector(["--listen", "udp://127.0.0.1:0", "--db", bed.file]);
  const url = `${collector.api}/api/v1/devices/pump/readings?format=csv`;
  expect(await count(`${url}&limit=1000`, () => {})).toBe(1001);
  const memory = (): number => processMemory(collector.process.pid).residentBytes;
  const before = memory();
  let most = before;
  const beganMs = performance.now();
  const lines = await count(url, () => {
    most = Math.max(most, memory());
  });
  const seconds = (performance.now() - beganMs) / 1000;
  console.log(
    `${lines} lines in ${seconds.toFixed(1)} s; memory ${Math.round(before / 2 ** 20)} to ${Math.round(most / 2 ** 20)} MiB`,
  );
  expect(lines).toBe(DATAGRAMS * SAMPLES + 1);
  expect(most - before).toBeLessThan(200 * 2 ** 20);
  await collector.stop();
});
