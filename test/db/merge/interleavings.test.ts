import fc from "fast-check";
import { expect, test } from "vitest";
import { examineDatabase } from "../../../db/check/examine.ts";
import { openForReading } from "../../../db/file/open.ts";
import type { Position, ReadingRow } from "../../../db/query/query-types.ts";
import { openReadOnly } from "../../../db/read-only.ts";
import type { Writer } from "../../../db/writer/writer.ts";
import { ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel, type ModelRun } from "../../support/ingest-model.ts";
import { mergeOnce } from "../../support/merge-once.ts";
import { StoreBed, viewOf } from "../../support/store-bed.ts";

const DEVICES = 3;
const MINUTE_MS = 60_000;
const CHUNK_READINGS = 4;
const POLICY = {
  chunkReadings: CHUNK_READINGS,
  flushesAtOnce: 3,
  segmentsAtOnce: 2,
  keptBytes: 0,
  maxSpanUs: 1e15,
};

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant("receive" as const),
      run: fc.nat(DEVICES - 1),
      ahead: fc.nat(4),
      // many of them fill a page, which goes ahead of its segment
      readings: fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.constant(1000) }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant("late" as const), run: fc.nat(DEVICES - 1), pick: fc.nat(50) }),
  },
  { weight: 6, arbitrary: fc.record({ op: fc.constant("flush" as const) }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant("merge" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("part of a merge" as const),
      endsBefore: fc.constantFrom("pages" as const, "adopt" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant("flush in a merge" as const), minutes: fc.nat(8) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("crash" as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("stop" as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("age" as const), minutes: fc.nat(8) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A writer and what it was told, with ages: each reading has a value of its own. */
class Bench {
  readonly bed = new StoreBed();
  readonly model = new IngestModel();
  readonly runs: ModelRun[] = [];
  /** value -> [run, sequence, arrival] of each reading that was committed */
  readonly committed = new Map<number, { run: ModelRun; sequence: number; arrivalUs: number }>();
  #waiting: typeof this.committed = new Map();
  #file = this.bed.file;
  #writer: Writer;
  #value = 0;

  constructor() {
    this.#writer = this.#open();
    for (let index = 0; index < DEVICES; index++) {
      const isUnsequenced = index === DEVICES - 1;
      const flags = ROW_FLAG.CURRENT + (isUnsequenced ? ROW_FLAG.UNSEQUENCED : 0);
      const device = this.model.device(`pump-${index}`);
      this.runs.push(this.model.run(device, isUnsequenced ? null : 1, 0, flags));
    }
  }

  get writer(): Writer {
    return this.#writer;
  }

  get file(): string {
    return this.#file;
  }

  do(action: Step): void {
    this.model.nowUs = Math.max(this.model.nowUs, this.bed.clock.wallUs());
    switch (action.op) {
      case "receive": {
        const run = this.runs[action.run]!;
        this.#receive(run, run.row[ROW.HIGH_WATER]! + 1 + action.ahead, action.readings);
        return;
      }
      case "late": {
        const run = this.runs[action.run]!;
        const open = [...run.open.keys()];
        if (open.length > 0) this.#receive(run, open[action.pick % open.length]!, 1);
        return;
      }
      case "flush":
        this.flush();
        return;
      case "merge":
        mergeOnce(this.#writer, this.#file, CHUNK_READINGS);
        return;
      case "part of a merge":
        mergeOnce(this.#writer, this.#file, CHUNK_READINGS, action.endsBefore);
        return;
      case "flush in a merge":
        mergeOnce(this.#writer, this.#file, CHUNK_READINGS, undefined, () => {
          this.bed.clock.advanceMs(action.minutes * MINUTE_MS);
          this.flush();
        });
        return;
      case "crash": {
        this.flush();
        const copy = this.bed.copy(this.#file);
        this.#writer.close();
        this.#file = copy;
        this.#writer = this.#open();
        return;
      }
      case "stop":
        this.flush();
        this.#writer.close();
        this.#writer = this.#open();
        return;
      case "age":
        this.bed.clock.advanceMs(action.minutes * MINUTE_MS);
        this.flush();
        return;
    }
  }

  flush(): void {
    this.#writer.accept(this.model.seal());
    while (this.#writer.flush().outcome === "committed" && this.#writer.pendingBatches > 0);
    for (const [value, reading] of this.#waiting) this.committed.set(value, reading);
    this.#waiting = new Map();
  }

  close(): void {
    this.#writer.close();
    this.bed[Symbol.dispose]();
  }

  #receive(run: ModelRun, sequence: number, count: number): void {
    const readings = Array.from({ length: count }, (_, index) => ({
      // in one row where there are many
      channel: count > 3 ? index : index % 2,
      // of values that take eight bytes each
      value: ++this.#value + Math.abs(Math.sin(this.#value)) / 2,
      timeUs: this.model.nowUs,
    }));
    if (run === this.runs.at(-1)) this.model.receiveUnsequenced(run, readings);
    else this.model.receive(run, sequence, readings);
    const at = run.readings.at(-1)!;
    for (const { value } of readings) {
      this.#waiting.set(value, { run, sequence: at.sequence, arrivalUs: this.model.nowUs });
    }
  }

  #open(): Writer {
    return this.bed.writer({ file: this.#file, retentionMs: 5 * MINUTE_MS, mergePolicy: POLICY });
  }
}

/** All rows of a device, page by page. @param between - called between two pages */
const readAll = async (
  bench: Bench,
  device: number,
  order: "asc" | "desc",
  limit: number,
  between: () => void,
) => {
  const rows: ReadingRow[] = [];
  let after: Position | null = null;
  do {
    const store = openReadOnly(bench.file);
    const query = { device: `pump-${device}`, channels: [], fromUs: null, toUs: null, order, limit, after };
    const page = await store.reader.readings(query);
    store.close();
    rows.push(...page.readings);
    after = page.next;
    if (after !== null) between();
  } while (after !== null);
  return rows;
};

/** Values of the device's committed readings in the order of a query. */
const expectedValues = (bench: Bench, device: number): number[] =>
  [...bench.committed]
    .filter(([, { run }]) => run === bench.runs[device])
    .sort(([a, { sequence: first }], [b, { sequence: second }]) => first - second || a - b)
    .map(([value]) => value);

/** Nothing is left of merges that ended early or of segments that went, and all else is as it is said to be. */
const expectTidy = (bench: Bench): void => {
  bench.writer.merging.abandon();
  while (bench.writer.flush().outcome !== "idle");
  const file = bench.bed.copy(bench.file);
  const db = openForReading(file);
  const ask = (sql: string): unknown => db.prepare(sql).get();
  const stored = ask("SELECT count(*) AS segments, ifnull(sum(readings), 0) AS readings FROM segments");
  const stray = ask(
    `SELECT (SELECT count(*) FROM leftovers) AS leftovers,
       (SELECT count(*) FROM chunk_heads WHERE chunk_set NOT IN (SELECT chunk_set FROM merged_segments)) AS heads,
       (SELECT count(*) FROM chunk_pages) - (SELECT ifnull(sum(pages), 0) FROM merged_segments) AS pages,
       (SELECT count(*) FROM late_segments WHERE segment NOT IN (SELECT segment FROM segments)) AS late`,
  );
  db.close();
  expect(bench.writer.stored).toEqual(stored);
  expect(stray).toEqual({ leftovers: 0, heads: 0, pages: 0, late: 0 });
  examineDatabase(file, bench.bed.clock.wallUs());
};

test("whatever is received, flushed, merged, crashed and aged in which order, readers see every reading that is kept exactly once", async () => {
  const plan = fc.record({
    steps: fc.array(step, { minLength: 10, maxLength: 90 }),
    order: fc.constantFrom("asc" as const, "desc" as const),
    limit: fc.integer({ min: 1, max: 9 }),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ steps, order, limit }) => {
      const bench = new Bench();
      try {
        for (const action of steps) bench.do(action);
        bench.flush();
        const { counts } = viewOf(bench.writer).fleet();
        expect(BigInt(counts.stored) + BigInt(counts.expired)).toBe(BigInt(counts.received));
        const keptFromUs = bench.bed.clock.wallUs() - 5 * MINUTE_MS * 1000;
        for (let device = 0; device < DEVICES; device++) {
          const rows = await readAll(bench, device, order, limit, () => {
            mergeOnce(bench.writer, bench.file, CHUNK_READINGS);
          });
          const found = rows.flatMap(({ values }) => (order === "asc" ? values : [...values].reverse()));
          if (order === "desc") found.reverse();
          // what retention removed is missing, nothing else, and nothing comes twice
          const present = new Set(found);
          const expected = expectedValues(bench, device);
          expect(found).toEqual(expected.filter((value) => present.has(value as number)));
          const missing = expected.filter((value) => !present.has(value));
          for (const value of missing) expect(bench.committed.get(value)!.arrivalUs).toBeLessThan(keptFromUs);
        }
        expectTidy(bench);
      } finally {
        bench.close();
      }
    }),
    { numRuns: 100, interruptAfterTimeLimit: 4000 },
  );
});
