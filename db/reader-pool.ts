import { LacunaError } from "../common/errors.ts";
import type { QueryRequest } from "./queries.ts";
import { ERR_QUERY_TIMEOUT, type QueryLimits } from "./query-budget.ts";
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
  /** it took too long for the thread that is kept for short ones */
  isLong: boolean;
  /** nobody wants the answer any more */
  isGone(): boolean;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** Queries that wait for a thread at most; beyond it they are refused at once. */
const MAX_WAITING = 256;
/** What a query may take on the thread kept for short ones, milliseconds. */
const SHORT_MS = 50;
/** That many waiting queries start a further thread; each takes 10 to 15 MiB. */
const WAITING_PER_THREAD = 8;

const stays = (): boolean => false;

/**
 * Answers queries in threads. The first one is kept for short queries: one that takes longer than 50 ms there begins again on another, so that
 * slow ones never stand before the quick ones, however many they are. (With a single thread there is no such choice.)
 */
export class ReaderPool {
  readonly #limits: QueryLimits;
  readonly #threads: readonly QueryThread[];
  #waiting: Job[] = [];
  #isClosed = false;
  #idle: (() => void) | undefined;

  /** @param threads - at least one, not yet started */
  constructor(threads: readonly QueryThread[], limits: QueryLimits) {
    this.#threads = threads;
    this.#limits = limits;
  }

  /** Queries not yet answered. */
  get waiting(): number {
    return this.#waiting.length + this.#threads.filter(({ isBusy }) => isBusy).length;
  }

  readonly ask = ((query: QueryRequest, isGone = stays): Promise<unknown> => {
    if (this.#isClosed) return Promise.reject(new LacunaError("ERR_READER_CLOSED", "the store is closed"));
    if (this.#waiting.length >= MAX_WAITING) this.#giveUp();
    if (this.#waiting.length >= MAX_WAITING) {
      const message = `${MAX_WAITING} queries wait already; try again`;
      return Promise.reject(new LacunaError("ERR_READER_BUSY", message));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ query, isLong: false, isGone, resolve, reject });
      this.#dispatch();
    });
  }) as Ask;

  /** Answers what was asked before, then ends the threads. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.waiting > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  /** A query that waits and whose client is gone needs no answer; one that runs ends by itself. */
  #giveUp(): void {
    const gone = this.#waiting.filter((job) => job.isGone());
    if (gone.length === 0) return;
    this.#waiting = this.#waiting.filter((job) => !gone.includes(job));
    for (const job of gone) job.reject(new LacunaError("ERR_QUERY_CANCELLED", "the client is gone"));
  }

  #dispatch(): void {
    this.#giveUp();
    for (const [index, thread] of this.#threads.entries()) {
      if (thread.isBusy) continue;
      const isShort = index === 0 && this.#threads.length > 1;
      const at = this.#waiting.findIndex(({ isLong }) => !(isShort && isLong));
      if (at < 0) continue;
      const isWorthStarting =
        index === 0 || this.#waiting[at]!.isLong || this.#waiting.length > index * WAITING_PER_THREAD;
      if (!thread.isStarted && !isWorthStarting) continue;
      const [job] = this.#waiting.splice(at, 1);
      void this.#run(thread, job!, isShort);
    }
    if (this.waiting === 0) this.#idle?.();
  }

  async #run(thread: QueryThread, job: Job, isShort: boolean): Promise<void> {
    const timeMs = isShort ? Math.min(SHORT_MS, this.#limits.timeMs) : this.#limits.timeMs;
    try {
      job.resolve(await thread.run({ query: job.query, limits: { ...this.#limits, timeMs } }));
    } catch (error) {
      if (timeMs < this.#limits.timeMs && (error as LacunaError).code === ERR_QUERY_TIMEOUT) {
        job.isLong = true;
        this.#waiting.unshift(job);
      } else job.reject(error);
    }
    this.#dispatch();
  }
}
