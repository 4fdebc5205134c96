import { NOTHING_RESTORED } from "../../collector/ingest/nothing-restored.ts";
import { Recovery, type RecoveryOptions } from "../../collector/recovery/recovery.ts";
import { Tracker } from "../../collector/tracker/tracker.ts";
import type { Arrival, TrackerOptions, TrackerSink, Verdict } from "../../collector/tracker/types.ts";
import type { Restored } from "../../protocol/batch.ts";
import { KIND } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { decodeNack } from "../../protocol/decode-binary.ts";
import { ROW, ROW_FIELDS } from "../../protocol/ledger-row.ts";
import { ROOMY } from "./ledger-pair/bounds.ts";

export const WINDOW_MS = ROOMY.windowMs;
const EPOCH = 7;
const START_MS = 5000;
const START_US = 1_795_176_000_000_000;
/** what each datagram is said to weigh */
export const DATAGRAM_BYTES = 60;

/** One NACK as it left. */
export interface SentNack {
  atMs: number;
  listener: number;
  local: number;
  address: string;
  port: number;
  bytes: number;
  device: string;
  epoch: number;
  next: number;
  sendTimeUs: number;
  ranges: [number, number][];
}

/** Where a datagram comes from, unless it is not said: each device has an address of its own. */
export interface From {
  address?: string;
  port?: number;
  epoch?: number;
  listener?: number;
  local?: number;
  isNative?: boolean;
  lengthBytes?: number;
}

/** A tracker with the real recovery, in a time the test moves; what the tracker reports is counted and not kept. */
export class RecoveryBed {
  readonly tracker: Tracker;
  readonly recovery: Recovery;
  readonly nacks: SentNack[] = [];
  /** lost ranges with cause and requests, in the order they were declared lost */
  readonly lost: {
    run: number;
    first: number;
    last: number;
    cause: number;
    requests: number;
    atMs: number;
  }[] = [];
  nowMs = START_MS;
  /** listeners that have no socket */
  closed = new Set<number>();
  readonly #datagram = new Datagram();
  /** what was sent last, read back */
  readonly #nack = new Datagram();
  readonly #onNack: ((nack: SentNack) => void) | undefined;

  constructor(
    given: Partial<RecoveryOptions> = {},
    onNack?: (nack: SentNack) => void,
    bounds: Partial<TrackerOptions> = {},
    restored: Partial<Restored> = {},
  ) {
    this.#onNack = onNack;
    this.recovery = new Recovery({
      listeners: ["on", "group", "off"],
      random: () => 0.5,
      send: (...nack) => this.#sent(...nack),
      ...given,
    });
    this.tracker = new Tracker(
      { ...ROOMY, paths: [0, 0, 0], ...bounds, recovery: this.recovery },
      this.#sink(),
    );
    this.recovery.gaps = this.tracker.askable;
    this.tracker.restore({ ...NOTHING_RESTORED, ...restored });
    this.tracker.begin(this.nowMs);
  }

  /** DATA with these numbers, one after the other at once. */
  data(device: string, numbers: readonly number[], from: From = {}): Verdict[] {
    return numbers.map((number) => this.#deliver(KIND.DATA, device, number, from));
  }

  heartbeat(device: string, next: number, from: From = {}): Verdict {
    return this.#deliver(KIND.HEARTBEAT, device, next, from);
  }

  gone(device: string, next: number, ranges: readonly [number, number][], from: From = {}): Verdict {
    return this.#deliver(KIND.GONE, device, next, from, ranges);
  }

  /** Time passes, with a tick every 10 ms. @param drainLagMs - what is known to have been read lies so far back */
  pass(ms: number, drainLagMs = 0): void {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) {
      this.nowMs = Math.min(untilMs, this.nowMs + 10);
      const { nowMs, wallUs } = this;
      this.tracker.tick(nowMs, nowMs - drainLagMs, wallUs);
      this.recovery.plan(nowMs, nowMs - drainLagMs, wallUs);
    }
  }

  /** Time passes while the device says every 100 ms what it says already: it is heard, and does not answer. */
  talk(device: string, next: number, ms: number, from: From = {}): void {
    for (let left = ms; left > 0; left -= 100) {
      this.heartbeat(device, next, from);
      this.pass(Math.min(100, left));
    }
  }

  /** Sum over all runs of a row's field. */
  count(field: number): number {
    return this.rows().reduce((sum, row) => sum + row[field]!, 0);
  }

  readonly #rows = new Map<number, Float64Array>();
  rows(): Float64Array[] {
    const buffer = new Float64Array(ROW_FIELDS * 64);
    for (let count = 64; count === 64; ) {
      count = this.tracker.drainDirty(buffer, 64, 1);
      for (let at = 0; at < count; at++) {
        const row = buffer.slice(at * ROW_FIELDS, (at + 1) * ROW_FIELDS);
        this.#rows.set(row[ROW.RUN]!, row);
      }
    }
    return [...this.#rows.values()];
  }

  #deliver(
    kind: number,
    device: string,
    number: number,
    from: From,
    gone: readonly [number, number][] = [],
  ): Verdict {
    const datagram = this.#datagram;
    const id = Buffer.from(device);
    datagram.reset();
    datagram.kind = kind;
    datagram.isNative = from.isNative ?? true;
    datagram.epoch = from.epoch ?? EPOCH;
    datagram.sequence = number;
    datagram.pointId(id);
    for (const [first, last] of gone) {
      datagram.rangeFirst[datagram.rangeCount] = first;
      datagram.rangeLast[datagram.rangeCount++] = last;
    }
    const arrival: Arrival = {
      nowMs: this.nowMs,
      arrivalUs: this.wallUs,
      listener: from.listener ?? 0,
      local: from.local ?? 0,
      address: from.address ?? `address of ${device}`,
      port: from.port ?? 5000,
      lengthBytes: from.lengthBytes ?? DATAGRAM_BYTES,
    };
    return this.tracker.onDatagram(datagram, arrival);
  }

  get wallUs(): number {
    return START_US + Math.round(this.nowMs * 1000);
  }

  #sent(listener: number, bytes: Uint8Array, address: string, port: number, local: number): boolean {
    if (this.closed.has(listener)) return false;
    const nack = this.#nack;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (decodeNack(bytes, view, 0, bytes.length, nack) !== 0)
      throw new RangeError("what was sent is no NACK");
    const device = Buffer.from(nack.idBytes.subarray(nack.idOffset, nack.idOffset + nack.idLength));
    const sent: SentNack = {
      atMs: this.nowMs,
      listener,
      local,
      address,
      port,
      bytes: bytes.length,
      device: device.toString(),
      epoch: nack.epoch,
      next: nack.sequence,
      sendTimeUs: nack.sendTimeUs,
      ranges: Array.from({ length: nack.rangeCount }, (_, at) => [nack.rangeFirst[at]!, nack.rangeLast[at]!]),
    };
    this.nacks.push(sent);
    this.#onNack?.(sent);
    return true;
  }

  #sink(): TrackerSink {
    const ignore = (): void => undefined;
    return {
      deviceCreated: ignore,
      runCreated: ignore,
      deviceForgotten: ignore,
      sourceChanged: ignore,
      event: ignore,
      gapLost: (run, first, last, _openedAt, _closedAt, cause, _before, _after, requests) =>
        this.lost.push({ run, first, last, cause, requests, atMs: this.nowMs }),
      gapFilled: ignore,
      heldAccepted: ignore,
      heldDropped: ignore,
    };
  }
}

/** A bed whose device has sent 0 to 99 and can pay for any NACK. */
export const spoken = (...given: ConstructorParameters<typeof RecoveryBed>): RecoveryBed => {
  const bed = new RecoveryBed(...given);
  bed.data("pump", range(0, 99));
  return bed;
};

/** What each NACK asked for, in the order they left. */
export const rangesOf = (bed: RecoveryBed): [number, number][][] => bed.nacks.map(({ ranges }) => ranges);

/** The numbers from the first to the last. */
export const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);
