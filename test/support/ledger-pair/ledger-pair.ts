import { type Arrival, type TrackerOptions, VERDICT } from "../../../collector/tracker/types.ts";
import type { FaultEvent } from "../fault-script/events.ts";
import type { NaiveDatagram } from "../naive-ledger/device.ts";
import type { NaiveLedger } from "../naive-ledger/naive-ledger.ts";
import { TIGHT } from "./bounds.ts";
import { assertEqual, assertIdentities, compareGapRows, compareLedgers } from "./compare.ts";
import { NaiveSide } from "./naive-side.ts";
import type { ReportedLedger } from "./reported-ledger.ts";
import { TrackerSide } from "./tracker-side.ts";

const START_US = 1_795_176_000_000_000;
const START_MS = 1000;

/**
 * The tracker and the naive ledger side by side: plays a fault script to both and compares, after every event, the verdict, what the
 * sink heard, every row and every absent range; and asserts the identities. What the tracker reported is kept as a database would keep
 * it, and is all that a restarted tracker gets.
 */
export class LedgerPair {
  /** events compared so far */
  compared = 0;
  readonly #tracker: TrackerSide;
  readonly #naive: NaiveSide;
  #nowMs = START_MS;
  #wallUs = START_US;
  #drainedAtMs = START_MS;
  /** of both listeners */
  readonly #drops: [number, number] = [0, 0];

  /** @param hasArchive - runs that left the tracker's memory are read back from what it reported; the naive ledger keeps all */
  constructor(
    hit: (rule: string) => void,
    options: TrackerOptions = TIGHT,
    recovers = false,
    hasArchive = false,
  ) {
    this.#naive = new NaiveSide(options, hit, recovers, START_MS);
    this.#tracker = new TrackerSide(options, recovers, START_MS, hasArchive);
  }

  /** what the tracker reported */
  get store(): ReportedLedger {
    return this.#tracker.store;
  }

  /** epochs the tracker read back */
  get readBack(): number {
    return this.#tracker.readBack;
  }

  get naive(): NaiveLedger {
    return this.#naive.ledger;
  }

  play(events: readonly FaultEvent[]): this {
    for (const event of events) this.apply(event);
    this.#commit();
    compareGapRows(this.#tracker.gapTables, this.naive, "the script");
    return this;
  }

  apply(event: FaultEvent): void {
    this.#tracker.heard = [];
    this.#naive.heard = [];
    this.compared += 1;
    const what = `event ${this.compared} ${JSON.stringify(event)} at ${this.#nowMs} ms`;
    if (event.event === "datagram") this.#deliver(event.datagram, this.#arrival(event), what);
    else this.#perform(event);
    this.#tracker.collect();
    assertEqual(this.#tracker.heard.sort(), this.#naive.heard.sort(), `reports on ${what}`);
    compareLedgers(this.#tracker, this.naive, what);
    assertIdentities(this.#tracker, what);
  }

  #deliver(datagram: NaiveDatagram, arrival: Arrival, what: string): void {
    const due = this.#naive.tell((naive) => naive.accept(datagram, arrival));
    const told = this.#tracker.accept(datagram, arrival);
    const named = { ...told, verdict: nameOf(told.verdict) };
    assertEqual(named, { ...due, verdict: nameOf(due.verdict) }, `verdict on ${what}`);
  }

  #perform(event: Exclude<FaultEvent, { event: "datagram" }>): void {
    switch (event.event) {
      case "advance":
        this.#pass(event.ms);
        break;
      case "wall-step":
        this.#wallUs += event.us;
        break;
      case "shed":
        this.#shed(event.datagram, this.#arrival(event));
        break;
      case "tick":
        this.#tick(event.lagMs, event.maxClosures);
        break;
      case "ask":
        this.#ask(event.device, event.port);
        break;
      case "listener-break":
        this.#breakListener();
        break;
      case "kernel-drops":
        this.#readDrops(event.listener, event.drops, event.lagMs);
        break;
      case "reject":
        this.#reject(this.#arrival(event));
        break;
      case "commit":
        this.#commit();
        break;
      case "collector-restart":
        this.#restart(event.ms);
        break;
      case "collector-crash":
        this.#crash(event.ms);
        break;
    }
  }

  // ---- What is told to both -----------------------------------------------------------------------------------

  #shed(datagram: NaiveDatagram, arrival: Arrival): void {
    this.#naive.tell((naive) => naive.shed(datagram, arrival));
    this.#tracker.shed(datagram, arrival);
  }

  #tick(lagMs: number, maxClosures: number): void {
    this.#drainUntil(lagMs);
    const [nowMs, drainedAtMs, wallUs] = [this.#nowMs, this.#drainedAtMs, this.#wallUs];
    this.#naive.tell((naive) => naive.tick(nowMs, drainedAtMs, wallUs));
    this.#tracker.tick(nowMs, drainedAtMs, wallUs, maxClosures);
  }

  #ask(device: string, port: number): void {
    const nowMs = this.#nowMs;
    this.#naive.tell((naive) => naive.ask(device, port, nowMs));
    this.#tracker.ask(device, port, nowMs);
  }

  #breakListener(): void {
    this.#naive.tell((naive) => naive.listenersBroke());
    this.#tracker.tracker.onListenerBreak();
  }

  #readDrops(listener: number, drops: number | null, lagMs: number): void {
    this.#drainUntil(lagMs);
    const [nowMs, drainedAtMs] = [this.#nowMs, this.#drainedAtMs];
    if (drops !== null) this.#drops[listener]! += drops;
    const told = this.#drops.map((count, index) => (drops === null && index === listener ? null : count));
    this.#naive.tell((naive) => naive.readDrops(nowMs, drainedAtMs, told));
    this.#tracker.tracker.onKernelDrops(nowMs, drainedAtMs, told);
  }

  #reject(arrival: Arrival): void {
    this.#naive.tell((naive) => naive.reject(arrival));
    this.#tracker.tracker.onRejected(arrival.address, arrival.port, arrival.nowMs);
  }

  #commit(): void {
    this.#naive.commit();
    this.#tracker.commit();
  }

  #restart(ms: number): void {
    this.#naive.tell((naive) => naive.stop());
    this.#tracker.tracker.decideHeld();
    this.#tracker.collect();
    this.#commit();
    this.#start(ms);
  }

  #crash(ms: number): void {
    this.#naive.crash();
    this.#tracker.crash();
    this.#start(ms);
  }

  #start(ms: number): void {
    this.#pass(ms);
    this.#drainedAtMs = this.#nowMs;
    const nowMs = this.#nowMs;
    this.#naive.tell((naive) => naive.start(nowMs));
    compareGapRows(this.#tracker.gapTables, this.naive, "a stop");
    this.#tracker.start(nowMs);
    this.#commit();
  }

  // ---- Time ---------------------------------------------------------------------------------------------------

  #pass(ms: number): void {
    this.#nowMs += ms;
    this.#wallUs += ms * 1000;
  }

  /** What is known to have been read never becomes unknown again. */
  #drainUntil(lagMs: number): void {
    this.#drainedAtMs = Math.max(this.#drainedAtMs, this.#nowMs - lagMs);
  }

  #arrival({ port, listener = port === 8 ? 1 : 0 }: { port: number; listener?: number }): Arrival {
    return {
      arrivalUs: this.#wallUs,
      nowMs: this.#nowMs,
      listener,
      local: 0,
      address: "127.0.0.1",
      port,
      lengthBytes: 100,
    };
  }
}

const nameOf = (verdict: number): string =>
  Object.entries(VERDICT).find(([, code]) => code === verdict)?.[0] ?? String(verdict);
