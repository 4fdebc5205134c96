import { LacunaError } from "../../common/errors.ts";
import { SilenceWatch } from "../../common/silence-watch.ts";
import { ERR_QUERY_TIMEOUT, type QueryLimits } from "../query/query-budget.ts";
import type { QueryClient } from "../query/query-types.ts";
import type { QueryRequest } from "./queries.ts";
import { QueryTurns, type Turn } from "./query-turns.ts";
import type { Ask } from "./reader.ts";
import type { ReaderMessage } from "./reader-worker.ts";

/** What the pool needs of a thread (`ReaderThread`). */
export interface QueryThread {
  readonly isBusy: boolean;
  readonly isStarted: boolean;
  /** one at a time */
  run(message: ReaderMessage): Promise<unknown>;
  close(): Promise<void>;
}

interface Job {
  query: QueryRequest;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** Queries that wait for a thread at most; beyond it one is refused at once. */
const MAX_WAITING = 256;
/** What a query may take on the thread kept for short ones, milliseconds. */
const SHORT_MS = 50;
/** The same while another client waits that may have a shorter one. What takes longer is tried again when no such client waits. */
const CONTENDED_MS = 10;
/** That many waiting queries start a further thread, and so does one that is slow; each takes 10 to 15 MiB. */
const WAITING_PER_THREAD = 8;

const tooMany = (): LacunaError =>
  new LacunaError("ERR_READER_BUSY", `${MAX_WAITING} queries wait already; try again`);

const notBack = (code: string): LacunaError =>
  new LacunaError(code, "queries do not come back from the database: its disk may not answer; try again");

/**
 * Answers queries in threads. The first one is kept for short queries: one that takes longer than 50 ms there begins again on another, so that
 * slow ones never stand before the quick ones for longer, however many they are. (With a single thread there is no such choice.) Whose turn it is
 * `QueryTurns` says. A thread that does not come back, as one that waits for a disk, has *stalled*: nobody waits for it, nor for a
 * place behind it.
 */
export class ReaderPool {
  readonly #limits: QueryLimits;
  readonly #threads: readonly QueryThread[];
  readonly #turns = new QueryTurns<Job>();
  /** whose query has been given up, until they come back from it */
  readonly #stalled = new Set<QueryThread>();
  #isClosed = false;
  #idle: (() => void) | undefined;

  /** @param threads - at least one, not yet started */
  constructor(threads: readonly QueryThread[], limits: QueryLimits) {
    this.#threads = threads;
    this.#limits = limits;
  }

  /** Queries not yet answered. */
  get waiting(): number {
    const isAnswering = (thread: QueryThread): boolean => thread.isBusy && !this.#stalled.has(thread);
    return this.#turns.waiting + this.#threads.filter(isAnswering).length;
  }

  /** Threads that have not come back from their query for ten seconds longer than it may take. */
  get stalled(): number {
    return this.#stalled.size;
  }

  /** @param client - without one the query is a client's of its own */
  readonly ask = ((
    query: QueryRequest,
    client: QueryClient = { destroyed: false, readableEnded: false },
  ): Promise<unknown> => {
    if (this.#isClosed) return Promise.reject(new LacunaError("ERR_READER_CLOSED", "the store is closed"));
    if (this.stalled === this.#threads.length) return Promise.reject(notBack("ERR_READER_STALLED"));
    if (this.#turns.waiting >= MAX_WAITING) this.#giveUp();
    if (this.#turns.waiting >= MAX_WAITING) {
      const job = this.#turns.giveUpHalfClosed();
      if (job === undefined) return Promise.reject(tooMany());
      job.reject(tooMany());
    }
    return new Promise((resolve, reject) => {
      this.#turns.add({ query, resolve, reject }, client);
      this.#dispatch();
    });
  }) as Ask;

  /** Answers what was asked before, then ends the threads. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.waiting > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await Promise.all(this.#threads.map((thread) => this.#end(thread)));
  }

  /** One that has stalled ends if ever it comes back. */
  async #end(thread: QueryThread): Promise<void> {
    const ended = thread.close();
    if (!this.#stalled.has(thread)) await ended;
  }

  /** A query that waits and whose client is gone needs no answer; one that runs ends by itself. */
  #giveUp(): void {
    for (const job of this.#turns.giveUp())
      job.reject(new LacunaError("ERR_QUERY_CANCELLED", "the client is gone"));
  }

  #dispatch(): void {
    if (this.#turns.waiting > 0) this.#giveUp();
    for (const [index, thread] of this.#threads.entries()) {
      if (this.#turns.waiting === 0) break;
      if (thread.isBusy) continue;
      const isShort = index === 0 && this.#threads.length > 1;
      const isWorthStarting = this.#turns.waiting > index * WAITING_PER_THREAD || this.stalled > 0;
      const turn = isShort
        ? this.#turns.takeShort()
        : this.#turns.takeLong(index === 0 || thread.isStarted || isWorthStarting);
      if (turn !== undefined) void this.#run(thread, turn, isShort);
    }
    if (this.waiting === 0) this.#idle?.();
  }

  async #run(thread: QueryThread, turn: Turn<Job>, isShort: boolean): Promise<void> {
    const isContended = isShort && this.#turns.hasQuick;
    const mostMs = isContended ? CONTENDED_MS : isShort ? SHORT_MS : Number.POSITIVE_INFINITY;
    const timeMs = Math.min(mostMs, this.#limits.timeMs);
    const { query, resolve, reject } = turn.query;
    const watch = new SilenceWatch(() => this.#stall(thread, turn.query), timeMs);
    try {
      const answer = await thread.run({ query, limits: { ...this.#limits, timeMs } });
      if (isShort) this.#turns.endShort(turn);
      resolve(answer);
    } catch (error) {
      const isTooLong = timeMs < this.#limits.timeMs && (error as LacunaError).code === ERR_QUERY_TIMEOUT;
      if (isTooLong && !this.#stalled.has(thread)) this.#turns.postpone(turn, !isContended);
      else {
        if (isShort) this.#turns.endShort(turn);
        reject(error);
      }
    }
    watch.close();
    this.#stalled.delete(thread);
    this.#dispatch();
  }

  /** What waits would wait for the same disk. The other threads are asked by whoever comes from now on. */
  #stall(thread: QueryThread, job: Job): void {
    if (this.#stalled.has(thread)) return;
    this.#stalled.add(thread);
    for (const { reject } of [job, ...this.#turns.giveUpAll()]) reject(notBack(ERR_QUERY_TIMEOUT));
    this.#dispatch();
  }
}
