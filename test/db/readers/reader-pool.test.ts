import { expect, test } from "vitest";
import { LacunaError } from "../../../common/errors.ts";
import type { QueryClient } from "../../../db/query/query-types.ts";
import { type QueryThread, ReaderPool } from "../../../db/readers/reader-pool.ts";
import type { ReaderMessage } from "../../../db/readers/reader-worker.ts";

const LIMITS = { timeMs: 5000, readings: 1000 };

/** A thread whose queries end when the test says so. */
class FakeThread implements QueryThread {
  isStarted = false;
  isClosed = false;
  message: ReaderMessage | undefined;
  #running: PromiseWithResolvers<unknown> | undefined;

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  run(message: ReaderMessage): Promise<unknown> {
    this.isStarted = true;
    this.message = message;
    this.#running = Promise.withResolvers();
    return this.#running.promise;
  }

  async end(error?: LacunaError): Promise<void> {
    const running = this.#running!;
    this.#running = undefined;
    if (error === undefined) running.resolve(this.message!.query);
    else running.reject(error);
    await new Promise(setImmediate);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

const poolOf = (count: number) => {
  const threads = Array.from({ length: count }, () => new FakeThread());
  const pool = new ReaderPool(threads, LIMITS);
  const ask = (name: string, client?: QueryClient) =>
    pool.ask({ kind: "events", request: name } as never, client);
  return { pool, threads, ask };
};
const askedOf = (thread: FakeThread | undefined): unknown => thread?.message?.query.request;
const timeout = () => new LacunaError("ERR_QUERY_TIMEOUT", "too long");

test("while queries are short one thread answers them in their order", async () => {
  const { threads, ask } = poolOf(3);
  const answers = [ask("a"), ask("b"), ask("c")];
  for (const name of ["a", "b", "c"]) {
    expect(askedOf(threads[0])).toBe(name);
    await threads[0]!.end();
  }
  await Promise.all(answers);
  expect(threads.map(({ isStarted }) => isStarted)).toEqual([true, false, false]);
});

test("a query that is too long for the first thread begins again on another with its whole time", async () => {
  const { threads, ask } = poolOf(2);
  const answer = ask("long");
  expect(threads[0]!.message!.limits).toEqual({ timeMs: 50, readings: 1000 });
  await threads[0]!.end(timeout());
  expect([threads[0]!.isBusy, askedOf(threads[1])]).toEqual([false, "long"]);
  expect(threads[1]!.message!.limits).toEqual(LIMITS);
  await threads[1]!.end();
  expect(await answer).toMatchObject({ request: "long" });
});

test("long queries wait for each other and never stand before a short one", async () => {
  const { threads, ask } = poolOf(2);
  const answers = [ask("long 1"), ask("long 2"), ask("short")];
  await threads[0]!.end(timeout());
  await threads[0]!.end(timeout());
  expect([askedOf(threads[0]), askedOf(threads[1])]).toEqual(["short", "long 1"]);
  await threads[0]!.end();
  expect(askedOf(threads[0])).toBe("long 2");
  await threads[0]!.end(timeout());
  expect(threads[0]!.isBusy).toBe(false);
  await threads[1]!.end();
  expect(askedOf(threads[1])).toBe("long 2");
  await threads[1]!.end();
  await Promise.all(answers);
});

test("while another client waits a query is tried for a shorter time, and again where there is room first", async () => {
  const { threads, ask } = poolOf(2);
  const answers = [ask("long"), ask("a"), ask("b")];
  await threads[0]!.end(timeout());
  expect([askedOf(threads[0]), askedOf(threads[1])]).toEqual(["a", "long"]);
  expect(threads[0]!.message!.limits.timeMs).toBe(10);
  await threads[0]!.end(timeout());
  expect(askedOf(threads[0])).toBe("b");
  await threads[0]!.end();
  expect(askedOf(threads[0])).toBe("a");
  expect(threads[0]!.message!.limits.timeMs).toBe(50);
  await threads[0]!.end();
  await threads[1]!.end();
  await Promise.all(answers);
});

test("quick clients, however many, do not keep waiting what was tried for the shorter time", async () => {
  const { threads, ask } = poolOf(2);
  for (const name of ["a", "b", "c", "d"]) void ask(name);
  await threads[0]!.end();
  expect(askedOf(threads[0])).toBe("b");
  await threads[0]!.end(timeout());
  expect([askedOf(threads[0]), askedOf(threads[1])]).toEqual(["c", "b"]);
  expect(threads[1]!.message!.limits).toEqual(LIMITS);
});

test("a query that is too long where it had its whole time fails", async () => {
  const { threads, ask } = poolOf(1);
  const answer = ask("long");
  expect(threads[0]!.message!.limits).toEqual(LIMITS);
  await Promise.all([
    expect(answer).rejects.toMatchObject({ code: "ERR_QUERY_TIMEOUT" }),
    threads[0]!.end(timeout()),
  ]);
});

test("many waiting queries start a further thread", () => {
  const { threads, ask } = poolOf(2);
  for (let index = 0; index < 10; index++) void ask(`${index}`);
  expect(askedOf(threads[1])).toBe("1");
});

test("beyond 256 waiting queries the next is refused at once", async () => {
  const { pool, ask } = poolOf(1);
  for (let index = 0; index < 257; index++) void ask(`${index}`);
  expect(pool.waiting).toBe(257);
  await expect(ask("one more")).rejects.toMatchObject({ code: "ERR_READER_BUSY" });
});

test("a query whose client is gone is given up while it waits", async () => {
  const { threads, ask, pool } = poolOf(1);
  const first = ask("a");
  const client = { destroyed: false };
  const second = ask("b", client);
  const third = ask("c");
  client.destroyed = true;
  await Promise.all([
    expect(second).rejects.toMatchObject({ code: "ERR_QUERY_CANCELLED" }),
    threads[0]!.end(),
  ]);
  expect(askedOf(threads[0])).toBe("c");
  await threads[0]!.end();
  await Promise.all([first, third]);
  expect(pool.waiting).toBe(0);
});

test("close waits for the answers to what was asked before", async () => {
  const { threads, ask, pool } = poolOf(1);
  const answers = [ask("a"), ask("b")];
  const closing = pool.close();
  await expect(ask("c")).rejects.toMatchObject({ code: "ERR_READER_CLOSED" });
  await threads[0]!.end();
  expect(threads[0]!.isClosed).toBe(false);
  await threads[0]!.end();
  await Promise.all([...answers, closing]);
  expect(threads[0]!.isClosed).toBe(true);
});
