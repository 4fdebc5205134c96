import { expect, test } from "vitest";
import { openArchive } from "../../../db/restore/archive.ts";
import { BatchesInTables } from "../../../db/writer/batches-in-tables.ts";
import type { BatchMessage } from "../../../protocol/batch.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import { IngestModel, type ModelRun } from "../../support/ingest-model.ts";
import { seededRandom } from "../../support/seeded-random.ts";
import { StoreBed } from "../../support/store-bed.ts";

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

const batch = (worker: number, number: number): BatchMessage => ({ worker, number }) as BatchMessage;

test("a batch is in the tables once they have its flush whole; that is told once", () => {
  const batches = new BatchesInTables();
  const said = (replayFrom: number): unknown => [...batches.advanced(replayFrom)];
  expect(said(10)).toEqual([]);
  batches.committed([batch(0, 1), batch(2, 1), batch(0, 2)], 5);
  batches.committed([batch(0, 3)], 7);
  batches.committed([batch(0, 4)], 8);
  expect([5, 6, 7, 9, 9].map(said)).toEqual([
    [],
    [
      [0, 2],
      [2, 1],
    ],
    [],
    [[0, 4]],
    [],
  ]);
});

test("what a run's batch in the tables brought is read back as the ledger has it, while others are behind", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ checkpointRows: 2 }));
  const archive = bed.closing(openArchive({ file: bed.file, hasHistory: true }));
  const batches = new BatchesInTables();
  const model = new IngestModel();
  const random = seededRandom(1);
  const devices = Array.from({ length: 4 }, (_, i) => model.device(`pump-${i}`));
  const runs: ModelRun[] = [];
  /** the batch each run changed in last */
  const changedIn = new Map<ModelRun, number>();
  const lags = new Set<boolean>();
  let inTables = 0;
  let readBack = 0;
  for (let number = 1; number <= 60; number++) {
    const changed: ModelRun[] = [];
    if (number % 5 === 1) {
      const device = devices[Math.floor(random() * devices.length)]!;
      runs.push(model.run(device, Math.floor(random() * 3), runs.length));
      changed.push(runs.at(-1)!);
    }
    // few of them, so that most are left alone for a while
    for (let count = 0; count < 3; count++) changed.push(runs[Math.floor(random() ** 3 * runs.length)]!);
    for (const run of changed)
      model.receive(run, Math.max(0, run.row[ROW.HIGH_WATER]!) + 1 + Math.floor(random() * 3));
    if (number % 3 === 0) model.close(changed[0]!);
    for (const run of changed) changedIn.set(run, number);
    const message = model.seal();
    writer.accept(message);
    writer.flush();
    batches.committed([message], writer.flushNumber);
    for (const [, reached] of batches.advanced(writer.replayFrom)) inTables = reached;
    lags.add(inTables < number - 1);
    for (const run of runs.filter((run) => changedIn.get(run)! <= inTables)) {
      const found = archive.loadEpoch(run.device, run.epoch)!.find(({ index }) => index === run.index);
      expect([...found!.row]).toEqual([...run.row]);
      const absent = [...run.open.keys(), ...run.lost.keys()].sort((a, b) => a - b);
      expect(found!.absent.flatMap(({ first, last }) => range(first, last))).toEqual(absent);
      readBack++;
    }
  }
  expect([lags.has(true), readBack > 100]).toEqual([true, true]);
});
