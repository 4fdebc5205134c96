import { SegmentCorruptError } from "../../db/codec/corrupt.ts";
import type { LiveSegments } from "../../db/query/live-segments.ts";
import type { LiveRun } from "../sources.ts";
import { Audience } from "./audience.ts";
import { CatchUp, resumeAt } from "./catch-up.ts";
import type { FromFeed, ReadingFilter, Skipped, ToFeed } from "./messages.ts";
import { partId } from "./position.ts";
import { ReadingText } from "./reading-text.ts";
import { RunNames } from "./run-names.ts";
import { FLUSHES_TO_WARM_UP, HOLD_US, Teller } from "./teller.ts";

export interface FeedHost {
  segments: LiveSegments;
  post(message: FromFeed, transfer?: ArrayBuffer[]): void;
  /** calls back once, after that many milliseconds */
  after(delayMs: number, then: () => void): void;
}

/** Told after that: a flush with a commit inside the hold may still be on its way. */
const GRACE_MS = 500;
const encoder = new TextEncoder();

interface Client {
  filter: ReadingFilter;
  /** null = it is told with the others */
  catchUp: CatchUp | null;
  /** it can take more of what it missed */
  wantsMore: boolean;
}

type Work = Exclude<ToFeed, { type: "described" | "more" | "close" }> | { type: "rest"; flush: number };

/** The live feed of readings: one thing after the other, flushes before what single clients missed. */
export class Feed {
  readonly #host: FeedHost;
  readonly #names: RunNames;
  readonly #text = new ReadingText();
  readonly #audience: Audience;
  readonly #clients = new Map<number, Client>();
  /** runs of each device that some client names */
  readonly #runsOfDevice = new Map<string, Set<number>>();
  readonly #work: Work[] = [];
  #teller: Teller;
  #isWorking = false;
  #answered: ((runs: readonly (LiveRun | null)[]) => void) | undefined;

  /**
   * @param flush - the last one that is not told
   * @param mostRuns - for tests: whose names are remembered
   */
  constructor(host: FeedHost, flush: number, mostRuns?: number) {
    this.#host = host;
    this.#names = new RunNames((runs) => this.#describe(runs), mostRuns);
    this.#audience = new Audience(this.#names, this.#text);
    this.#teller = new Teller(host.segments, this.#names, new Set(), flush);
    this.#teller.committedAtUs = host.segments.committedUpTo(flush);
  }

  /** @returns settles when there is nothing to do; rejects when the database cannot be read, or what was to be told is merged already */
  async receive(message: Exclude<ToFeed, { type: "close" }>): Promise<void> {
    if (message.type === "described") {
      this.#answered?.(message.runs);
      return;
    }
    if (message.type === "more") {
      const client = this.#clients.get(message.client);
      if (client !== undefined) client.wantsMore = true;
    } else this.#work.push(message);
    await this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      for (;;) {
        const work = this.#work.shift();
        if (work !== undefined) await this.#do(work);
        else if (!(await this.#tellOneWhatItMissed())) return;
      }
    } finally {
      this.#isWorking = false;
    }
  }

  #do(work: Work): Promise<void> | void {
    switch (work.type) {
      case "flush":
        return this.#flush(work);
      case "rest":
        return this.#rest(work.flush);
      case "join":
        return this.#join(work);
      case "leave":
        return this.#leave(work.client);
    }
  }

  async #flush({ flush, newRuns, changedDevices }: Extract<Work, { type: "flush" }>): Promise<void> {
    this.#names.forget(changedDevices);
    for (const [run, device] of newRuns) this.#runsOfDevice.get(device)?.add(run);
    const segment = flush > this.#teller.flush ? this.#host.segments.newest(flush) : null;
    // nothing to tell: what is held goes on waiting
    if (segment === null) return;
    this.#teller.runs = this.#wanted();
    const texts = this.#audience.texts(await this.#teller.next(segment));
    this.#post(texts);
    this.#restLater();
  }

  #restLater(): void {
    const { isHolding, flush } = this.#teller;
    if (!isHolding) return;
    this.#host.after(HOLD_US / 1000 + GRACE_MS, () => {
      this.#work.push({ type: "rest", flush });
      void this.#run();
    });
  }

  async #rest(flush: number): Promise<void> {
    if (this.#teller.flush !== flush) return;
    this.#post(this.#audience.texts([await this.#teller.rest()]));
  }

  #post(texts: ReturnType<Audience["texts"]>): void {
    const position = partId(this.#teller);
    this.#host.post(
      { type: "told", position, texts },
      texts.map(([, text]) => text.buffer),
    );
  }

  async #join({ client, filter, runs, after, atUs }: Extract<Work, { type: "join" }>): Promise<void> {
    for (const [index, device] of filter.devices.entries()) {
      const known = this.#runsOfDevice.get(device) ?? new Set();
      for (const run of runs[index] ?? []) known.add(run);
      this.#runsOfDevice.set(device, known);
    }
    const joined: Client = { filter, catchUp: null, wantsMore: true };
    this.#clients.set(client, joined);
    await this.#warmUp(atUs);
    const resumed = after === null ? null : resumeAt(this.#host.segments, after, this.#teller);
    if (resumed?.place?.part === 1) await this.#restAsToldBefore(resumed.place.flush);
    if (resumed?.place == null) this.#joinTheOthers(client, joined, "", resumed?.skipped ?? null);
    else {
      const parts = { segments: this.#host.segments, names: this.#names, text: this.#text };
      joined.catchUp = new CatchUp(parts, filter, () => this.#runsOf(filter), resumed.place);
    }
  }

  #leave(client: number): void {
    this.#clients.delete(client);
    this.#audience.remove(client);
    const named = new Set(Array.from(this.#clients.values(), ({ filter }) => filter.devices).flat());
    for (const device of this.#runsOfDevice.keys()) if (!named.has(device)) this.#runsOfDevice.delete(device);
  }

  #joinTheOthers(id: number, client: Client, text: string, skipped: Skipped | null): void {
    client.catchUp = null;
    this.#audience.add(id, client.filter);
    this.#postMissed(id, text, partId(this.#teller), skipped, true);
  }

  /** @returns false when nobody misses anything and can take it */
  async #tellOneWhatItMissed(): Promise<boolean> {
    for (const [id, client] of this.#clients) {
      if (client.catchUp === null || !client.wantsMore) continue;
      const missed = await client.catchUp.next(this.#teller);
      if (missed === null) {
        const skipped = { reason: "too-old", fromUs: null, toUs: this.#teller.committedAtUs } as const;
        this.#joinTheOthers(id, client, "", skipped);
      } else if (missed.isAtEnd) this.#joinTheOthers(id, client, missed.text, null);
      else if (missed.text !== "") {
        client.wantsMore = false;
        this.#postMissed(id, missed.text, missed.position, null, false);
        // others first, next time
        this.#clients.delete(id);
        this.#clients.set(id, client);
      }
      return true;
    }
    return false;
  }

  #postMissed(
    client: number,
    text: string,
    position: string,
    skipped: Skipped | null,
    isAtEnd: boolean,
  ): void {
    const bytes = encoder.encode(text);
    this.#host.post({ type: "missed", client, position, text: bytes, skipped, isAtEnd }, [bytes.buffer]);
  }

  /**
   * The teller begins to follow runs it did not: with what is held of them. What was due before anybody was here counts as told, as those
   * who come again may have been told by the feed before.
   */
  async #warmUp(atUs: number): Promise<void> {
    const { runs } = this.#teller;
    const wanted = this.#wanted();
    const isWider = runs !== null && (wanted === null || [...wanted].some((run) => !runs.has(run)));
    if (!isWider) return;
    const teller = await this.#tellerOf(wanted);
    teller.goOnFrom(this.#teller);
    this.#teller = teller;
    const isDue = atUs - this.#teller.committedAtUs > HOLD_US;
    if (isDue && this.#clients.size === 1) await this.#teller.rest();
    else this.#restLater();
  }

  /** One that is where the feed is: it has seen what it can of the flushes before, which may be damaged. */
  async #tellerOf(runs: ReadonlySet<number> | null): Promise<Teller> {
    const { segments } = this.#host;
    for (let seen = FLUSHES_TO_WARM_UP; seen > 0; seen--) {
      try {
        return await Teller.after(segments, this.#names, runs, this.#teller, seen);
      } catch (error) {
        if (!(error instanceof SegmentCorruptError)) throw error;
      }
    }
    return new Teller(segments, this.#names, runs, this.#teller.flush);
  }

  /**
   * Somebody was told what was held of a flush, by the feed before a restart: nobody is told it with the next flush then. Those who are here
   * already are told it now.
   */
  async #restAsToldBefore(flush: number): Promise<void> {
    const next = this.#host.segments.after(flush);
    // one that is committed and not told yet brings what is held, unless it is told before
    const isPast = next !== null && next.flush <= this.#teller.flush;
    if (this.#teller.part === 1 || isPast) return;
    this.#post(this.#audience.texts([await this.#teller.rest()]));
  }

  /** null = all */
  #wanted(): ReadonlySet<number> | null {
    const wanted = new Set<number>();
    for (const { filter } of this.#clients.values()) {
      if (filter.devices.length === 0) return null;
      for (const device of filter.devices)
        for (const run of this.#runsOfDevice.get(device) ?? []) wanted.add(run);
    }
    return wanted;
  }

  #runsOf({ devices }: ReadingFilter): ReadonlySet<number> | null {
    if (devices.length === 0) return null;
    return new Set(devices.flatMap((device) => [...(this.#runsOfDevice.get(device) ?? [])]));
  }

  #describe(runs: readonly number[]): Promise<readonly (LiveRun | null)[]> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#host.post({ type: "describe", runs });
    });
  }
}
