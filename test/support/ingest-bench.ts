import { BatchPool } from "../../collector/batch/batch-pool.ts";
import { Ingest } from "../../collector/ingest/ingest.ts";
import type { IngestOptions } from "../../collector/ingest/ingest-options.ts";
import { NOTHING_RESTORED } from "../../collector/ingest/nothing-restored.ts";
import { DEFAULT_TRACKER_SETTINGS } from "../../collector/ingest/tracker-settings.ts";
import { entryOf } from "../../collector/receive/entry.ts";
import { countsOf, type ListenerCounts } from "../../collector/status/counters.ts";
import type { BatchMessage } from "../../protocol/batch.ts";
import type { Format } from "../../protocol/decode.ts";
import { encodeBinary } from "../../protocol/encode-binary.ts";
import { BatchReader } from "./batch-reader.ts";
import { fromPlain, type PlainDatagram } from "./plain-datagram.ts";

/** The pipeline with hand-driven clocks and a writer in memory. A bug throws, unless `onError` takes it. */
export class IngestBench {
  readonly ingest: Ingest;
  readonly reader = new BatchReader();
  /** everything handed over; the memory of its batches may be used again */
  readonly messages: BatchMessage[] = [];
  /** sent and not yet given back */
  readonly #away: BatchMessage[] = [];
  /** false: the writer keeps every batch */
  isWriterAlive = true;
  /** true: what it commits from now on is not in the tables yet */
  areTablesBehind = false;
  nowMs = 1000;
  /** 2026-11-20T12:00:00Z */
  wallUs = 1_795_176_000_000_000;

  constructor(options: Partial<IngestOptions> & { batches?: number; formats?: readonly Format[] } = {}) {
    const restored = options.restored ?? NOTHING_RESTORED;
    this.ingest = new Ingest({
      formats: ["auto"],
      pool: new BatchPool(options.batches),
      restored,
      batchMs: 100,
      send: (message) => this.#take(message),
      onError: (_reason, error) => {
        throw error;
      },
      ...options,
      tracker: { ...DEFAULT_TRACKER_SETTINGS, maxDevices: 1000, ...options.tracker },
    });
    this.ingest.restore();
    this.ingest.start(this.nowMs, this.wallUs);
  }

  counts(listener = 0): ListenerCounts {
    return countsOf(this.ingest.counters[listener]!);
  }

  /** A JSON text, a datagram to encode, or bytes. */
  receive(what: string | Uint8Array | Partial<PlainDatagram>, listener = 0, port = 5000, local = 0): void {
    const bytes =
      typeof what === "string"
        ? new TextEncoder().encode(what)
        : what instanceof Uint8Array
          ? what
          : encode(what);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const entry = entryOf(listener, local);
    this.ingest.receive(entry, bytes, view, 0, bytes.length, "10.0.0.1", port, this.wallUs, this.nowMs);
    const counts = this.counts(listener);
    if (counts.datagrams !== accountedFor(counts))
      throw new Error(`not accounted for: ${JSON.stringify(counts)}`);
  }

  /** Numbers [from, end) of the device "d", without readings, but those to be left out. */
  receiveRun(from: number, end: number, isLeftOut: (sequence: number) => boolean = () => false): void {
    const datagram = fromPlain({ kind: "DATA", device: "d", epoch: 1, sequence: from, sendTimeUs: 0 });
    const view = new DataView(scratch.buffer);
    for (let sequence = from; sequence < end; sequence++) {
      if (isLeftOut(sequence)) continue;
      datagram.sequence = sequence;
      const length = encodeBinary(datagram, 0, scratch, view, 0);
      this.ingest.receive(0, scratch, view, 0, length, "10.0.0.1", 5000, this.wallUs, this.nowMs);
    }
  }

  /** Let time pass in steps of a tick, all sockets read empty. */
  advance(ms: number): void {
    for (let left = ms; left > 0; left -= 20) {
      const step = Math.min(left, 20);
      this.nowMs += step;
      this.wallUs += step * 1000;
      while (this.ingest.tick(this.nowMs, this.nowMs, this.wallUs));
    }
  }

  /** The writer gives back the oldest batches it has, or all. */
  giveBack(count = this.#away.length): void {
    for (const message of this.#away.splice(0, count)) this.#return(message);
  }

  stop(): boolean {
    this.ingest.stop(this.nowMs, this.wallUs);
    return this.ingest.flushAll(this.nowMs);
  }

  #take(message: BatchMessage): void {
    this.reader.read(message);
    this.messages.push(message);
    this.#away.push(message);
    if (this.isWriterAlive && !message.isPartial) this.giveBack();
  }

  #return({ buffer, number }: BatchMessage): void {
    this.ingest.takeBack({ buffer, committed: number });
    if (!this.areTablesBehind) this.ingest.tablesReached({ inTables: number });
  }
}

const scratch = new Uint8Array(65_507);
const encode = (plain: Partial<PlainDatagram>): Uint8Array => {
  const full = { kind: "DATA", device: "d", epoch: 1, sequence: 0, sendTimeUs: 0, ...plain } as const;
  const view = new DataView(scratch.buffer);
  const length = encodeBinary(fromPlain(full), 0, scratch, view, 0);
  return scratch.slice(0, length);
};

const accountedFor = (counts: ListenerCounts): number => {
  const { received, duplicates, redundant, control, unsequenced, shed, held, rejected } = counts;
  const sum = received + duplicates + redundant + control + unsequenced + shed + held;
  return Object.values(rejected).reduce((total, count) => total + count, sum);
};
