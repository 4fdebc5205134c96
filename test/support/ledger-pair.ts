import assert from "node:assert/strict";
import { inspect, isDeepStrictEqual } from "node:util";
import { Tracker } from "../../collector/tracker/tracker.ts";
import {
  type Arrival,
  type TrackerOptions,
  type TrackerSink,
  VERDICT,
} from "../../collector/tracker/types.ts";
import type { Restored } from "../../protocol/batch.ts";
import { KIND } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { CAUSE, ROW, ROW_FIELDS } from "../../protocol/ledger-row.ts";
import { normalise, subtract } from "../../protocol/ranges.ts";
import { REJECT_REASONS } from "../../protocol/reasons.ts";
import type { FaultEvent } from "./fault-script/events.ts";
import { GapOps, GapTables } from "./gap-tables.ts";
import { assertFleetIdentities, assertPathIdentities, assertRunIdentities } from "./identities.ts";
import { dueFields, fieldsOf, same, sameRange, textOf } from "./ledger-fields.ts";
import type { NaiveDatagram, NaiveDevice } from "./naive-ledger/device.ts";
import { gapRowsOf, receivedOf } from "./naive-ledger/gap-rows.ts";
import { NaiveLedger } from "./naive-ledger/naive-ledger.ts";
import type { NaiveRun } from "./naive-ledger/run.ts";
import { ReportedLedger } from "./reported-ledger.ts";
import { ScriptedRecoverer } from "./scripted-recoverer.ts";

/**
 * The tracker and the naive ledger side by side: plays a fault script to both and compares, after every event, the verdict, what the
 * sink heard, every row and every absent range; and asserts the identities. What the tracker reported is kept as a database would keep
 * it, and is all that a restarted tracker gets.
 */

/** Bounds so small that scripts meet them. */
export const TIGHT: TrackerOptions = {
  windowMs: 250,
  maxDevices: 6,
  maxGapsPerDevice: 9,
  maxGaps: 1_000_000,
  maxOpenRuns: 3,
  maxNewRunsPerMinute: 6,
  holdMs: 5000,
  nextDevice: 1,
  nextRun: 1,
};

/** The defaults of the collector (docs/ledger.md). */
export const ROOMY: TrackerOptions = {
  ...TIGHT,
  // the default's room, asked for anew by the tracker of every script, would be most of the time a test takes
  maxDevices: 1000,
  maxGapsPerDevice: 4096,
  maxGaps: 1_000_000,
  maxOpenRuns: 8,
  maxNewRunsPerMinute: 16,
};

const KINDS = { data: KIND.DATA, heartbeat: KIND.HEARTBEAT, describe: KIND.DESCRIBE, gone: KIND.GONE };
const COMPARED_EVENTS = new Set(["restart", "epoch-went-back", "epoch-reused", "id-conflict", "run-split"]);
const NOTHING = { tracker: 0, naive: 0 };
const START_US = 1_795_176_000_000_000;
const START_MS = 1000;
/** one database for all: making its tables takes longer than playing a script */
const gapTables = new GapTables();

export class LedgerPair {
  store = new ReportedLedger();
  naive: NaiveLedger;
  tracker: Tracker;
  /** events compared so far */
  compared = 0;
  readonly #options: TrackerOptions;
  readonly #recovers: boolean;
  #recoverer = new ScriptedRecoverer();
  readonly #hit: (rule: string) => void;
  /** what the naive ledger was told, to bring a second one to where the last commit was */
  #steps: ((naive: NaiveLedger) => unknown)[] = [];
  #isReplaying = false;
  #committed = { store: new ReportedLedger(), steps: 0 };
  readonly #datagram = new Datagram();
  readonly #rows = new Float64Array(ROW_FIELDS * 256);
  #heardByTracker: string[] = [];
  /** rows that came since the identities were last asserted */
  readonly #changed = new Set<Float64Array>();
  #heardByNaive: string[] = [];
  /** gap operations since the last commit, and what the database makes of those before */
  #ops: GapOps = new GapOps();
  #nowMs = START_MS;
  #wallUs = START_US;
  #drainedAtMs = START_MS;
  #batch = 0;
  /** of both listeners */
  readonly #drops: [number, number] = [0, 0];

  constructor(hit: (rule: string) => void, options: TrackerOptions = TIGHT, recovers = false) {
    this.#recovers = recovers;
    this.#options = options;
    this.#hit = (rule) => {
      if (!this.#isReplaying) hit(rule);
    };
    this.naive = new NaiveLedger(options, this.#naiveSink(), this.#hit, recovers, START_MS);
    gapTables.clear();
    this.tracker = this.#newTracker(false);
  }

  play(events: readonly FaultEvent[]): this {
    for (const event of events) this.apply(event);
    this.#commit();
    this.#compareGapRows("the script");
    return this;
  }

  /** What the database has of gaps is what the naive ledger knows of them, as of the last commit. */
  #compareGapRows(what: string): void {
    for (const { runs } of this.naive.devices.values())
      for (const run of runs) {
        const where = `run ${run.run} after ${what}`;
        this.#equal(gapTables.rows(run.run), gapRowsOf(run), `gap rows of ${where}`);
        const received = subtract(normalise([[run.first, run.highWater]]), gapTables.absent(run.run));
        if (!run.isUnsequenced) this.#equal(received, receivedOf(run), `received set of ${where}`);
      }
  }

  apply(event: FaultEvent): void {
    this.#heardByTracker = [];
    this.#heardByNaive = [];
    const told = this.#perform(event);
    this.#collect();
    this.compared += 1;
    const what = `event ${this.compared} ${JSON.stringify(event)} at ${this.#nowMs} ms`;
    this.#equal(told.tracker, told.naive, `verdict on ${what}`);
    this.#equal(this.#heardByTracker.sort(), this.#heardByNaive.sort(), `reports on ${what}`);
    this.#compareLedgers(what);
    this.#assertIdentities(what);
  }

  #perform(event: FaultEvent): { tracker: unknown; naive: unknown } {
    switch (event.event) {
      case "advance":
        this.#nowMs += event.ms;
        this.#wallUs += event.ms * 1000;
        return NOTHING;
      case "tick":
        return this.#tick(event.lagMs, event.maxClosures);
      case "ask":
        return this.#ask(event.device, event.port);
      case "listener-break":
        this.tracker.onListenerBreak();
        this.#tellNaive((naive) => naive.listenersBroke());
        return NOTHING;
      case "kernel-drops":
        return this.#readDrops(event.listener, event.drops, event.lagMs);
      case "reject":
        return this.#reject(this.#arrival(event.port));
      case "wall-step":
        this.#wallUs += event.us;
        return NOTHING;
      case "commit":
        return this.#commit();
      case "collector-restart":
        return this.#restart(event.ms);
      case "collector-crash":
        return this.#crash(event.ms);
      case "shed":
        this.#shed(event.datagram, this.#arrival(event.port));
        return NOTHING;
      case "datagram":
        return this.#deliver(event.datagram, event.port, event.listener);
    }
  }

  #deliver(datagram: NaiveDatagram, port: number, listener?: number): { tracker: unknown; naive: unknown } {
    const { tracker } = this;
    const arrival = this.#arrival(port, listener);
    const naive = this.#tellNaive((ledger) => ledger.accept(datagram, arrival));
    const verdict = tracker.onDatagram(this.#encode(datagram), arrival);
    this.#count(verdict);
    const isAccepted = verdict <= VERDICT.UNSEQUENCED;
    const told = {
      verdict: nameOf(verdict),
      reason: REJECT_REASONS[verdict === VERDICT.REJECTED ? tracker.rejectCode : 0],
      run: isAccepted ? tracker.run : -1,
      sequence: isAccepted ? tracker.sequence : -1,
      sendTimeUs: isAccepted ? tracker.sendTimeUs : 0,
    };
    return { tracker: told, naive: { ...naive, verdict: nameOf(naive.verdict) } };
  }

  #count(verdict: number): void {
    this.store.counts.datagrams += 1;
    if (verdict === VERDICT.CONTROL) this.store.counts.control += 1;
    if (verdict === VERDICT.UNSEQUENCED) this.store.counts.unsequenced += 1;
    if (verdict === VERDICT.REJECTED) this.store.counts.rejected += 1;
    if (verdict === VERDICT.HELD) this.store.counts.held += 1;
  }

  #tick(lagMs: number, maxClosures: number): { tracker: unknown; naive: unknown } {
    // what is known to have been read never becomes unknown again
    this.#drainedAtMs = Math.max(this.#drainedAtMs, this.#nowMs - lagMs);
    const [nowMs, drainedAtMs, wallUs] = [this.#nowMs, this.#drainedAtMs, this.#wallUs];
    this.#tellNaive((naive) => naive.tick(nowMs, drainedAtMs, wallUs));
    let calls = 0;
    while (this.tracker.tick(nowMs, drainedAtMs, wallUs, maxClosures)) {
      if (++calls > 10_000) throw new RangeError("tick never comes to an end");
    }
    return NOTHING;
  }

  #readDrops(listener: number, drops: number | null, lagMs: number): typeof NOTHING {
    this.#drainedAtMs = Math.max(this.#drainedAtMs, this.#nowMs - lagMs);
    const [nowMs, drainedAtMs] = [this.#nowMs, this.#drainedAtMs];
    if (drops !== null) this.#drops[listener]! += drops;
    const told = this.#drops.map((count, index) => (drops === null && index === listener ? null : count));
    this.#tellNaive((naive) => naive.readDrops(nowMs, drainedAtMs, told));
    this.tracker.onKernelDrops(nowMs, drainedAtMs, told);
    return NOTHING;
  }

  #reject(arrival: Arrival): typeof NOTHING {
    this.#tellNaive((naive) => naive.reject(arrival));
    this.tracker.onRejected(arrival.address, arrival.port, arrival.nowMs);
    return NOTHING;
  }

  #ask(device: string, port: number): typeof NOTHING {
    const nowMs = this.#nowMs;
    this.#tellNaive((naive) => naive.ask(device, port, nowMs));
    this.#recoverer.ask(this.tracker.askable, device, port, nowMs);
    return NOTHING;
  }

  #shed(datagram: NaiveDatagram, arrival: Arrival): void {
    this.store.counts.datagrams += 1;
    this.store.counts.shed += 1;
    this.tracker.onShed(this.#encode(datagram), arrival);
    this.#tellNaive((naive) => naive.shed(datagram, arrival));
  }

  #tellNaive<Answer>(step: (naive: NaiveLedger) => Answer): Answer {
    this.#steps.push(step);
    return step(this.naive);
  }

  #commit(): typeof NOTHING {
    this.#committed = { store: this.store.copy(), steps: this.#steps.length };
    gapTables.apply(this.#ops);
    this.#ops = new GapOps();
    return NOTHING;
  }

  #restart(ms: number): typeof NOTHING {
    this.#tellNaive((naive) => naive.stop());
    this.tracker.decideHeld();
    this.#collect();
    this.#commit();
    return this.#start(ms);
  }

  /** What came after the last commit never was; what was held is gone, counted nowhere. */
  #crash(ms: number): typeof NOTHING {
    this.store = this.#committed.store.copy();
    this.store.counts.datagrams -= this.store.counts.held;
    this.store.counts.held = 0;
    this.#changed.clear();
    this.#ops = new GapOps();
    this.#steps = this.#steps.slice(0, this.#committed.steps);
    this.#isReplaying = true;
    this.naive = new NaiveLedger(this.#options, this.#naiveSink(), this.#hit, this.#recovers, START_MS);
    for (const step of this.#steps) step(this.naive);
    this.#isReplaying = false;
    return this.#start(ms);
  }

  #start(ms: number): typeof NOTHING {
    this.#nowMs += ms;
    this.#wallUs += ms * 1000;
    this.#drainedAtMs = this.#nowMs;
    const nowMs = this.#nowMs;
    this.#tellNaive((naive) => naive.start(nowMs));
    this.#compareGapRows("a stop");
    gapTables.reopen();
    this.tracker = this.#newTracker(true);
    return this.#commit();
  }

  #newTracker(hasHistory: boolean): Tracker {
    const { store } = this;
    const { nextDevice, nextRun } = store;
    this.#recoverer = new ScriptedRecoverer();
    const recovery = this.#recovers ? { recovery: this.#recoverer } : {};
    const tracker = new Tracker({ ...this.#options, nextDevice, nextRun, ...recovery }, this.#trackerSink());
    const restored: Restored = {
      hasHistory,
      nextDevice,
      nextRun,
      devices: [...store.devices.keys()].map((device) => store.snapshotOf(device)),
      leftOut: [],
      fleet: { datagrams: 0, control: 0, shed: 0, held: 0, rejected: {}, refusedReadings: {} },
    };
    tracker.restore(restored);
    tracker.begin(this.#nowMs);
    return tracker;
  }

  #arrival(port: number, listener = port === 8 ? 1 : 0): Arrival {
    return {
      arrivalUs: this.#wallUs,
      nowMs: this.#nowMs,
      listener,
      address: "127.0.0.1",
      port,
      lengthBytes: 100,
    };
  }

  #encode(datagram: NaiveDatagram): Datagram {
    const target = this.#datagram;
    const id = Buffer.from(datagram.device);
    target.reset();
    target.kind = KINDS[datagram.kind];
    target.isNative = datagram.epoch !== null;
    target.epoch = datagram.epoch ?? -1;
    target.sequence = datagram.sequence ?? -1;
    target.sequenceBits = datagram.bits ?? 53;
    target.startsAtZero = datagram.startsAtZero ?? true;
    target.sendTimeUs = datagram.sendTimeUs;
    target.sendTimeIsRelative = datagram.isRelative;
    target.pointId(id);
    target.sleepSeconds = datagram.sleepSeconds ?? -1;
    target.isEnd = datagram.isEnd ?? false;
    for (const [first, last] of datagram.gone ?? []) {
      target.rangeFirst[target.rangeCount] = first;
      target.rangeLast[target.rangeCount++] = last;
    }
    return target;
  }

  // ---- What was reported ------------------------------------------------------------------------------------

  #trackerSink(): TrackerSink {
    const { store } = this;
    const told = recorder((line) => this.#heardByTracker.push(line));
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
        this.#collect();
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

  #naiveSink(): TrackerSink {
    return recorder((line) => {
      if (!this.#isReplaying) this.#heardByNaive.push(line);
    });
  }

  #collect(): void {
    const { tracker, store } = this;
    for (;;) {
      const count = tracker.drainDirty(this.#rows, 256, this.#batch);
      for (let i = 0; i < count; i++) {
        const row = this.#rows.slice(i * ROW_FIELDS, (i + 1) * ROW_FIELDS);
        if (!store.runs.has(row[ROW.RUN]!)) continue;
        store.rows.set(row[ROW.RUN]!, row);
        this.#changed.add(row);
      }
      if (count < 256) break;
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
      100_000,
    );
    tracker.onCommitted(this.#batch++);
  }

  // ---- Comparison -------------------------------------------------------------------------------------------

  #compareLedgers(what: string): void {
    const devices = [...this.naive.devices.values()];
    this.#equal(this.tracker.deviceCount, devices.length, `devices after ${what}`);
    const runs = devices.reduce((sum, device) => sum + device.runs.length, 0);
    this.#equal(this.tracker.runCount, runs, `runs after ${what}`);
    this.#equal(this.tracker.dirtyRuns + this.tracker.windowOps, 0, `left to drain after ${what}`);
    this.#equal(this.tracker.heldCount, devices.filter(({ held }) => held).length, `held after ${what}`);
    const gaps = devices.flatMap(({ runs }) => runs.flatMap((run) => run.gaps));
    this.#equal(this.tracker.gapCount, gaps.length, `absent ranges after ${what}`);
    this.#equal(
      this.tracker.openGapCount,
      gaps.filter(({ state }) => state === "open").length,
      `open gaps after ${what}`,
    );
    for (const device of devices) for (const run of device.runs) this.#compareRun(device, run, what);
    const { paths } = this.tracker;
    if (paths === null) return;
    const sums = paths.counters.map(({ expected, first, redundant, backed }) => {
      return { expected, first, redundant, backed };
    });
    this.#equal(sums, this.naive.paths.sums, `paths after ${what}`);
    for (const counters of paths.counters) assertPathIdentities(counters, what);
  }

  #equal(actual: unknown, due: unknown, what: string): void {
    if (isDeepStrictEqual(actual, due)) return;
    assert.fail(`${what}:\n${inspect(difference(actual, due), { depth: 4, maxArrayLength: 50 })}`);
  }

  #compareRun(device: NaiveDevice, run: NaiveRun, what: string): void {
    const where = `run ${run.run} (${device.id}, epoch ${run.epoch}, run ${run.index}) after ${what}`;
    const row = this.store.rows.get(run.run);
    assert.ok(row !== undefined, `no row of ${where}`);
    const actual = fieldsOf(row);
    const due = dueFields(device, run);
    if (!same(actual, due)) this.#equal(actual, due, where);
    const ranges = this.store.absentOf(run.run);
    const dueRanges = run.gaps;
    const areEqual =
      ranges.length === dueRanges.length && ranges.every((range, i) => sameRange(range, dueRanges[i]!));
    if (!areEqual) this.#equal(ranges.map(textOf), dueRanges.map(textOf), `absent in ${where}`);
  }

  /** Of every run that changed, and of the fleet. */
  #assertIdentities(what: string): void {
    for (const row of this.#changed) assertRunIdentities(row, what);
    this.#changed.clear();
    const total = { expected: 0, received: 0, inOrder: 0, reordered: 0, recovered: 0, late: 0, missing: 0 };
    const { duplicates, redundant } = this.store.forgotten;
    const sums = { ...total, lost: 0, duplicates, redundant };
    for (const row of this.store.rows.values()) {
      sums.duplicates += row[ROW.DUPLICATES]!;
      sums.redundant += row[ROW.REDUNDANT]!;
      sums.inOrder += row[ROW.IN_ORDER]!;
      sums.reordered += row[ROW.REORDERED]!;
      sums.late += row[ROW.LATE]!;
      sums.recovered += row[ROW.RECOVERED]!;
      sums.missing += row[ROW.MISSING]!;
      for (let cause = 0; cause < 6; cause++) sums.lost += row[ROW.LOST + cause]!;
    }
    // those of forgotten devices count as received in order here: their bins are no longer told apart
    sums.inOrder += this.store.forgotten.received;
    sums.received = sums.inOrder + sums.reordered + sums.recovered + sums.late;
    sums.expected = sums.received + sums.missing + sums.lost;
    const { rejected, ...others } = this.store.counts;
    assertFleetIdentities(
      { ...sums, ...others, causes: { any: sums.lost }, rejected: { any: rejected }, refusedReadings: {} },
      what,
    );
  }
}

/** The sink's calls that are compared, as text. */
const recorder = (tell: (line: string) => unknown): TrackerSink => ({
  deviceCreated: (device, id) => tell(`device ${device} ${id}`),
  runCreated: (run, device, epoch, index) => tell(`run ${run} of ${device}, epoch ${epoch}, run ${index}`),
  deviceForgotten: (device) => tell(`forgotten ${device}`),
  sourceChanged: () => undefined,
  event: (at, kind, device) => {
    if (COMPARED_EVENTS.has(kind)) tell(`event ${kind} of ${device} at ${at}`);
  },
  gapLost: (run, first, last, openedAt, closedAt, cause, _before, _after, requests) =>
    tell(`lost ${run} [${first}, ${last}] ${openedAt}..${closedAt} cause ${cause}, asked ${requests} times`),
  gapFilled: (run, number, at, wasLost, openedAt, cause, time, requests) =>
    tell(
      `filled ${run} ${number} at ${at}, time ${time}, opened ${openedAt}, lost ${wasLost} cause ${cause}, asked ${requests} times`,
    ),
  heldAccepted: (device, run, number, listener) =>
    tell(`held of ${device} accepted as ${number} of ${run}, listener ${listener}`),
  heldDropped: (device, isDuplicate, code, listener) =>
    tell(
      `held of ${device} dropped, ${isDuplicate ? "duplicate" : REJECT_REASONS[code]}, listener ${listener}`,
    ),
});

/** Only what differs, tracker and naive ledger beside each other. */
const difference = (tracker: unknown, naive: unknown): unknown => {
  if (!isRecord(tracker) || !isRecord(naive)) return { tracker, naive };
  const keys = Object.keys(tracker).filter((key) => !isDeepStrictEqual(tracker[key], naive[key]));
  return Object.fromEntries(keys.map((key) => [key, { tracker: tracker[key], naive: naive[key] }]));
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const nameOf = (verdict: number): string =>
  Object.entries(VERDICT).find(([, code]) => code === verdict)?.[0] ?? String(verdict);
