import { NOTHING_RESTORED } from "../../collector/ingest/nothing-restored.ts";
import { Tracker } from "../../collector/tracker/tracker.ts";
import {
  type Arrival,
  type TrackerOptions,
  type TrackerSink,
  VERDICT,
  type Verdict,
} from "../../collector/tracker/types.ts";
import type { DeviceSnapshot, Restored } from "../../protocol/batch.ts";
import { KIND } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { setDeviceId } from "../../protocol/device-id.ts";
import { CAUSES, ROW, ROW_FIELDS, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { REJECT_REASONS } from "../../protocol/reasons.ts";
import { assertRunIdentities } from "./identities.ts";

/** When a bed begins: wall 2026-11-20T00:00:00Z, monotonic 1 s. */
export const BED_START_US = Date.UTC(2026, 10, 20) * 1000;
const BED_START_MS = 1000;

export interface Said {
  device?: string;
  /** null: none declared */
  epoch?: number | null;
  /** wall microseconds from the start of the bed; left out: unknown */
  time?: number;
  /** microseconds since the sender began, instead of `time` */
  relative?: number;
  bits?: number;
  startsAtZero?: boolean;
  port?: number;
  listener?: number;
  sleep?: number;
  end?: true;
  /** in the binary format: the device can be asked again */
  native?: true;
  /** of a GONE */
  ranges?: readonly [number, number][];
}

/** What the tests look at of a run's row. */
export interface Ledger {
  first: number;
  highWater: number;
  inOrder: number;
  reordered: number;
  late: number;
  missing: number;
  lost: Record<string, number>;
  duplicates: number;
  unsequenced: number;
  floor: number;
}

/** A tracker under the hand: speaks to it as a sender would, moves its clocks, keeps what it reports, asserts the identities after every call. */
export class TrackerBed {
  readonly tracker: Tracker;
  /** everything the sink heard, as sentences; times left out */
  readonly heard: string[] = [];
  readonly rows = new Map<number, Float64Array>();
  nowMs = BED_START_MS;
  wallUs = BED_START_US;
  readonly #datagram = new Datagram();
  readonly #buffer = new Float64Array(ROW_FIELDS * 64);
  #batch = 1;

  constructor(options: Partial<TrackerOptions> = {}, restored: Partial<Restored> = {}) {
    this.tracker = new Tracker(
      {
        windowMs: 250,
        maxDevices: 100,
        maxGapsPerDevice: 4096,
        maxGaps: 1_000_000,
        maxOpenRuns: 8,
        maxNewRunsPerMinute: 16,
        holdMs: 5000,
        ...options,
      },
      this.#sink(),
    );
    this.tracker.restore({ ...NOTHING_RESTORED, ...restored });
    this.tracker.begin(this.nowMs);
    this.#settle();
  }

  /** One DATA datagram; null: unsequenced. @returns the verdict's name, with the reason when rejected */
  data(sequence: number | null, said: Said = {}): string {
    return this.#send(KIND.DATA, sequence, said);
  }

  /** DATA datagrams with consecutive numbers, 1 ms apart. */
  stream(first: number, last: number, said: Said = {}): void {
    for (let n = first; n <= last; n++) {
      this.data(n, said);
      this.advance(1);
    }
  }

  heartbeat(next: number | null, said: Said = {}): string {
    return this.#send(KIND.HEARTBEAT, next, said);
  }

  gone(next: number | null, said: Said = {}): string {
    return this.#send(KIND.GONE, next, said);
  }

  /** @param kind - KIND.*: of a control datagram `sequence` is its `next` */
  shed(sequence: number, said: Said = {}, kind: number = KIND.DATA): void {
    this.tracker.onShed(this.#say(kind, sequence, said), this.#arrival(said));
    this.#settle();
  }

  /** Time passes, on both clocks; nothing ticks. */
  advance(ms: number): this {
    this.nowMs += ms;
    this.wallUs += ms * 1000;
    return this;
  }

  /** @param drainedAtMs - how far the socket has been read, default everything */
  tick(drainedAtMs = this.nowMs): this {
    while (this.tracker.tick(this.nowMs, drainedAtMs, this.wallUs, 1) > 0) this.#settle();
    this.#settle();
    return this;
  }

  breakListener(): void {
    this.tracker.onListenerBreak();
  }

  decideHeld(): void {
    this.tracker.decideHeld();
    this.#settle();
  }

  /** @param run - the run's number, 1 is the first the bed saw */
  ledger(run = 1): Ledger {
    const row = this.row(run);
    const lost: Record<string, number> = {};
    for (const [index, cause] of CAUSES.entries())
      if (row[ROW.LOST + index] !== 0) lost[cause] = row[ROW.LOST + index]!;
    return {
      first: row[ROW.FIRST]!,
      highWater: row[ROW.HIGH_WATER]!,
      inOrder: row[ROW.IN_ORDER]!,
      reordered: row[ROW.REORDERED]!,
      late: row[ROW.LATE]!,
      missing: row[ROW.MISSING]!,
      lost,
      duplicates: row[ROW.DUPLICATES]!,
      unsequenced: row[ROW.UNSEQUENCED]!,
      floor: row[ROW.FLOOR]!,
    };
  }

  row(run: number): Float64Array {
    const row = this.rows.get(run);
    if (row === undefined) throw new RangeError(`no row of run ${run} was drained`);
    return row;
  }

  flags(run = 1): string[] {
    const flags = this.row(run)[ROW.FLAGS]!;
    return Object.entries(ROW_FLAG)
      .filter(([, bit]) => (flags & bit) !== 0)
      .map(([name]) => name);
  }

  /** What the sink heard that begins so. */
  heardOf(start: string): string[] {
    return this.heard.filter((sentence) => sentence.startsWith(start));
  }

  #send(kind: number, sequence: number | null, said: Said): string {
    const verdict = this.tracker.onDatagram(this.#say(kind, sequence, said), this.#arrival(said));
    this.#settle();
    return nameOf(verdict, this.tracker.rejectCode);
  }

  #say(kind: number, sequence: number | null, said: Said): Datagram {
    const datagram = this.#datagram;
    datagram.reset();
    setDeviceId(datagram, said.device ?? "pump-7");
    datagram.kind = kind;
    datagram.sequence = sequence ?? -1;
    datagram.epoch = said.epoch === undefined ? 1 : (said.epoch ?? -1);
    datagram.sequenceBits = said.bits ?? 53;
    datagram.startsAtZero = said.startsAtZero ?? true;
    datagram.sendTimeIsRelative = said.relative !== undefined;
    datagram.sendTimeUs = said.relative ?? (said.time === undefined ? 0 : BED_START_US + said.time);
    datagram.sleepSeconds = said.sleep ?? -1;
    datagram.isEnd = said.end ?? false;
    datagram.isNative = said.native ?? false;
    for (const [first, last] of said.ranges ?? []) {
      datagram.rangeFirst[datagram.rangeCount] = first;
      datagram.rangeLast[datagram.rangeCount++] = last;
    }
    return datagram;
  }

  #arrival(said: Said): Arrival {
    const { nowMs, wallUs } = this;
    return {
      nowMs,
      arrivalUs: wallUs,
      listener: said.listener ?? 0,
      local: 0,
      address: "192.0.2.7",
      port: said.port ?? 5000,
      lengthBytes: 100,
    };
  }

  /** Drain what changed, as the pipeline would, and hold every row against the conservation laws. */
  #settle(): void {
    const { tracker } = this;
    for (let count = 1; count > 0; ) {
      count = tracker.drainDirty(this.#buffer, 64, this.#batch);
      for (let i = 0; i < count; i++) {
        const row = this.#buffer.slice(i * ROW_FIELDS, (i + 1) * ROW_FIELDS);
        assertRunIdentities(row, `run ${row[ROW.RUN]}`);
        this.rows.set(row[ROW.RUN]!, row);
      }
    }
    tracker.onArchived(this.#batch++);
  }

  #sink(): TrackerSink {
    const { heard } = this;
    return {
      deviceCreated: (device, id) => heard.push(`device ${device} ${id}`),
      runCreated: (run, device, epoch, index) => heard.push(`run ${run} of ${device}: ${epoch}/${index}`),
      deviceForgotten: (device) => heard.push(`forgotten ${device}`),
      sourceChanged: (device, source) => heard.push(`source ${device} ${source}`),
      event: (_at, kind, device) => heard.push(`event ${kind} ${device}`),
      gapLost: (run, first, last, _openedAt, _closedAt, cause) =>
        heard.push(`lost ${run}: ${first}-${last} ${CAUSES[cause]}`),
      gapFilled: (run, sequence) => heard.push(`filled ${run}: ${sequence}`),
      heldAccepted: (_device, run, sequence) => heard.push(`held accepted ${run}: ${sequence}`),
      heldDropped: (_device, duplicate, code) =>
        heard.push(`held dropped: ${duplicate ? "duplicate" : REJECT_REASONS[code]}`),
      devicePagedOut: (device) => heard.push(`paged out ${device}`),
      devicePagedIn: (snapshot: DeviceSnapshot) => heard.push(`paged in ${snapshot.device}`),
    };
  }
}

const nameOf = (verdict: Verdict, rejectCode: number): string => {
  if (verdict === VERDICT.REJECTED) return REJECT_REASONS[rejectCode]!;
  const entry = Object.entries(VERDICT).find(([, value]) => value === verdict);
  return entry![0].toLowerCase().replaceAll("_", "-");
};
