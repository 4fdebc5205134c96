import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
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

// some tests end with queries that nobody answers: they must not be given up while others run
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
});

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

test("where there is no room who asks takes the place of a client that has closed its side, and may be gone", async () => {
  const { pool, ask, threads } = poolOf(1);
  const [one, other] = ["one", "other"].map(() => ({ destroyed: false, readableEnded: false }));
  const answers = [ask("running"), ask("a", one), ask("b", other)];
  for (let index = 2; index < 256; index++) void ask(`${index}`);
  one!.readableEnded = true;
  void ask("instead of a");
  await expect(answers[1]).rejects.toMatchObject({ code: "ERR_READER_BUSY" });
  await expect(ask("one more")).rejects.toMatchObject({ code: "ERR_READER_BUSY" });
  expect(pool.waiting).toBe(257);
  await threads[0]!.end();
  expect(askedOf(threads[0])).toBe("b");
});

test("a query whose client is gone is given up while it waits", async () => {
  const { threads, ask, pool } = poolOf(1);
  const first = ask("a");
  const client = { destroyed: false, readableEnded: false };
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

describe("a thread that does not come back, as from a disk that does not answer", () => {
  /** Ten seconds, and what a query may take. */
  const stall = (timeMs: number): void => {
    vi.advanceTimersByTime(10_000 + Math.ceil(timeMs / 1000) * 1000 + 1000);
  };
  const codes = async (answers: Promise<unknown>[]): Promise<unknown[]> =>
    (await Promise.allSettled(answers)).map((each) => (each as { reason?: LacunaError }).reason?.code);

  test("has its query given up, and what waits, which would wait for the same", async () => {
    const { pool, threads, ask } = poolOf(1);
    const answers = [ask("a"), ask("b"), ask("c")];
    vi.advanceTimersByTime(15_000);
    expect([pool.waiting, pool.stalled]).toEqual([3, 0]);
    stall(0);
    expect(await codes(answers)).toEqual(["ERR_QUERY_TIMEOUT", "ERR_QUERY_TIMEOUT", "ERR_QUERY_TIMEOUT"]);
    expect([pool.waiting, pool.stalled]).toEqual([0, 1]);
    expect(await codes([ask("d")])).toEqual(["ERR_READER_STALLED"]);
    await threads[0]!.end();
    expect(pool.stalled).toBe(0);
    const answer = ask("e");
    await threads[0]!.end();
    expect(await answer).toMatchObject({ request: "e" });
  });

  test("leaves the queries to the others; what was too long for it does not begin again", async () => {
    const { pool, threads, ask } = poolOf(2);
    const given = ask("a");
    stall(50);
    expect(await codes([given])).toEqual(["ERR_QUERY_TIMEOUT"]);
    const answers = [ask("b"), ask("c")];
    expect(askedOf(threads[1])).toBe("b");
    await threads[0]!.end(timeout());
    expect([pool.stalled, askedOf(threads[0])]).toEqual([0, "c"]);
    await threads[0]!.end();
    await threads[1]!.end();
    expect(await codes(answers)).toEqual([undefined, undefined]);
    expect(pool.waiting).toBe(0);
  });

  test("does not hold up a close, and ends when it comes back", async () => {
    const { pool, threads, ask } = poolOf(2);
    const given = ask("a");
    const closing = pool.close();
    stall(50);
    expect(await codes([given])).toEqual(["ERR_QUERY_TIMEOUT"]);
    threads[0]!.close = () => {
      threads[0]!.isClosed = true;
      return new Promise(() => {});
    };
    await closing;
    expect(threads.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  });
});
