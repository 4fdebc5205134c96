import fc from "fast-check";
import { expect, test } from "vitest";
import { openReadOnly } from "../../db/read-only.ts";
import { CAUSE, CAUSES, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { IngestModel, type ModelRun } from "../support/ingest-model.ts";
import { StoreBed } from "../support/store-bed.ts";

interface GapRow {
  first: number;
  last: number;
  state: string;
  cause: string | null;
  openedAtUs: number;
}

const gapsOf = async (file: string, state: "open" | "lost" | "filled" | null = null): Promise<GapRow[]> => {
  const store = openReadOnly(file);
  try {
    const query = { device: "pump", state, cause: null, fromUs: null, toUs: null, limit: 1000, after: null };
    const { gaps } = await store.reader.gaps(query);
    return gaps.map(({ first, last, state, cause, openedAtUs }) => ({
      first,
      last,
      state,
      cause,
      openedAtUs,
    }));
  } finally {
    store.close();
  }
};

const pump = (): { model: IngestModel; run: ModelRun } => {
  const model = new IngestModel();
  return { model, run: model.run(model.device("pump"), 1, 0, ROW_FLAG.CURRENT) };
};

const numbers = (rows: readonly GapRow[], state: string): string[] =>
  rows
    .filter((row) => row.state === state)
    .flatMap((row) =>
      Array.from(
        { length: row.last - row.first + 1 },
        (_, at) => `${row.first + at} ${row.cause} ${row.openedAtUs}`,
      ),
    );

test("a filled part becomes a row of its own and the rest keeps its history", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const { model, run } = pump();
  model.receive(run, 9);
  model.receive(run, 20);
  model.close(run, CAUSE.COLLECTOR_DOWN);
  const [openedAtUs] = [...run.lost.values()].map(({ openedAt }) => openedAt);
  for (const late of [14, 16, 15]) model.receive(run, late);
  writer.accept(model.seal());
  writer.flush();
  const common = { cause: "collector-down", openedAtUs };
  expect(await gapsOf(bed.file)).toEqual([
    { first: 10, last: 13, state: "lost", ...common },
    { first: 14, last: 16, state: "filled", ...common },
    { first: 17, last: 19, state: "lost", ...common },
  ]);
});

test("filled parts of different gaps are not joined", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const { model, run } = pump();
  model.receive(run, 0);
  model.receive(run, 2);
  model.receive(run, 3);
  model.close(run);
  model.receive(run, 5);
  model.close(run);
  model.receive(run, 1);
  model.receive(run, 4);
  writer.accept(model.seal());
  writer.flush();
  const rows = await gapsOf(bed.file);
  expect(rows.map(({ first, last, state }) => [first, last, state])).toEqual([
    [1, 1, "filled"],
    [4, 4, "filled"],
  ]);
});

test("gap rows hold exactly the absent numbers of a naive model, whatever is lost and filled in which order", async () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ receive: fc.nat(40) }) },
    { weight: 2, arbitrary: fc.record({ close: fc.nat(CAUSES.length - 1) }) },
    { weight: 1, arbitrary: fc.constant({ flush: true }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
      using bed = new StoreBed();
      const writer = bed.closing(bed.writer());
      const { model, run } = pump();
      model.receive(run, 0);
      for (const each of [...steps, { flush: true }]) {
        if ("receive" in each) model.receive(run, each.receive);
        else if ("close" in each) model.close(run, each.close);
        else {
          writer.accept(model.seal());
          writer.flush();
        }
      }
      const rows = await gapsOf(bed.file);
      const text = (map: ReadonlyMap<number, { cause: number; openedAt: number }>) =>
        [...map]
          .sort(([a], [b]) => a - b)
          .map(([number, { cause, openedAt }]) => `${number} ${CAUSES[cause]} ${openedAt}`);
      expect(numbers(rows, "lost")).toEqual(text(run.lost));
      expect(numbers(rows, "filled")).toEqual(text(run.filled));
      const open = [...run.open].sort(([a], [b]) => a - b).map(([number, at]) => `${number} null ${at}`);
      expect(numbers(rows, "open")).toEqual(open);
    }),
    { numRuns: 100, interruptAfterTimeLimit: 1500 },
  );
});

test("windows that closed without loss leave no row", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const { model, run } = pump();
  model.receive(run, 0);
  model.receive(run, 3);
  writer.accept(model.seal());
  writer.flush();
  expect(await gapsOf(bed.file, "open")).toMatchObject([{ first: 1, last: 2, state: "open" }]);
  model.receive(run, 1);
  model.receive(run, 2);
  writer.accept(model.seal());
  writer.flush();
  expect(await gapsOf(bed.file)).toEqual([]);
});
