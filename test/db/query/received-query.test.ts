import fc from "fast-check";
import { expect, test } from "vitest";
import { openForReading } from "../../../db/file/open.ts";
import type { EpochArrivals } from "../../../db/query/query-types.ts";
import { queryReceived } from "../../../db/query/received-query.ts";
import { mergeArrivals } from "../../../protocol/arrival-set.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import { normalise, type Range } from "../../../protocol/ranges.ts";
import { IngestModel, type ModelRun } from "../../support/ingest-model.ts";
import { lostOfArrivals } from "../../support/lost-of-arrivals.ts";
import { StoreBed } from "../../support/store-bed.ts";

const MINUTE_MS = 60_000;
const ALL = { device: "pump", epoch: null, limit: 1000, after: null };

const UNBOUNDED = { checkTime: () => undefined };

const receivedIn = (file: string, query = {}, mostRows?: number) => {
  const db = openForReading(file);
  try {
    return db.transaction(() => queryReceived(db, { ...ALL, ...query }, UNBOUNDED, mostRows))();
  } finally {
    db.close();
  }
};

const rangesOf = (numbers: Iterable<number>): Range[] =>
  normalise(Array.from(numbers, (number): Range => [number, number]));

/** What the model knows of a run, from its sets of numbers. */
const setOf = (run: ModelRun): EpochArrivals => ({
  epoch: run.epoch!,
  first: run.row[ROW.FIRST]!,
  last: run.row[ROW.HIGH_WATER]!,
  received: rangesOf(run.received),
  untold: [],
  missing: rangesOf(run.open.keys()),
});

const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ receive: fc.nat(60), run: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ close: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ recover: fc.nat(2), requests: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.constant("flush" as const) },
  { weight: 1, arbitrary: fc.constant("crash" as const) },
);

test("the sets read from the database are the numbers received, exactly, at every flush and over crashes", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (steps) => {
      using bed = new StoreBed();
      // the tables are behind: what they lack is in the journal
      const behind = { checkpointRows: 1, checkpointLagMs: 60_000 };
      let file = bed.file;
      let writer = bed.closing(bed.writer(behind));
      const model = new IngestModel();
      const device = model.device("pump");
      const runs = [1, 2, 5].map((epoch) => model.run(device, epoch));
      const check = (): void => {
        writer.accept(model.seal());
        writer.flush();
        const { epochs } = receivedIn(file);
        expect(epochs).toEqual(runs.filter(({ received }) => received.size > 0).map(setOf));
        for (const [at, set] of epochs.entries()) {
          const run = runs.filter(({ received }) => received.size > 0)[at]!;
          expect(lostOfArrivals(set)).toEqual(rangesOf(run.lost.keys()));
        }
      };
      for (const each of steps) {
        if (each === "flush") check();
        else if (each === "crash") {
          check();
          file = bed.copy(file);
          writer = bed.closing(bed.writer({ ...behind, file }));
        } else if ("receive" in each) model.receive(runs[each.run]!, each.receive);
        else if ("close" in each) model.close(runs[each.close]!);
        else {
          const [open] = runs[each.recover]!.open.keys();
          if (open !== undefined) model.recover(runs[each.recover]!, open, each.requests);
        }
      }
      check();
    }),
    { numRuns: 60, interruptAfterTimeLimit: 2000 },
  );
});

test("two collectors that lost other numbers have together what either received", () => {
  const collectors = [0, 1].map((index) => {
    using bed = new StoreBed();
    const writer = bed.closing(bed.writer());
    const model = new IngestModel();
    const run = model.run(model.device("pump"), 7);
    for (let number = 0; number < 30; number++) {
      const isLost = number % 10 === 3 || (index === 0 ? number % 5 === 1 : number % 5 === 2);
      if (!isLost) model.receive(run, number);
    }
    model.close(run);
    writer.accept(model.seal());
    writer.flush();
    return receivedIn(bed.file).epochs[0]!;
  });
  const both = collectors.reduce((a, b) => ({ epoch: a.epoch, ...mergeArrivals(a, b) }));
  expect(lostOfArrivals(both)).toEqual([
    [3, 3],
    [13, 13],
    [23, 23],
  ]);
});

test("what retention folded into counts is untold", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: 10 * MINUTE_MS }));
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (let minute = 0; minute < 20; minute++) {
    model.nowUs = bed.clock.wallUs();
    for (const digit of [0, 1, 3, 4]) model.receive(run, 5 * minute + digit);
    model.close(run);
    writer.accept(model.seal());
    writer.flush();
    bed.clock.advanceMs(MINUTE_MS);
  }
  while (writer.flush().outcome !== "idle");
  const [set] = receivedIn(bed.file).epochs;
  const end = set!.untold[0]![1];
  expect(set!.untold).toEqual([[0, end]]);
  expect(end).toBeGreaterThan(30);
  expect(set!.received).toEqual(normalise(rangesOf([...run.received].filter((number) => number > end))));
  expect(lostOfArrivals(set!)).toEqual(rangesOf([...run.lost.keys()].filter((number) => number > end)));
});

test("of more rows than one answer may read the newest are read, and older numbers are untold", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const device = model.device("pump");
  for (const epoch of [1, 2]) {
    const run = model.run(device, epoch);
    for (let number = 0; number < 20; number += 2) model.receive(run, number);
    model.close(run);
  }
  writer.accept(model.seal());
  writer.flush();
  const page = receivedIn(bed.file, {}, 3);
  expect(page).toMatchObject({
    hasMore: true,
    epochs: [
      {
        epoch: 1,
        untold: [[0, 11]],
        received: [
          [12, 12],
          [14, 14],
          [16, 16],
          [18, 18],
        ],
      },
    ],
  });
  expect(receivedIn(bed.file, { after: 1 }, 3)).toMatchObject({ hasMore: false, epochs: [{ epoch: 2 }] });
  expect(receivedIn(bed.file, { epoch: 2 }).epochs).toMatchObject([{ epoch: 2, untold: [] }]);
});

test("the numberings of one epoch are one set, those without an epoch are in none", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const device = model.device("pump");
  for (const number of [0, 1, 4]) model.receive(model.run(device, 3, number), number);
  model.receive(model.run(device, null), 9);
  writer.accept(model.seal());
  writer.flush();
  expect(receivedIn(bed.file).epochs).toMatchObject([
    {
      epoch: 3,
      first: 0,
      last: 4,
      received: [
        [0, 1],
        [4, 4],
      ],
    },
  ]);
});

/** A heartbeat says that numbers below `next` were used. */
const hear = (model: IngestModel, run: ModelRun, next: number): void => {
  for (let number = run.row[ROW.HIGH_WATER]! + 1; number < next; number++) run.open.set(number, model.nowUs);
  run.row[ROW.HIGH_WATER] = next - 1;
};

test("a lost end that retention folded into counts is untold to its last number", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer({ retentionMs: 10 * MINUTE_MS }));
  const model = new IngestModel();
  const [run, other] = [model.run(model.device("pump"), 1), model.run(model.device("fan"), 1)];
  model.receive(run, 0);
  hear(model, run, 6);
  model.close(run);
  for (let minute = 0; minute < 20; minute++) {
    model.nowUs = Math.max(model.nowUs, bed.clock.wallUs());
    model.receive(other, minute);
    writer.accept(model.seal());
    writer.flush();
    bed.clock.advanceMs(MINUTE_MS);
  }
  while (writer.flush().outcome !== "idle");
  expect(receivedIn(bed.file).epochs).toEqual([
    { epoch: 1, first: 0, last: 5, received: [], untold: [[0, 5]], missing: [] },
  ]);
});

test("rows that are read are told to the first number, also where one that is not read lies beside it", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 0);
  model.receive(run, 0);
  hear(model, run, 2);
  model.close(run);
  hear(model, run, 3);
  model.receive(run, 3);
  writer.accept(model.seal());
  writer.flush();
  const whole = { epoch: 0, first: 0, last: 3, untold: [], missing: [[2, 2]] };
  const all = { ...whole, received: rangesOf([0, 3]) };
  const newest = { ...whole, received: [[3, 3]], untold: [[0, 1]] };
  const found = [1, 2, 3].map((mostRows) => receivedIn(bed.file, {}, mostRows).epochs);
  expect(found).toEqual([[newest], [all], [all]]);
});

test("the epoch 0 is one as any other, and of a device that is not there nothing is told", () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const model = new IngestModel();
  const device = model.device("pump");
  for (const epoch of [1, 0, null]) model.receive(model.run(device, epoch), 7);
  writer.accept(model.seal());
  writer.flush();
  const queries = [
    {},
    { epoch: 0 },
    { epoch: 1 },
    { epoch: 2 },
    { after: 0 },
    { limit: 1 },
    { device: "fan" },
  ];
  const found = queries.map((query) => {
    const { epochs, hasMore } = receivedIn(bed.file, query);
    return [epochs.map(({ epoch }) => epoch), hasMore];
  });
  expect(found).toEqual([
    [[0, 1], false],
    [[0], false],
    [[1], false],
    [[], false],
    [[1], false],
    [[0], true],
    [[], false],
  ]);
});
