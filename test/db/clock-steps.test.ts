import { afterEach, beforeEach, expect, test } from "vitest";
import * as texts from "../../api/answers/answer-texts.ts";
import type { Position, ReadingsQuery } from "../../db/query/query-types.ts";
import { openReadOnly } from "../../db/read-only.ts";
import type { Writer } from "../../db/writer/writer.ts";
import { ROW_FLAG } from "../../protocol/ledger-row.ts";
import { IngestModel, type ModelRun } from "../support/ingest-model.ts";
import { mergeOnce } from "../support/merge-once.ts";
import { StoreBed } from "../support/store-bed.ts";

const SECOND_US = 1_000_000;
const HOUR_US = 3600 * SECOND_US;
const ALL: ReadingsQuery = {
  device: "pump",
  channels: [],
  fromUs: null,
  toUs: null,
  order: "asc",
  limit: 1000,
  after: null,
};

let bed: StoreBed;
let writer: Writer;
let model: IngestModel;

beforeEach(() => {
  bed = new StoreBed();
  writer = bed.writer();
  model = new IngestModel();
});

afterEach(() => {
  writer.close();
  bed[Symbol.dispose]();
});

const startRun = (id: string, from = model): ModelRun => from.run(from.device(id), 1, 0, ROW_FLAG.CURRENT);

const flush = (from = model): void => {
  writer.accept(from.seal());
  writer.flush();
};

/** A flush with the run's number, a second after the one before; its value is the number. */
const receive = (run: ModelRun, sequence: number, from = model): void => {
  from.nowUs += SECOND_US;
  from.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: from.nowUs }]);
  flush(from);
};

const receiveAll = (run: ModelRun, first: number, end: number): void => {
  for (let sequence = first; sequence < end; sequence++) receive(run, sequence);
};

/** The numbers that pages, a series and the completeness of a span find. */
const found = async (device = "pump") => {
  const store = openReadOnly(bed.file, { texts });
  try {
    const pageOf = async (order: "asc" | "desc", limit: number): Promise<(number | null)[]> => {
      const sequences: (number | null)[] = [];
      let after: Position | null = null;
      do {
        const page = await store.reader.readings({ ...ALL, device, order, limit, after });
        sequences.push(...page.readings.map(({ sequence }) => sequence));
        after = page.next;
      } while (after !== null);
      return order === "asc" ? sequences : sequences.reverse();
    };
    const { completeness } = await store.reader.readings({ ...ALL, device, fromUs: 0 });
    const series = await store.reader.seriesText(
      { device, channel: "ch1", fromUs: null, toUs: null, nowUs: model.nowUs, division: { points: 1 } },
      "us",
    );
    const count = Number(/"count":(\d+)/.exec(Buffer.from(series!.text as Uint8Array).toString())?.[1] ?? 0);
    const pages = [
      await pageOf("asc", 1000),
      await pageOf("asc", 3),
      await pageOf("desc", 1000),
      await pageOf("desc", 3),
    ];
    return { pages, count, received: completeness.received };
  } finally {
    store.close();
  }
};

const first = (count: number) => {
  const page = Array.from({ length: count }, (_, sequence) => sequence);
  return { pages: [page, page, page, page], count, received: count };
};

test("readings from before the wall clock was set back are found", async () => {
  const run = startRun("pump");
  receiveAll(run, 0, 40);
  model.nowUs -= HOUR_US;
  receiveAll(run, 40, 60);
  expect(await found()).toEqual(first(60));
});

test("a clock that is set forward and back again hides nothing", async () => {
  const run = startRun("pump");
  receiveAll(run, 0, 5);
  model.nowUs += 24 * HOUR_US;
  receiveAll(run, 5, 10);
  model.nowUs -= 24 * HOUR_US;
  receiveAll(run, 10, 15);
  model.nowUs -= HOUR_US;
  receiveAll(run, 15, 20);
  expect(await found()).toEqual(first(20));
});

test("a run that began after the clock was set back is found, as is one that ended before", async () => {
  const old = startRun("old");
  receiveAll(old, 0, 20);
  model.nowUs -= HOUR_US;
  const run = startRun("pump");
  receiveAll(run, 0, 20);
  expect(await found()).toEqual(first(20));
  expect(await found("old")).toEqual(first(20));
});

test("they are found when a heartbeat was the first that came, at a time that comes once more", async () => {
  const run = startRun("pump");
  flush();
  model.nowUs += HOUR_US;
  receiveAll(run, 0, 20);
  model.nowUs -= HOUR_US;
  receiveAll(run, 20, 40);
  expect(await found()).toEqual(first(40));
});

test("they are found when the clock was set back after that heartbeat, and comes by its time again", async () => {
  const run = startRun("pump");
  flush();
  model.nowUs -= HOUR_US;
  receiveAll(run, 0, 20);
  model.nowUs += HOUR_US;
  receiveAll(run, 20, 40);
  expect(await found()).toEqual(first(40));
});

test("they are found after merging", async () => {
  writer.close();
  writer = bed.writer({ mergePolicy: { keptBytes: 0 } });
  const run = startRun("pump");
  receiveAll(run, 0, 100);
  model.nowUs -= HOUR_US;
  receiveAll(run, 100, 200);
  while (writer.flush().outcome !== "idle");
  expect(mergeOnce(writer, bed.file, 1000)).toBe(true);
  expect(await found()).toEqual(first(200));
});

test("they are found after a restart, and what comes then", async () => {
  const run = startRun("pump");
  receiveAll(run, 0, 20);
  model.nowUs -= HOUR_US;
  receiveAll(run, 20, 25);
  writer.close();
  writer = bed.writer();
  expect(await found()).toEqual(first(25));
  model.nowUs -= HOUR_US;
  receiveAll(run, 25, 30);
  expect(await found()).toEqual(first(30));
});

test("they are found when only copies come after the step", async () => {
  const run = startRun("pump");
  const other = startRun("other");
  receiveAll(run, 0, 20);
  model.nowUs -= HOUR_US;
  model.receive(run, 0);
  flush();
  receiveAll(other, 0, 3);
  expect(await found()).toEqual(first(20));
});

test("they are found when nothing is stored after the step", async () => {
  const run = startRun("pump");
  bed.clock.stepWallUs(60 * SECOND_US);
  receiveAll(run, 0, 20);
  model.nowUs -= HOUR_US;
  bed.clock.stepWallUs(-HOUR_US);
  model.receive(run, 0);
  flush();
  expect(await found()).toEqual(first(20));
});

test("a late number that came last before the step is found, when only copies come after it", async () => {
  const run = startRun("pump");
  receiveAll(run, 0, 10);
  receive(run, 11);
  model.close(run);
  model.nowUs += HOUR_US;
  receive(run, 10);
  bed.clock.stepWallUs(model.nowUs - bed.clock.wallUs());
  receive(startRun("other"), 0);
  bed.clock.stepWallUs(-HOUR_US);
  model.nowUs -= HOUR_US;
  model.receive(run, 0);
  flush();
  expect(await found()).toEqual(first(12));
});

test("they are found when several workers' batches come by turns", async () => {
  const second = new IngestModel({ worker: 1, nextDevice: 100, nextRun: 100 });
  const run = startRun("pump");
  const other = startRun("other", second);
  for (let sequence = 0; sequence < 20; sequence++) {
    if (sequence === 10) {
      model.nowUs -= HOUR_US;
      second.nowUs -= HOUR_US;
    }
    receive(run, sequence);
    receive(other, sequence, second);
  }
  expect(await found()).toEqual(first(20));
  expect(await found("other")).toEqual(first(20));
});

test("what is left of a run is found when retention removed its beginning from before the step", async () => {
  writer.close();
  writer = bed.writer({ maxBytes: 1 });
  const run = startRun("pump");
  receiveAll(run, 0, 3);
  while (writer.flush().outcome !== "idle");
  expect(writer.stored.readings).toBe(0);
  writer.close();
  writer = bed.writer();
  model.nowUs -= HOUR_US;
  receiveAll(run, 3, 30);
  // the clock comes by the time of what is gone again
  model.nowUs += HOUR_US;
  receiveAll(run, 30, 60);
  const { pages, count } = await found();
  expect(pages[0]).toEqual(first(60).pages[0]!.slice(3));
  expect(pages).toEqual([pages[0], pages[0], pages[0], pages[0]]);
  expect(count).toBe(57);
});

test("what is left of readings without numbers is found as well", async () => {
  writer.close();
  writer = bed.writer({ maxBytes: 1 });
  const run = model.run(model.device("pump"), null, 0, ROW_FLAG.UNSEQUENCED);
  const receiveOne = (): void => {
    model.nowUs += SECOND_US;
    model.receiveUnsequenced(run, [{ channel: 1, value: 1, timeUs: model.nowUs }]);
    flush();
  };
  receiveOne();
  while (writer.flush().outcome !== "idle");
  expect(writer.stored.readings).toBe(0);
  writer.close();
  writer = bed.writer();
  model.nowUs -= HOUR_US;
  for (let count = 0; count < 20; count++) receiveOne();
  model.nowUs += HOUR_US;
  for (let count = 0; count < 20; count++) receiveOne();
  const { pages } = await found();
  expect(pages.map(({ length }) => length)).toEqual([40, 40, 40, 40]);
});
