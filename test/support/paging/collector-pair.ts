import fc from "fast-check";
import { expect } from "vitest";
import { StoreBed } from "../store-bed.ts";
import { JsonSender } from "./json-sender.ts";
import { StoredIngest } from "./stored-ingest.ts";

/** So many devices have room and speak in turn; before others do, they fall silent for IDLE_MS. */
export const ROOM = 2;
export const SENDERS = 3;
const EPOCHS = 4;
/** the tables are so far behind: less than it takes to be idle, or there would be no room */
const LAG_MS = 45_000;
/** beyond what is believed at once */
const FAR = 2 ** 30;

/** Two collectors, and senders that both hear. */
export class CollectorPair implements Disposable {
  readonly bed = new StoreBed();
  readonly paging: StoredIngest;
  readonly keeping: StoredIngest;
  group = 0;
  #senders = Array.from({ length: SENDERS }, (_, index) => new JsonSender(index));
  #confirmed = new Set<JsonSender>();
  #splits = 0;

  constructor(maxClosedRuns: number) {
    const bounds = { maxOpenRuns: 2 };
    const tracker = { ...bounds, maxDevices: ROOM, maxClosedRuns };
    this.paging = new StoredIngest(this.bed, "paging", tracker, { checkpointLagMs: LAG_MS });
    this.keeping = new StoredIngest(this.bed, "keeping", { ...bounds, maxDevices: 100 });
  }

  [Symbol.dispose](): void {
    this.paging[Symbol.dispose]();
    this.keeping[Symbol.dispose]();
    this.bed[Symbol.dispose]();
  }

  get nowUs(): number {
    return this.bed.clock.wallUs();
  }

  /** One of those that speak now, known and not provisional. */
  sender(who: number): JsonSender {
    const sender = this.#senders[(this.group + who) % SENDERS]!;
    if (!this.#confirmed.has(sender)) this.goOn(sender);
    this.#confirmed.add(sender);
    return sender;
  }

  pass(ms: number): void {
    const stepMs = ms > 1000 ? 5000 : 150;
    for (let left = ms; left > 0; left -= stepMs) {
      this.bed.clock.advanceMs(Math.min(left, stepMs));
      this.paging.tick();
      this.keeping.tick();
    }
  }

  hear(text: string, port: number): void {
    this.paging.receive(text, port);
    this.keeping.receive(text, port);
    this.bed.clock.advanceMs(1);
  }

  tell(sender: JsonSender, members: object, port = sender.port): void {
    this.hear(sender.text(this.nowUs, members), port);
  }

  /** Two numbers, the second of which makes a device or an epoch stay (R6, R16); or so many. */
  goOn(sender: JsonSender, numbers = 2): void {
    sender.numbering.isAnnounced = false;
    for (let left = numbers; left > 0; left--) {
      const text = sender.data(this.nowUs);
      sender.numbering.sent.push(text);
      this.hear(text, sender.port);
    }
  }

  /**
   * Its own numbers follow: when it was heard by its own cadence, which its interval is learned from, is not stored. Without a clock they go before it, too: after
   * a silence a copy is held.
   */
  copy(sender: JsonSender, k: number): void {
    const { sent } = sender.numbering;
    if (!sender.hasClock || sent.length === 0) this.goOn(sender);
    this.hear(sent[k % sent.length]!, sender.port);
    this.goOn(sender);
  }

  turnTo(sender: JsonSender, k: number): void {
    sender.epoch = 1 + (k % EPOCHS);
  }

  split(sender: JsonSender): void {
    const far = ++this.#splits * FAR;
    for (const seq of [far, far + 1]) this.hear(sender.data(this.nowUs, seq), sender.port);
  }

  startAgain(how: "stop" | "crash", downMs: number): void {
    this.pass(300);
    this.compare();
    for (const each of [this.paging, this.keeping]) each[how]();
    this.bed.clock.advanceMs(downMs);
    for (const each of [this.paging, this.keeping]) each.start();
  }

  /** A held number keeps a slow device in memory for up to an hour (R3). Where there is no room for another one then, the script is left. */
  compare(): void {
    fc.pre(this.paging.hadRoom);
    expect(this.paging.dump()).toEqual(this.keeping.dump());
    expect(this.paging.events).toEqual(this.keeping.events);
  }
}
