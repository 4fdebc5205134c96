import { Tracker } from "../../../collector/tracker/tracker.ts";
import {
  type Arrival,
  type DeviceArchive,
  type TrackerOptions,
  type TrackerSink,
  VERDICT,
} from "../../../collector/tracker/types.ts";
import type { Restored } from "../../../protocol/batch.ts";
import { Datagram } from "../../../protocol/datagram.ts";
import { emptyFleet } from "../../../protocol/fleet-counters.ts";
import { CAUSE, ROW, ROW_FIELDS } from "../../../protocol/ledger-row.ts";
import { REJECT_REASONS, type RejectReason } from "../../../protocol/reasons.ts";
import type { NaiveDatagram } from "../naive-ledger/device.ts";
import { fillDatagram } from "./fill-datagram.ts";
import { GapOps, GapTables } from "./gap-tables.ts";
import { recorder } from "./recorder.ts";
import { ReportedLedger } from "./reported-ledger.ts";
import { ScriptedRecoverer } from "./scripted-recoverer.ts";

const DRAINED_ROWS = 256;
const MAX_WINDOW_OPS = 100_000;
/** one database for all: making its tables takes longer than playing a script */
const gapTables = new GapTables();

/** What the tracker says of a datagram; an accepted one has a run. */
interface Told {
  verdict: number;
  reason: RejectReason;
  run: number;
  sequence: number;
  sendTimeUs: number;
}

/** The tracker, and what it reported: kept as a database would keep it, and all that a restarted one gets. */
export class TrackerSide {
  tracker: Tracker;
  store = new ReportedLedger();
  /** what its sink heard, as text */
  heard: string[] = [];
  /** rows that came since the identities were last asserted */
  readonly changed = new Set<Float64Array>();
  readonly #options: TrackerOptions;
  readonly #recovers: boolean;
  /** runs that left the memory are read back */
  readonly hasArchive: boolean;
  /** epochs that were */
  readBack = 0;
  #recoverer = new ScriptedRecoverer();
  /** gap operations since the last commit; the database has those before */
  #ops = new GapOps();
  #committed = new ReportedLedger();
  readonly #datagram = new Datagram();
  readonly #rows = new Float64Array(ROW_FIELDS * DRAINED_ROWS);
  #batch = 0;

  /** @param beganMs - when listening began, monotonic */
  constructor(options: TrackerOptions, recovers: boolean, beganMs: number, hasArchive = false) {
    this.#options = options;
    this.hasArchive = hasArchive;
    this.#recovers = recovers;
    gapTables.clear();
    this.tracker = this.#newTracker(false, beganMs);
  }

  /** the gap tables as of the last commit */
  get gapTables(): GapTables {
    return gapTables;
  }

  accept(datagram: NaiveDatagram, arrival: Arrival): Told {
    const { tracker } = this;
    const verdict = tracker.onDatagram(fillDatagram(this.#datagram, datagram), arrival);
    this.#count(verdict);
    const isAccepted = verdict <= VERDICT.UNSEQUENCED;
    return {
      verdict,
      reason: REJECT_REASONS[verdict === VERDICT.REJECTED ? tracker.rejectCode : 0]!,
      run: isAccepted ? tracker.run : -1,
      sequence: isAccepted ? tracker.sequence : -1,
      sendTimeUs: isAccepted ? tracker.sendTimeUs : 0,
    };
  }

  shed(datagram: NaiveDatagram, arrival: Arrival): void {
    this.store.counts.datagrams += 1;
    this.store.counts.shed += 1;
    this.tracker.onShed(fillDatagram(this.#datagram, datagram), arrival);
  }

  tick(nowMs: number, drainedAtMs: number, wallUs: number, maxClosures: number): void {
    let calls = 0;
    while (this.tracker.tick(nowMs, drainedAtMs, wallUs, maxClosures) >= maxClosures) {
      if (++calls > 10_000) throw new RangeError("tick never comes to an end");
    }
  }

  ask(device: string, port: number, nowMs: number): void {
    this.#recoverer.ask(this.tracker.askable, device, port, nowMs);
  }

  /** Take over what the tracker has to say, as a batch would. */
  collect(): void {
    const { tracker, store } = this;
    for (;;) {
      const count = tracker.drainDirty(this.#rows, DRAINED_ROWS, this.#batch);
      for (let i = 0; i < count; i++) {
        const row = this.#rows.slice(i * ROW_FIELDS, (i + 1) * ROW_FIELDS);
        if (!store.runs.has(row[ROW.RUN]!)) continue;
        store.rows.set(row[ROW.RUN]!, row);
        this.changed.add(row);
      }
      if (count < DRAINED_ROWS) break;
    }
    tracker.drainWindows(
      (run, first, last, openedAt, timeBefore, timeAfter, requests) => {
        const range = { first, last, openedAt, timeBefore, timeAfter, requests };
        store.open.get(run)?.push({ ...range, state: "open", cause: CAUSE.UNDETERMINED });
        this.#ops.open(run, first, last, openedAt, timeBefore, timeAfter, requests);
      },
      (run) => {
        store.open.set(run, []);
        this.#ops.windows(run);
      },
      MAX_WINDOW_OPS,
    );
    tracker.onArchived(this.#batch++);
  }

  commit(): void {
    this.#committed = this.store.copy();
    gapTables.apply(this.#ops);
    this.#ops = new GapOps();
  }

  /** What came after the last commit never was; what was held is gone, counted nowhere. */
  crash(): void {
    this.store = this.#committed.copy();
    this.store.counts.datagrams -= this.store.counts.held;
    this.store.counts.held = 0;
    this.changed.clear();
    this.#ops = new GapOps();
  }

  /** Another tracker goes on from what was committed. */
  start(nowMs: number): void {
    gapTables.reopen();
    this.tracker = this.#newTracker(true, nowMs);
  }

  #newTracker(hasHistory: boolean, nowMs: number): Tracker {
    const { store } = this;
    this.#recoverer = new ScriptedRecoverer();
    const recovery = this.#recovers ? { recovery: this.#recoverer } : {};
    const archive = this.hasArchive ? { archive: this.#archive() } : {};
    // without an archive what leaves the memory is gone, and the naive ledger lets nothing out
    const closed = this.hasArchive ? {} : { maxClosedRuns: Number.POSITIVE_INFINITY };
    const options = { ...closed, ...this.#options, ...recovery, ...archive };
    const tracker = new Tracker(options, this.#sink());
    const restored: Restored = {
      hasHistory,
      nextDevice: store.nextDevice,
      nextRun: store.nextRun,
      devices: [...store.devices.keys()].map((device) => store.snapshotOf(device)),
      leftOut: [],
      fleet: emptyFleet(),
    };
    tracker.restore(restored);
    tracker.begin(nowMs);
    return tracker;
  }

  /** What a database would read back, of all that was reported. */
  #archive(): DeviceArchive {
    return {
      load: () => null,
      loadEpoch: (device, epoch) => {
        const runs = this.store.snapshotOf(device).runs.filter((run) => run.epoch === epoch);
        if (runs.length === 0) return null;
        this.readBack += 1;
        return runs;
      },
    };
  }

  #count(verdict: number): void {
    this.store.counts.datagrams += 1;
    if (verdict === VERDICT.CONTROL) this.store.counts.control += 1;
    if (verdict === VERDICT.UNSEQUENCED) this.store.counts.unsequenced += 1;
    if (verdict === VERDICT.REJECTED) this.store.counts.rejected += 1;
    if (verdict === VERDICT.HELD) this.store.counts.held += 1;
  }

  #sink(): TrackerSink {
    const { store } = this;
    const told = recorder((line) => this.heard.push(line));
    return {
      ...told,
      deviceCreated: (device, id) => {
        store.addDevice(device, id);
        told.deviceCreated(device, id);
      },
      runCreated: (run, device, epoch, index) => {
        store.addRun(run, device, epoch, index);
        told.runCreated(run, device, epoch, index);
      },
      deviceForgotten: (device) => {
        this.collect();
        this.#ops.forget([...store.runs].filter(([, run]) => run.device === device).map(([run]) => run));
        store.forget(device);
        told.deviceForgotten(device);
      },
      sourceChanged: (device, source) => {
        const known = store.devices.get(device);
        if (known !== undefined) known.source = source;
      },
      gapLost: (run, first, last, openedAt, closedAt, cause, before, after, requests) => {
        const times = { timeBefore: before, timeAfter: after, requests };
        store.lost.get(run)?.push({ first, last, state: "lost", cause, openedAt, ...times });
        this.#ops.lost(run, first, last, openedAt, closedAt, cause, before, after, requests);
        told.gapLost(run, first, last, openedAt, closedAt, cause, before, after, requests);
      },
      gapFilled: (run, number, at, wasLost, openedAt, cause, time, requests) => {
        if (wasLost) store.fill(run, number, time);
        this.#ops.filled(run, number, at, wasLost, openedAt, cause, time, requests);
        told.gapFilled(run, number, at, wasLost, openedAt, cause, time, requests);
      },
      heldAccepted: (device, run, sequence, listener) => {
        this.store.counts.held -= 1;
        told.heldAccepted(device, run, sequence, listener);
      },
      heldDropped: (device, isDuplicate, code, listener) => {
        this.store.counts.held -= 1;
        if (!isDuplicate) this.store.counts.rejected += 1;
        told.heldDropped(device, isDuplicate, code, listener);
      },
    };
  }
}
