import fc from "fast-check";
import { expect, test } from "vitest";
import { openForReading } from "../../../db/file/open.ts";
import type { GapsPage, Position } from "../../../db/query/query-types.ts";
import { openReadOnly } from "../../../db/read-only.ts";
import { CAUSE, CAUSES, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel, type ModelRun } from "../../support/ingest-model.ts";
import { StoreBed } from "../../support/store-bed.ts";

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
    const query = {
      device: "pump",
      order: "asc" as const,
      state,
      cause: null,
      fromUs: null,
      toUs: null,
      limit: 1000,
      after: null,
    };
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

test("numbers that come while they are asked for become rows filled, one for each number of requests, never lost", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const { model, run } = pump();
  model.receive(run, 9);
  model.receive(run, 20);
  const openedAtUs = run.open.get(10)!;
  for (const number of [12, 11, 14]) model.recover(run, number, 1);
  model.recover(run, 13, 2);
  writer.accept(model.seal());
  writer.flush();
  const row = { cause: "network", openedAtUs, state: "filled" };
  expect(await gapsOf(bed.file)).toEqual([
    { first: 10, last: 10, state: "open", cause: null, openedAtUs },
    { first: 11, last: 12, ...row },
    { first: 13, last: 13, ...row },
    { first: 14, last: 14, ...row },
    { first: 15, last: 19, state: "open", cause: null, openedAtUs },
  ]);
  const db = bed.closing(openForReading(bed.file));
  const filled = "SELECT first, last, requests, was_lost, closed_at = filled_at AS isDirect FROM gaps";
  expect(db.prepare(filled).raw().all()).toEqual([
    [11, 12, 1, 0, 1],
    [13, 13, 2, 0, 1],
    [14, 14, 1, 0, 1],
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
    { weight: 1, arbitrary: fc.record({ flush: fc.boolean() }) },
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
          writer.accept(model.seal(!each.flush));
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

test("pages go on from where the one before ended, in both directions, open and closed rows together", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const { model, run } = pump();
  for (const sequence of [0, 2, 4]) model.receive(run, sequence);
  model.close(run);
  for (const sequence of [6, 8, 10]) model.receive(run, sequence);
  model.recover(run, 7, 1);
  writer.accept(model.seal());
  writer.flush();
  const store = bed.closing(openReadOnly(bed.file));
  const all = { device: null, state: null, cause: null, fromUs: null, toUs: null, limit: 2 };
  for (const order of ["asc", "desc"] as const) {
    const seen: number[] = [];
    let after: Position | null = null;
    do {
      const page: GapsPage = await store.reader.gaps({ ...all, order, after });
      seen.push(...page.gaps.map(({ first }) => first));
      after = page.next;
    } while (after !== null);
    expect(seen).toEqual(order === "asc" ? [1, 3, 5, 7, 9] : [9, 7, 5, 3, 1]);
  }
});

test.each([
  { order: "asc", end: 5, comes: 6, rest: ["5-6", "7-9"] },
  { order: "asc", end: 5, comes: 4, rest: ["6-9"] },
  { order: "desc", end: 5, comes: 4, rest: ["4-5", "1-3"] },
  { order: "desc", end: 5, comes: 6, rest: ["1-4"] },
] as const)(
  "$order: number $comes, which joins the row that ended a page, is on a page all the same",
  async ({ order, end, comes, rest }) => {
    using bed = new StoreBed();
    const writer = bed.closing(bed.writer());
    const { model, run } = pump();
    const flush = (): void => {
      writer.accept(model.seal());
      writer.flush();
    };
    for (const sequence of [0, 10]) model.receive(run, sequence);
    model.close(run);
    model.receive(run, end);
    flush();
    const ask = async (after: Position | null): Promise<GapsPage> => {
      const store = openReadOnly(bed.file);
      const query = { device: "pump", state: null, cause: null, fromUs: null, toUs: null, limit: 2 };
      try {
        return await store.reader.gaps({ ...query, order, after });
      } finally {
        store.close();
      }
    };
    const { gaps, next } = await ask(null);
    expect(gaps.at(-1)).toMatchObject({ first: end, last: end, state: "filled" });
    model.receive(run, comes);
    flush();
    expect((await ask(next)).gaps.map(({ first, last }) => `${first}-${last}`)).toEqual(rest);
  },
);

test("a gap is in every span of its life, up to the arrival of the last of its numbers", async () => {
  using bed = new StoreBed();
  const writer = bed.closing(bed.writer());
  const { model, run } = pump();
  for (const sequence of [0, 2]) model.receive(run, sequence);
  const openedAtUs = model.nowUs;
  model.nowUs += 1000;
  model.close(run);
  const closedAtUs = model.nowUs;
  model.nowUs += 1000;
  model.receive(run, 1);
  const filledAtUs = model.nowUs;
  writer.accept(model.seal());
  writer.flush();
  const store = bed.closing(openReadOnly(bed.file));
  const count = async (fromUs: number | null, toUs: number | null): Promise<number> => {
    const query = { device: null, state: null, cause: null, order: "asc", limit: 10, after: null } as const;
    return (await store.reader.gaps({ ...query, fromUs, toUs })).gaps.length;
  };
  expect(await count(null, openedAtUs)).toBe(0);
  expect(await count(closedAtUs + 1, null)).toBe(1);
  expect(await count(filledAtUs, null)).toBe(1);
  expect(await count(filledAtUs + 1, null)).toBe(0);
});
