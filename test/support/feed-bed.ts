import { Feed } from "../../api/live/feed.ts";
import type { FromFeed, ReadingFilter } from "../../api/live/messages.ts";
import { describeRun } from "../../cli/service/live-source.ts";
import { LiveSegments } from "../../db/query/live-segments.ts";
import type { WriterOptions } from "../../db/writer/writer.ts";
import { ROW, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { IngestModel, type ModelRun } from "./ingest-model.ts";
import { StoreBed, viewOf } from "./store-bed.ts";

/** Everything of every device. */
export const ALL: ReadingFilter = { devices: [], channels: [] };
const decoder = new TextDecoder();

export interface Event {
  id: string;
  event: string;
  data: { device: string; seq: number; values: Record<string, number> };
}

const eventsOf = (text: string): Event[] =>
  text
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      const [id, event, data] = block.split("\n").map((line) => line.slice(line.indexOf(" ") + 1));
      return { id: id!, event: event!, data: JSON.parse(data!) };
    });

/** A writer, and a feed on its database that is told of each flush. */
export class FeedBed implements Disposable {
  readonly model = new IngestModel();
  readonly bed = new StoreBed();
  readonly writer;
  readonly missed = new Map<number, Extract<FromFeed, { type: "missed" }>[]>();
  /** runs whose names the feed asked for */
  readonly described = new Set<number>();
  /** ids that clients were given without an event, and how many events client 1 had been told then */
  readonly places: { id: string; told: number }[] = [];
  readonly #texts = new Map<number, string>();
  #feed;
  readonly #timers: (() => void)[] = [];
  #newRuns: [number, string][] = [];
  readonly #mostRuns: number | undefined;

  /** @param mostRuns - whose names the feed remembers */
  constructor(options: Partial<WriterOptions> = {}, mostRuns?: number) {
    this.#mostRuns = mostRuns;
    this.writer = this.bed.closing(this.bed.writer(options));
    this.#feed = this.#start();
  }

  #start(): Feed {
    const segments = this.bed.closing(new LiveSegments(this.bed.file, this.writer.flushNumber));
    const host = {
      segments,
      post: (message: FromFeed) => this.#receive(message),
      after: (_delayMs: number, then: () => void) => {
        this.#timers.push(then);
      },
    };
    return new Feed(host, this.writer.flushNumber, this.#mostRuns);
  }

  /** As after a start of the collector: nobody is connected. */
  restart(): void {
    this.missed.clear();
    this.#feed = this.#start();
  }

  /** @param former - of the same device; without it the device is new */
  run(device: string, former?: ModelRun): ModelRun {
    const [number, epoch] = former === undefined ? [this.model.device(device), 1] : [former.device, 2];
    const run = this.model.run(number, epoch, 0, ROW_FLAG.CURRENT);
    this.#newRuns.push([run.run, device]);
    return run;
  }

  receive(run: ModelRun, ...sequences: number[]): void {
    // the arrival of its first datagram, as in a collector
    if (run.row[ROW.LAST_ARRIVAL] === 0) run.row[ROW.FIRST_ARRIVAL] = this.model.nowUs + 1;
    for (const sequence of sequences)
      this.model.receive(run, sequence, [{ channel: 1, value: sequence, timeUs: this.model.nowUs }]);
  }

  /** Commit what was received, and tell the feed. */
  async flush(afterMs = 250): Promise<void> {
    await this.commit(afterMs)();
  }

  /** Commit what was received. @returns tells the feed */
  commit(afterMs = 250): () => Promise<void> {
    this.bed.clock.advanceMs(afterMs);
    this.writer.accept(this.model.seal());
    const outcome = this.writer.flush();
    if (outcome.outcome !== "committed") throw new Error(outcome.outcome);
    const { flush, notes } = outcome.change!;
    const changedDevices = notes.flatMap((note) => (note.note === "channel" ? [note.device] : []));
    const newRuns = this.#newRuns.splice(0);
    return () => this.#feed.receive({ type: "flush", flush, newRuns, changedDevices });
  }

  /** @param meanwhile - what happens once the client was told the first of what it missed */
  async join(
    client: number,
    filter: ReadingFilter = ALL,
    after: string | null = null,
    meanwhile?: () => Promise<void>,
  ): Promise<void> {
    const view = viewOf(this.writer);
    const runs = filter.devices.map((id) => view.device(id)?.runs.map(({ run }) => run) ?? []);
    const atUs = this.bed.clock.wallUs();
    const before = this.missed.get(client)?.length;
    await this.#feed.receive({ type: "join", client, filter, runs, after, atUs });
    // the hub asks for more only once the client has taken what came
    if (this.missed.get(client)?.length === before) throw new Error(`client ${client} is told nothing`);
    await meanwhile?.();
    while (!this.missed.get(client)?.at(-1)?.isAtEnd) await this.#feed.receive({ type: "more", client });
  }

  /** The hold's time is over. @param flushes - of the first so many that held something; default all */
  async rest(flushes = this.#timers.length): Promise<void> {
    for (const isOver of this.#timers.splice(0, flushes)) isOver();
    await new Promise(setImmediate);
  }

  leave(client: number): Promise<void> {
    return this.#feed.receive({ type: "leave", client });
  }

  events(client: number): Event[] {
    return eventsOf(this.#texts.get(client) ?? "");
  }

  /** Numbers told, late ones negative. */
  told(client: number): number[] {
    return this.events(client).map(({ event, data }) => (event === "late" ? -data.seq : data.seq));
  }

  #receive(message: FromFeed): void {
    if (message.type === "describe") {
      for (const run of message.runs) this.described.add(run);
      const view = viewOf(this.writer);
      const runs = message.runs.map((run) => describeRun(view, run) ?? null);
      void this.#feed.receive({ type: "described", runs });
      return;
    }
    if (message.type === "missed") {
      this.missed.set(message.client, [...(this.missed.get(message.client) ?? []), message]);
      this.#add(message.client, message.text);
      return;
    }
    for (const [clients, text] of message.texts) {
      // a client that has much to take would fall behind for nothing
      if (text.length === 0) throw new Error(`clients ${clients} are told nothing`);
      if (clients.length === 0) throw new Error("nobody is told something");
      for (const client of clients) this.#add(client, text);
    }
    this.places.push({ id: message.position, told: this.events(1).length });
  }

  #add(client: number, text: Uint8Array): void {
    this.#texts.set(client, (this.#texts.get(client) ?? "") + decoder.decode(text));
  }

  [Symbol.dispose](): void {
    this.bed[Symbol.dispose]();
  }
}
