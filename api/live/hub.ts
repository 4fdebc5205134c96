import type { ServerResponse } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../../common/clock.ts";
import { createRepeatLimiter, type RepeatLimiter } from "../../common/logger.ts";
import { ApiError } from "../problems.ts";
import type { LedgerSource, LiveCommit, LiveRun, LiveSource } from "../sources.ts";
import { LiveClient, type Wish } from "./client.ts";
import { GREETING } from "./event-text.ts";
import { type FeedThread, type StartFeed, startFeedThread } from "./feed-thread.ts";
import { GapNews, joinFilled, spanOf } from "./gap-news.ts";
import { LedgerNews } from "./ledger-news.ts";
import type { FromFeed } from "./messages.ts";

/** Ledgers are told that often at most. */
const LEDGER_EVERY_MS = 500;
/** The thread outlives its last client for so long: one whose connection broke comes again, and the thread knows what it missed. */
const LINGER_MS = 60_000;
const HEARTBEAT_EVERY_MS = 15_000;
/** Gaps of one commit that are told; of the others clients are told that there were some. */
const MOST_GAPS_PER_COMMIT = 1000;
/** Names of runs that are told the feed's thread at once: 1,000 devices may have 1,024 each. */
const MOST_NAMES = 10_000;

export interface HubOptions {
  clock: Clock;
  /** connections at once */
  maxClients: number;
  log: Pick<FastifyBaseLogger, "error">;
  startFeed?: StartFeed;
}

/** For metrics; counted since the start of the process. */
export interface LiveFigures {
  readonly clients: number;
  readonly refusedClients: number;
  /** how often a client fell behind */
  readonly slowClients: number;
}

/** Who closes its side may be gone, which shows with the second event that is sent to it: its place is for one that stays. */
const endHalfClosed = (client: LiveClient, { socket }: ServerResponse): void => {
  const end = (): void => client.end();
  if (socket?.readableEnded) end();
  else socket?.once("end", end);
};

/**
 * The live feed on the main thread: who is connected, who is told what. Readings come from the feed's thread, which runs only while
 * somebody wants them; ledgers and gaps come with the commits.
 */
export class LiveHub implements LiveFigures {
  refusedClients = 0;
  slowClients = 0;
  readonly #live: LiveSource;
  readonly #ledger: LedgerSource;
  readonly #options: HubOptions;
  readonly #limiter: RepeatLimiter;
  readonly #clients = new Map<number, LiveClient>();
  #lastClient = 0;
  #feed: FeedThread | undefined;
  #timers: NodeJS.Timeout[] = [];
  #lingering: NodeJS.Timeout | undefined;
  #ledgerChanged = false;
  #isClosed = false;

  constructor(live: LiveSource, ledger: LedgerSource, options: HubOptions) {
    this.#live = live;
    this.#ledger = ledger;
    this.#options = options;
    this.#limiter = createRepeatLimiter(options.clock);
    live.listen({ committed: (commit) => this.#committed(commit), closing: () => this.close() });
  }

  get clients(): number {
    return this.#clients.size;
  }

  /**
   * Room for one more.
   * @throws ApiError 503 when there is none
   */
  assertRoom(): void {
    if (this.#isClosed) throw new ApiError("ERR_UNAVAILABLE", "the collector is stopping");
    const { maxClients } = this.#options;
    if (this.#clients.size < maxClients) return;
    this.refusedClients++;
    const detail = `${maxClients} clients are connected to the live feed already`;
    throw new ApiError("ERR_TOO_MANY_CLIENTS", detail);
  }

  /**
   * Tell a client until it goes; its response has its head already.
   * @param after - the last id it has seen; null = only what comes from now on
   */
  add(response: ServerResponse, wish: Wish, after: string | null): void {
    const nowMs = this.#options.clock.monotonicMs();
    const client = new LiveClient(++this.#lastClient, response, wish, after, nowMs);
    this.#clients.set(client.id, client);
    response.once("close", () => this.#remove(client));
    // a peer that vanished: "close" follows
    response.on("error", () => {});
    client.send(GREETING);
    if (this.#timers.length === 0) this.#startTimers();
    if (client.wants("ledger")) new LedgerNews(this.#ledger).tell(client);
    if (client.wants("reading")) this.#join(client);
    endHalfClosed(client, response);
  }

  /** Every stream ends; clients come again when they can. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const client of this.#clients.values()) client.end();
    this.#stopTimers();
    await this.#closeFeed();
  }

  #join(client: LiveClient): void {
    const { devices, channels } = client.wish;
    client.state = "catching-up";
    clearTimeout(this.#lingering);
    try {
      this.#feed ??= this.#startFeed();
    } catch (error) {
      this.#feedFailed(error);
      return;
    }
    this.#feed.post({
      type: "join",
      client: client.id,
      filter: { devices, channels },
      runs: devices.map((id) => this.#ledger.device(id)?.runNumbers ?? []),
      after: client.position,
      atUs: this.#options.clock.wallUs(),
    });
  }

  #remove(client: LiveClient): void {
    if (!this.#clients.delete(client.id)) return;
    this.#feed?.post({ type: "leave", client: client.id });
    if (client.wants("reading") && this.#readers().next().done) {
      clearTimeout(this.#lingering);
      this.#lingering = setTimeout(() => void this.#closeFeed(), LINGER_MS).unref();
    }
    if (this.#clients.size === 0) this.#stopTimers();
  }

  *#readers(): Generator<LiveClient> {
    for (const client of this.#clients.values()) if (client.wants("reading")) yield client;
  }

  #startFeed(): FeedThread {
    const { file, flush } = this.#live;
    const start = this.#options.startFeed ?? startFeedThread;
    const feed = start(
      { file, flush },
      {
        message: (message) => {
          if (this.#feed === feed) this.#receive(message);
        },
        failed: (error) => {
          if (this.#feed === feed) this.#feedFailed(error);
        },
      },
    );
    return feed;
  }

  async #closeFeed(): Promise<void> {
    clearTimeout(this.#lingering);
    const feed = this.#feed;
    this.#feed = undefined;
    await feed?.close();
  }

  /** The thread died: its clients come again, and resume. Where the next one dies too they do so every two seconds. */
  #feedFailed(error: unknown): void {
    this.#feed = undefined;
    this.#limiter.limit("", (heldBack) =>
      this.#options.log.error({ err: error, heldBack }, "the live feed ended: its clients come again"),
    );
    for (const client of this.#readers()) client.end();
  }

  #receive(message: FromFeed): void {
    switch (message.type) {
      case "describe":
        this.#feed!.post({ type: "described", runs: this.#describe(message.runs) });
        break;
      case "told":
        this.#told(message);
        break;
      case "missed":
        this.#missed(message);
        break;
    }
  }

  /** As many of them as have not too many names. */
  #describe(runs: readonly number[]): (LiveRun | null)[] {
    const described: (LiveRun | null)[] = [];
    let names = 0;
    for (const number of runs) {
      const run = this.#live.describeRun(number) ?? null;
      described.push(run);
      names += run?.names.size ?? 0;
      if (names > MOST_NAMES) break;
    }
    return described;
  }

  #told({ position, texts }: Extract<FromFeed, { type: "told" }>): void {
    const textOf = new Map<number, Uint8Array>();
    for (const [clients, text] of texts) for (const client of clients) textOf.set(client, text);
    for (const client of this.#readers()) {
      if (client.state !== "told") continue;
      const text = textOf.get(client.id);
      if (text !== undefined && client.isFull) this.#fallBehind(client);
      else {
        if (text !== undefined) client.send(text);
        client.position = position;
      }
    }
  }

  #missed({ client: id, position, text, skipped, isAtEnd }: Extract<FromFeed, { type: "missed" }>): void {
    const client = this.#clients.get(id);
    if (client === undefined) return;
    if (skipped !== null) client.skip(skipped);
    if (text.length > 0) client.send(text);
    client.position = position;
    if (isAtEnd) client.join();
    else client.onceTaken(() => this.#feed?.post({ type: "more", client: id }));
  }

  #fallBehind(client: LiveClient): void {
    this.slowClients++;
    client.state = "behind";
    this.#feed?.post({ type: "leave", client: client.id });
    client.onceTaken(() => {
      if (this.#clients.has(client.id)) this.#join(client);
    });
  }

  #committed(commit: LiveCommit): void {
    if (this.#clients.size === 0 && this.#feed === undefined) return;
    this.#ledgerChanged = true;
    this.#feed?.post({
      type: "flush",
      flush: commit.flush,
      newRuns: commit.newRuns.flatMap((run) => {
        const device = this.#live.runOwner(run)?.device;
        return device === undefined ? [] : [[run, device] as const];
      }),
      changedDevices: commit.changedDevices,
    });
    this.#tellGaps(commit);
  }

  #tellGaps({ gaps, committedAtUs }: LiveCommit): void {
    const clients = Array.from(this.#clients.values()).filter((client) => client.wants("gap"));
    if (clients.length === 0 || gaps.length === 0) return;
    const joined = joinFilled(gaps);
    const news = new GapNews(joined.slice(0, MOST_GAPS_PER_COMMIT), this.#live);
    for (const client of clients) news.tell(client);
    if (joined.length <= MOST_GAPS_PER_COMMIT) return;
    const skipped = {
      reason: "too-many",
      fromUs: spanOf(joined.slice(MOST_GAPS_PER_COMMIT)).fromUs,
      toUs: committedAtUs,
    } as const;
    for (const client of clients) client.skipGaps(skipped);
  }

  #startTimers(): void {
    this.#timers = [
      setInterval(() => this.#tellLedgers(), LEDGER_EVERY_MS),
      setInterval(() => this.#beat(), HEARTBEAT_EVERY_MS),
    ];
  }

  #stopTimers(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  #tellLedgers(): void {
    // of those who were too slow the last time some may still lack something: their texts differ
    if (!this.#ledgerChanged && !this.#hasLag()) return;
    this.#ledgerChanged = false;
    const news = new LedgerNews(this.#ledger);
    for (const client of this.#clients.values()) if (client.wants("ledger")) news.tell(client);
  }

  #hasLag(): boolean {
    for (const client of this.#clients.values()) if (client.lacksLedger) return true;
    return false;
  }

  #beat(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const client of this.#clients.values()) client.heartbeat(nowMs);
  }
}
