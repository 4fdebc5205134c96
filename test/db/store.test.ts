import { EventEmitter, once } from "node:events";
import { readdirSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../common/clock.ts";
import { UNLIMITED } from "../../db/query/query-budget.ts";
import { openArchive } from "../../db/restore/archive.ts";
import { openStore, Store, type StoreOptions } from "../../db/store.ts";
import type { WriterFigures, WriterMessage } from "../../db/writer/writer-messages.ts";
import type { BatchMessage, BatchReturn } from "../../protocol/batch.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { StoreBed } from "../support/store-bed.ts";

const open = (bed: StoreBed, options: Partial<StoreOptions> = {}): Promise<Store> =>
  openStore({ file: bed.file, clock: systemClock, flushMs: 10, ...options });

const post = (store: Store, message: BatchMessage): void => store.ingestPorts[0]!.postMessage(message);

const restoredOf = (store: Store): unknown => {
  const archive = openArchive(store.archiveOptions);
  const restored = archive.restored(10);
  const read = { ...restored, devices: [...restored.devices] };
  archive.close();
  return read;
};

const committed = async (store: Store): Promise<void> => {
  await once(store, "commit");
};

/** Resolves when the condition holds; asked whenever the store hears from its writer. */
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

const onePump = (): { model: IngestModel; send(store: Store): void } => {
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  let next = 0;
  return {
    model,
    send(store) {
      model.receive(run, next++, [{ channel: 1, value: 21.5, timeUs: model.nowUs }]);
      post(store, model.seal());
    },
  };
};

test("what a batch brings is shown once it is committed, and its buffer comes back", async () => {
  using bed = new StoreBed();
  const store = await open(bed);
  const { send } = onePump();
  const returned = once(store.ingestPorts[0]!, "message");
  const { heardUntilUs } = store.view;
  send(store);
  expect(store.view.deviceCount).toBe(0);
  await committed(store);
  expect(store.view.heardUntilUs).toBeGreaterThan(heardUntilUs);
  expect(store.view.device("pump")?.latest).toMatchObject([{ name: "ch1", value: 21.5 }]);
  const [{ committed: number, buffer }] = (await returned) as [BatchReturn];
  expect(number).toBe(1);
  expect(buffer.byteLength).toBeGreaterThan(0);
  await store.close();
});

test("several ingest workers: each gets its own buffers and numbers back, their counters are added and never fall", async () => {
  using bed = new StoreBed();
  const store = await open(bed, { ingestWorkers: 2 });
  const models = [new IngestModel(), new IngestModel({ worker: 1, nextDevice: 101, nextRun: 101 })];
  const returned: BatchReturn[][] = [[], []];
  for (const [worker, port] of store.ingestPorts.entries()) {
    port.on("message", (message: BatchReturn) => returned[worker]!.push(message));
  }
  const seal = (worker: number, sheds: number): void => {
    const model = models[worker]!;
    const run = model.run(model.device(`pump-${worker}-${sheds}`), 1);
    model.receive(run, 0, []);
    model.fleet.datagrams += sheds;
    model.fleet.shed += sheds;
    store.ingestPorts[worker]!.postMessage(model.seal());
  };
  const seen: number[] = [];
  store.on("commit", () => seen.push(store.view.fleet().counters.datagrams));
  seal(1, 10);
  await until(() => returned[1]!.length === 1);
  seal(0, 100);
  seal(0, 1000);
  await until(() => returned[0]!.length === 2);
  seal(1, 1);
  await until(() => returned[1]!.length === 2 && store.view.fleet().counters.shed >= 1111);
  expect(store.view.fleet().counters).toMatchObject({ datagrams: 1115, shed: 1111 });
  expect(store.view.fleet().counts).toMatchObject({ received: 4, stored: 4 });
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(returned.map((own) => own.at(-1)!.committed)).toEqual([2, 2]);
  for (const port of store.ingestPorts) port.close();
  await store.close();
  const again = await open(bed);
  expect(again.view.fleet().counters).toMatchObject({ datagrams: 1115, shed: 1111 });
  await again.close();
});

test("queries are answered by the reader's thread", async () => {
  using bed = new StoreBed();
  const store = await open(bed);
  const { model, send } = onePump();
  model.event(null, "restart");
  send(store);
  await committed(store);
  const all = { device: "pump", fromUs: null, toUs: null, limit: 10, after: null };
  const { readings, completeness } = await store.reader.readings({ ...all, channels: [], order: "desc" });
  expect(readings).toMatchObject([{ sequence: 0, names: ["ch1"], values: [21.5] }]);
  expect(completeness).toMatchObject({ expected: 1, received: 1 });
  const { events } = await store.reader.events({ ...all, device: null, kind: "restart", order: "asc" });
  expect(events).toMatchObject([{ kind: "restart", device: null, detail: { n: 0 } }]);
  expect(await store.reader.gaps({ ...all, order: "asc", state: null, cause: null })).toEqual({
    gaps: [],
    next: null,
  });
  await store.close();
  await expect(store.reader.gaps({ ...all, order: "asc", state: null, cause: null })).rejects.toMatchObject({
    code: "ERR_READER_CLOSED",
  });
});

test("after a close none of SQLite's files are beside the database, also when there were merges", async () => {
  using bed = new StoreBed();
  const store = await open(bed);
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  for (let sequence = 0; store.status().merges === 0; sequence++) {
    // the newest megabyte of flushes is not merged yet: values that nothing can make smaller
    const readings = Array.from({ length: 1000 }, (_, channel) => ({
      channel,
      value: Math.random(),
      timeUs: model.nowUs,
    }));
    model.receive(run, sequence, readings);
    post(store, model.seal());
    await committed(store);
  }
  await store.close();
  expect(readdirSync(bed.directory).sort()).toEqual(["lacuna.db", "lacuna.db-lock"]);
});

test("close commits what was posted before, and the next start goes on from it", async () => {
  using bed = new StoreBed();
  const store = await open(bed, { flushMs: 60_000 });
  expect(restoredOf(store)).toMatchObject({ hasHistory: false, nextDevice: 1, nextRun: 1, devices: [] });
  const { send } = onePump();
  for (let batch = 0; batch < 5; batch++) send(store);
  await store.close();
  expect(store.status()).toMatchObject({ state: "CLOSED", pendingBatches: 0 });
  const next = await open(bed);
  expect(restoredOf(next)).toMatchObject({
    hasHistory: true,
    nextDevice: 2,
    nextRun: 2,
    devices: [{ id: "pump" }],
  });
  expect(next.view.fleet().counts).toMatchObject({ received: 5, stored: 5 });
  await next.close();
});

test("many waiting batches do not wait for the timer", async () => {
  using bed = new StoreBed();
  const store = await open(bed, { flushMs: 60_000, flushBatches: 3 });
  const { send } = onePump();
  for (let batch = 0; batch < 3; batch++) send(store);
  await committed(store);
  expect(store.view.fleet().counts.received).toBe(3);
  await store.close();
});

test("the status tells what there is to tell also when there is nothing to commit", async () => {
  using bed = new StoreBed();
  const store = await open(bed);
  const model = new IngestModel();
  model.receive(model.run(model.device("pump"), 1), 0, []);
  // waits for the rest of it
  post(store, model.seal(true));
  await until(() => store.status().pendingBatches === 1);
  expect(store.view.deviceCount).toBe(0);
  post(store, model.seal());
  await committed(store);
  expect(store.status()).toMatchObject({ pendingBatches: 0 });
  await store.close();
});

test("while commits fail the status says so, and what waits is pending; then it is stored", async () => {
  using bed = new StoreBed();
  const store = await open(bed);
  const other = bed.closing(new Database(bed.file));
  other.exec("BEGIN IMMEDIATE");
  const { send } = onePump();
  send(store);
  await until(() => store.status().state === "FAILING");
  expect(store.status()).toMatchObject({ reason: expect.stringContaining("SQLITE_BUSY"), pendingBatches: 1 });
  expect(store.view.fleet().counts).toMatchObject({ received: 1, pending: 1, stored: 0 });
  other.exec("ROLLBACK");
  await committed(store);
  expect(store.status()).toMatchObject({ state: "OK", reason: null, pendingBatches: 0 });
  expect(store.view.fleet().counts).toMatchObject({ received: 1, pending: 0, stored: 1 });
  await store.close();
});

test("a commit that failed is over when there is nothing left to commit", async () => {
  using bed = new StoreBed();
  const store = await open(bed);
  const other = bed.closing(new Database(bed.file));
  const fill = "CREATE TABLE rows (bytes); INSERT INTO rows VALUES (zeroblob(25000000))";
  other.exec(fill);
  // more free pages than are kept: the writer would give some back
  other.exec("DROP TABLE rows; BEGIN IMMEDIATE");
  await until(() => store.status().state === "FAILING");
  other.exec(`${fill}; COMMIT`);
  await until(() => store.status().state === "OK");
  expect(store.status()).toMatchObject({ reason: null });
  await store.close();
});

test("a close that cannot commit says how many batches are lost", async () => {
  using bed = new StoreBed();
  const store = await open(bed, { closeTimeoutMs: 100 });
  const other = bed.closing(new Database(bed.file));
  other.exec("BEGIN IMMEDIATE");
  onePump().send(store);
  await expect(store.close()).rejects.toMatchObject({
    code: "ERR_UNSAVED",
    message: expect.stringContaining("1 batch"),
  });
});

describe("a close that hears nothing of its writer for 50 s is given up", () => {
  const closeOf = async (bed: StoreBed, heard: readonly WriterMessage[]) => {
    await (await open(bed)).close();
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const told = Promise.withResolvers<unknown>();
    const worker = Object.assign(new EventEmitter(), { postMessage: told.resolve });
    const figures = { lastError: "database is locked" } as WriterFigures;
    const store = new Store(
      { file: bed.file, flushMs: 10 },
      systemClock,
      worker as unknown as Worker,
      [],
      { type: "opened", hasHistory: true, figures },
      { threads: 1, limits: UNLIMITED, textsUrl: null },
    );
    store.on("error", () => {});
    const closing = store.close().then(
      () => null,
      ({ code }: { code: string }) => code,
    );
    expect(await told.promise).toBe("close");
    for (const message of heard) worker.emit("message", message);
    vi.advanceTimersByTime(50_000);
    expect(store.status().state).toBe("OK");
    vi.advanceTimersByTime(1000);
    return [await closing, store.status().state];
  };
  const cases: [string, WriterMessage[], unknown[]][] = [
    ["what it has not committed may be lost", [], ["ERR_WRITER", "FAILED"]],
    ["once all is committed nothing is lost", [{ type: "saved", unsavedBatches: 0 }], [null, "CLOSED"]],
    ["what is lost is told", [{ type: "saved", unsavedBatches: 2 }], ["ERR_UNSAVED", "CLOSED"]],
  ];
  test.each(cases)("%s", async (_name, heard, outcome) => {
    using bed = new StoreBed();
    expect(await closeOf(bed, heard)).toEqual(outcome);
  });
});

test("a database in use is refused with the owner's process", async () => {
  using bed = new StoreBed();
  const store = await open(bed);
  await expect(open(bed)).rejects.toMatchObject({
    code: "ERR_DATABASE_OWNED",
    message: expect.stringContaining(String(process.pid)),
  });
  await store.close();
});

test("a batch that breaks the schema is a fatal error of the store, not of the process", async () => {
  using bed = new StoreBed();
  const store = await open(bed);
  const model = new IngestModel();
  const run = model.run(model.device("pump"), 1);
  model.receive(run, 0);
  model.receive(run, 2);
  const opened = model.nowUs;
  model.close(run);
  // the same gap once more
  run.lost.clear();
  run.open.set(1, opened);
  model.close(run);
  const failed = once(store, "error");
  const brokenAtUs = systemClock.wallUs();
  post(store, model.seal());
  const [error] = await failed;
  expect(error).toMatchObject({ code: "SQLITE_CONSTRAINT_PRIMARYKEY" });
  expect(store.status()).toMatchObject({
    state: "FAILED",
    reason: expect.stringContaining("UNIQUE"),
    sinceUs: expect.toSatisfy((sinceUs: number) => sinceUs >= brokenAtUs),
  });
  await expect(store.close()).rejects.toBe(error);
});
