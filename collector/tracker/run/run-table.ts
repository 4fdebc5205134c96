import * as deviceStatus from "../../../protocol/device-status.ts";
import { isUsualSpacing, learnInterval, smoothedInterval } from "../../../protocol/device-status.ts";
import * as ledgerRow from "../../../protocol/ledger-row.ts";
import { expectedOf, receivedOf } from "../../../protocol/ledger-row.ts";
import type { GapList } from "../gap/gap-list.ts";
import type { Arrival } from "../types.ts";
import { widen } from "../widen.ts";
import { ColdRows } from "./cold-rows.ts";
import * as runRow from "./run-row.ts";
import * as runState from "./run-state.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { LEAST_SILENCE_US } = deviceStatus;
const { ROW, ROW_FIELDS, ROW_FLAG } = ledgerRow;
const { COLD_FIELDS, COLD_FROM, COLD_UNTIL, HOT, HOT_FIELDS } = runRow;
const { RUN_STATE, STEADY } = runState;

/** Runs as an array of structs, and what few have apart. A slot is used again when its run is gone. */
export class RunTable {
  /** HOT_FIELDS values of each run (run-row.ts) */
  hot: Float64Array;
  readonly #cold = new ColdRows();
  /** of each run; 0 = its cold fields are all 0 */
  #coldPlace: Int32Array;
  /** u32, -1 = null */
  epoch: Float64Array;
  index: Int32Array;
  /** slot of the owning device */
  device: Int32Array;
  /** next older run of the same device, -1 = none */
  older: Int32Array;
  /** a STEADY value: whether an in-order number needs no second thought (the short path) */
  steady: Uint8Array;
  state: Uint8Array;
  /** send time, or else arrival, of what raised the high water last, microseconds */
  highTime: Float64Array;
  /** its numbers above the high water arrived after that, if they did: `KernelEvidence.coveredMs` when it rose last; -Infinity = unknown */
  clearMs: Float64Array;
  /** monotonic time of its first datagram, -Infinity when that was before the start */
  firstMs: Float64Array;
  /** gaps opened until then (monotonic, inclusive) are `collector-down`; see CUT_OFF */
  downUntilMs: Float64Array;
  /** while OFF_BEAT: the last arrival that was part of its cadence */
  ownArrivalUs: Float64Array;
  /** when it was heard again after a silence of more than LEAST_SILENCE_US, the last time */
  backAtUs: Float64Array;
  /** of one that is BELOW: no older run of its epoch begins above it and below this number; -Infinity = not known */
  aboveFrom: Float64Array;
  /** number of the batch its row went into last */
  drainedInto: Float64Array;
  /** created with the first absent number */
  readonly gaps: (GapList | null)[] = [];
  count = 0;
  #capacity: number;
  #used = 0;
  readonly #free: number[] = [];
  #isDirty: Uint8Array;
  /** ring of dirty slots, oldest change first; a slot is in it at most once */
  #dirty: Int32Array;
  #dirtyStart = 0;
  dirtyCount = 0;

  /**
   * @param expected - runs there may well be: room for them is asked for at once, and the system gives memory only for what a run has used.
   * Beyond it everything is copied
   */
  constructor(expected: number) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(expected, 2)));
    this.#capacity = capacity;
    this.hot = new Float64Array(capacity * HOT_FIELDS);
    this.#coldPlace = new Int32Array(capacity);
    this.epoch = new Float64Array(capacity);
    this.index = new Int32Array(capacity);
    this.device = new Int32Array(capacity);
    this.older = new Int32Array(capacity);
    this.steady = new Uint8Array(capacity);
    this.state = new Uint8Array(capacity);
    this.highTime = new Float64Array(capacity);
    this.clearMs = new Float64Array(capacity);
    this.firstMs = new Float64Array(capacity);
    this.downUntilMs = new Float64Array(capacity);
    this.ownArrivalUs = new Float64Array(capacity);
    this.backAtUs = new Float64Array(capacity);
    this.aboveFrom = new Float64Array(capacity);
    this.drainedInto = new Float64Array(capacity);
    this.#isDirty = new Uint8Array(capacity);
    this.#dirty = new Int32Array(capacity);
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** @returns a slot with a zero row, not linked to its device yet */
  add(run: number, device: number, deviceSlot: number, epoch: number, index: number): number {
    if (this.#free.length === 0 && this.#used === this.#capacity) this.#grow();
    const slot = this.#free.pop() ?? this.#used++;
    const base = slot * HOT_FIELDS;
    this.hot.fill(0, base, base + HOT_FIELDS);
    this.hot[base + ROW.RUN] = run;
    this.hot[base + ROW.DEVICE] = device;
    this.hot[base + ROW.FIRST] = -1;
    this.hot[base + ROW.HIGH_WATER] = -1;
    this.epoch[slot] = epoch;
    this.index[slot] = index;
    this.device[slot] = deviceSlot;
    this.older[slot] = -1;
    this.steady[slot] = STEADY.NO;
    this.state[slot] = 0;
    this.highTime[slot] = 0;
    this.clearMs[slot] = Number.NEGATIVE_INFINITY;
    this.firstMs[slot] = Number.NEGATIVE_INFINITY;
    this.downUntilMs[slot] = Number.NEGATIVE_INFINITY;
    this.ownArrivalUs[slot] = 0;
    this.backAtUs[slot] = 0;
    this.aboveFrom[slot] = Number.NEGATIVE_INFINITY;
    this.drainedInto[slot] = 0;
    this.gaps[slot] = null;
    this.count++;
    return slot;
  }

  /** The run leaves the memory; a changed row is still drained before its slot is used again. */
  remove(slot: number): void {
    this.gaps[slot] = null;
    this.steady[slot] = STEADY.NO;
    this.state[slot] = RUN_STATE.GONE;
    this.count--;
    if (this.#isDirty[slot] === 0) this.#release(slot);
  }

  /** The slot may be used again. Whoever still knows it asks for its run's number first, which none has now. */
  #release(slot: number): void {
    this.hot[slot * HOT_FIELDS + ROW.RUN] = 0;
    if (this.#coldPlace[slot] !== 0) this.#cold.giveBack(this.#coldPlace[slot]!);
    this.#coldPlace[slot] = 0;
    this.#free.push(slot);
  }

  has(slot: number, bit: number): boolean {
    return (this.state[slot]! & bit) !== 0;
  }

  set(slot: number, bit: number, on: boolean): void {
    this.state[slot] = on ? this.state[slot]! | bit : this.state[slot]! & ~bit;
  }

  /** R6: the run has lost its place, or has one again. */
  setClosed(slot: number, isClosed: boolean): void {
    this.set(slot, RUN_STATE.CLOSED, isClosed);
    this.setFlag(slot, ROW_FLAG.CLOSED, isClosed);
    this.steady[slot] = STEADY.NO;
    this.touch(slot);
  }

  at(slot: number, field: number): number {
    if (isCold(field)) return this.#cold.values[this.#coldPlace[slot]! * COLD_FIELDS + field - COLD_FROM]!;
    return this.hot[slot * HOT_FIELDS + hotPlace(field)]!;
  }

  put(slot: number, field: number, value: number): void {
    if (isCold(field)) this.#putCold(slot, field, value);
    else this.hot[slot * HOT_FIELDS + hotPlace(field)] = value;
  }

  add1(slot: number, field: number): void {
    this.plus(slot, field, 1);
  }

  plus(slot: number, field: number, amount: number): void {
    this.put(slot, field, this.at(slot, field) + amount);
  }

  /** Its whole ledger row. @param row - ROW_FIELDS values */
  putRow(slot: number, row: Float64Array): void {
    for (let field = 0; field < ROW_FIELDS; field++) this.put(slot, field, row[field]!);
  }

  /** Copy its ledger row, ROW_FIELDS values, to `into` from `at` on. */
  readRow(slot: number, into: Float64Array, at: number): void {
    const { hot } = this;
    const base = slot * HOT_FIELDS;
    // loops: a view for `set` costs more than copying so few values
    for (let field = 0; field < COLD_FROM; field++) into[at + field] = hot[base + field]!;
    const place = this.#coldPlace[slot]!;
    if (place === 0) for (let field = COLD_FROM; field < COLD_UNTIL; field++) into[at + field] = 0;
    else this.#cold.read(place, into, at + COLD_FROM);
    const behind = base - COLD_FIELDS;
    for (let field = COLD_UNTIL; field < ROW_FIELDS; field++) into[at + field] = hot[behind + field]!;
  }

  #putCold(slot: number, field: number, value: number): void {
    if (this.#coldPlace[slot] === 0) {
      if (value === 0) return;
      this.#coldPlace[slot] = this.#cold.take();
    }
    this.#cold.values[this.#coldPlace[slot]! * COLD_FIELDS + field - COLD_FROM] = value;
  }

  /** Numbers received. */
  received(slot: number): number {
    return receivedOf(this.hot, slot * HOT_FIELDS);
  }

  /** Numbers its sender is known to have used from `first` on. */
  expected(slot: number): number {
    return expectedOf(this.hot, slot * HOT_FIELDS);
  }

  hasFlag(slot: number, flag: number): boolean {
    return (this.at(slot, ROW.FLAGS) & flag) !== 0;
  }

  setFlag(slot: number, flag: number, on: boolean): void {
    const flags = this.at(slot, ROW.FLAGS);
    this.put(slot, ROW.FLAGS, on ? flags | flag : flags & ~flag);
  }

  isDirty(slot: number): boolean {
    return this.#isDirty[slot] === 1;
  }

  touch(slot: number): void {
    if (this.#isDirty[slot] === 1) return;
    this.#isDirty[slot] = 1;
    this.#dirty[(this.#dirtyStart + this.dirtyCount) & (this.#capacity - 1)] = slot;
    this.dirtyCount++;
  }

  /** When its high water was sent is known and was later than all else. Of one that did not rise since the start it may have been a control datagram. */
  isHighSentLast(slot: number): boolean {
    return (
      this.highTime[slot] === this.at(slot, ROW.MAX_SEND_TIME) &&
      this.clearMs[slot] !== Number.NEGATIVE_INFINITY
    );
  }

  /** A datagram was accounted to the run: when it was heard last, and how often it is. */
  heard(slot: number, arrivalUs: number): void {
    const base = slot * HOT_FIELDS;
    // an announced silence is no habit
    const fromUs = Math.max(this.#ownArrivalUs(slot), this.hot[base + HOT.SLEEP_UNTIL]!);
    if (arrivalUs - fromUs > LEAST_SILENCE_US) this.backAtUs[slot] = arrivalUs;
    // the time the collector was down says nothing about the device
    if (!this.has(slot, RUN_STATE.CUT_OFF)) this.#learn(slot, arrivalUs - fromUs);
    this.hot[base + HOT.LAST_ARRIVAL] = arrivalUs;
    this.touch(slot);
  }

  /** The same on the short path: of a run that is steady. */
  heardSteady(slot: number, { arrivalUs }: Arrival): void {
    const base = slot * HOT_FIELDS;
    let fromUs = this.hot[base + HOT.LAST_ARRIVAL]!;
    if (this.steady[slot] === STEADY.OFF_BEAT) {
      fromUs = this.#ownArrivalUs(slot);
      this.steady[slot] = STEADY.YES;
    }
    const spacingUs = arrivalUs - fromUs;
    const intervalUs = this.hot[base + HOT.INTERVAL]!;
    if (isUsualSpacing(intervalUs, spacingUs)) {
      this.hot[base + HOT.INTERVAL] = smoothedInterval(intervalUs, spacingUs);
    } else {
      if (spacingUs > LEAST_SILENCE_US) this.backAtUs[slot] = arrivalUs;
      this.#learn(slot, spacingUs);
    }
    this.hot[base + HOT.LAST_ARRIVAL] = arrivalUs;
    this.touch(slot);
  }

  /** When it was heard last by its own cadence; what comes now is part of it. */
  #ownArrivalUs(slot: number): number {
    if (!this.has(slot, RUN_STATE.OFF_BEAT)) return this.at(slot, ROW.LAST_ARRIVAL);
    this.set(slot, RUN_STATE.OFF_BEAT, false);
    return this.ownArrivalUs[slot]!;
  }

  #learn(slot: number, spacingUs: number): void {
    if (spacingUs <= 0) return;
    const numbers = this.at(slot, ROW.IN_ORDER) + this.at(slot, ROW.UNSEQUENCED);
    this.put(slot, ROW.INTERVAL, learnInterval(this.at(slot, ROW.INTERVAL), spacingUs, numbers));
  }

  /** The same of a datagram that was not sent by the device's own cadence: a copy, or what we asked for. */
  heardOffBeat(slot: number, arrivalUs: number): void {
    if (!this.has(slot, RUN_STATE.OFF_BEAT)) {
      this.set(slot, RUN_STATE.OFF_BEAT, true);
      this.ownArrivalUs[slot] = this.at(slot, ROW.LAST_ARRIVAL);
    }
    this.put(slot, ROW.LAST_ARRIVAL, arrivalUs);
    this.touch(slot);
  }

  /** @see Tracker.drainDirty */
  drain(into: Float64Array, maxRows: number, batch: number): number {
    const count = Math.min(maxRows, this.dirtyCount);
    for (let i = 0; i < count; i++) {
      const slot = this.#dirty[this.#dirtyStart]!;
      this.#dirtyStart = (this.#dirtyStart + 1) & (this.#capacity - 1);
      this.readRow(slot, into, i * ROW_FIELDS);
      this.#isDirty[slot] = 0;
      this.drainedInto[slot] = batch;
      if (this.has(slot, RUN_STATE.GONE)) this.#release(slot);
    }
    this.dirtyCount -= count;
    return count;
  }

  #grow(): void {
    const old = this.#capacity;
    this.#capacity = old * 2;
    this.hot = widen(this.hot, new Float64Array(this.#capacity * HOT_FIELDS));
    this.#coldPlace = widen(this.#coldPlace, new Int32Array(this.#capacity));
    this.epoch = widen(this.epoch, new Float64Array(this.#capacity));
    this.index = widen(this.index, new Int32Array(this.#capacity));
    this.device = widen(this.device, new Int32Array(this.#capacity));
    this.older = widen(this.older, new Int32Array(this.#capacity));
    this.steady = widen(this.steady, new Uint8Array(this.#capacity));
    this.state = widen(this.state, new Uint8Array(this.#capacity));
    this.highTime = widen(this.highTime, new Float64Array(this.#capacity));
    this.clearMs = widen(this.clearMs, new Float64Array(this.#capacity));
    this.firstMs = widen(this.firstMs, new Float64Array(this.#capacity));
    this.downUntilMs = widen(this.downUntilMs, new Float64Array(this.#capacity));
    this.ownArrivalUs = widen(this.ownArrivalUs, new Float64Array(this.#capacity));
    this.backAtUs = widen(this.backAtUs, new Float64Array(this.#capacity));
    this.aboveFrom = widen(this.aboveFrom, new Float64Array(this.#capacity));
    this.drainedInto = widen(this.drainedInto, new Float64Array(this.#capacity));
    this.#isDirty = widen(this.#isDirty, new Uint8Array(this.#capacity));
    const dirty = new Int32Array(this.#capacity);
    for (let i = 0; i < this.dirtyCount; i++) dirty[i] = this.#dirty[(this.#dirtyStart + i) & (old - 1)]!;
    this.#dirty = dirty;
    this.#dirtyStart = 0;
  }
}

const isCold = (field: number): boolean => field >= COLD_FROM && field < COLD_UNTIL;

const hotPlace = (field: number): number => (field < COLD_FROM ? field : field - COLD_FIELDS);
