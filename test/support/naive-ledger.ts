import {
  type Arrival,
  type TrackerOptions,
  type TrackerSink,
  VERDICT,
} from "../../collector/tracker/types.ts";
import { CAUSE } from "../../protocol/ledger-row.ts";
import { REJECT, type RejectReason } from "../../protocol/reasons.ts";
import {
  accepted,
  beginsAtZero,
  causeOf,
  createsDevice,
  type Data,
  gapsOf,
  type Held,
  hasSentUntil,
  hearSource,
  isAskable,
  isElsewhere,
  isKnownLess,
  isNextOf,
  isSentAfterAll,
  leastRecentlyHeard,
  type NaiveDatagram,
  type NaiveDevice,
  type Outcome,
  openRuns,
  plain,
  timeOf,
  unheard,
  wasAsked,
} from "./naive-device.ts";
import { NaiveEvidence } from "./naive-evidence.ts";
import { NaivePaths } from "./naive-paths.ts";
import { type NaiveGap, NaiveRun } from "./naive-run.ts";

/**
 * The ledger a second time, written from docs/ledger.md alone: slow, with Sets, Maps, arrays and objects, its steps in the order and
 * under the numbers of that page. Property tests compare the tracker with it. What decides something says so through `hit`, so that the
 * tests can tell which rules they met. Nothing is paged out here.
 */

const MINIMUM_JUMP = 2 ** 20;
const TEN_SECONDS_US = 10_000_000;
const EARLIEST_US = Date.UTC(2000, 0, 1) * 1000;
const DAY_US = 86_400_000_000;
const sourceOf = (arrival: Arrival): string => `${arrival.address}:${arrival.port}`;

export class NaiveLedger {
  readonly devices = new Map<string, NaiveDevice>();
  readonly #options: TrackerOptions;
  readonly #sink: TrackerSink;
  readonly #hit: (rule: string) => void;
  #nextDevice: number;
  #nextRun: number;
  #gapsOpened = 0;
  /** how often listening broke off */
  #breaks = 0;
  /** when listening began on a database with a history */
  #restartedAtMs: number | undefined;

  /** devices are asked again */
  readonly #recovers: boolean;

  #evidence: NaiveEvidence;
  paths: NaivePaths;

  /** @param beganMs - when listening began, monotonic */
  constructor(
    options: TrackerOptions,
    sink: TrackerSink,
    hit: (rule: string) => void,
    recovers: boolean,
    beganMs: number,
  ) {
    this.#evidence = new NaiveEvidence(beganMs);
    this.paths = new NaivePaths(options.paths ?? [0]);
    this.#recovers = recovers;
    this.#options = options;
    this.#sink = sink;
    this.#hit = hit;
    this.#nextDevice = options.nextDevice;
    this.#nextRun = options.nextRun;
  }

  /** Step 1, R1: no room. Evidence for the runs that are known. */
  shed(datagram: NaiveDatagram, arrival: Arrival): void {
    const device = this.devices.get(datagram.device);
    if (device === undefined || datagram.kind !== "data" || datagram.sequence === null) return;
    const data = this.#judge(device, datagram, arrival);
    const run = this.#runsThatMayOwn(data)[0];
    if (run === undefined || this.#cannotExtend(run, data)) return;
    this.#hit("R1 shed number remembered");
    run.shed.add(this.#extend(run, data));
  }

  accept(datagram: NaiveDatagram, arrival: Arrival): Outcome {
    const device = this.#deviceFor(datagram); // step 2
    if (device === null) return this.#withoutDevice(datagram);
    const data = this.#judge(device, datagram, arrival);
    const path = this.#pathOf(arrival);
    hearSource(device, sourceOf(arrival), arrival.arrivalUs, path);
    const outcome =
      datagram.kind !== "data"
        ? this.#control(data)
        : datagram.sequence === null
          ? this.#unsequenced(data)
          : this.#data(data);
    device.breaksWhenHeard = this.#breaks;
    device.heardBy.add(arrival.listener);
    const canAnswer = datagram.epoch !== null && !isElsewhere(device, sourceOf(arrival), path);
    device.canBeAsked = canAnswer || device.canBeAsked === true;
    return outcome;
  }

  #pathOf({ listener }: Arrival): number | undefined {
    return this.paths.areSeveral ? this.paths.of(listener) : undefined;
  }

  /** The kernel's counters were read. */
  readDrops(nowMs: number, drainedAtMs: number, drops: (number | null)[]): void {
    this.#evidence.read(nowMs, drainedAtMs, drops);
  }

  /** Something from there could not be decoded. */
  reject(arrival: Arrival): void {
    this.#evidence.reject(sourceOf(arrival), arrival.nowMs);
  }

  /** R9, and the time limit of step 6. */
  tick(nowMs: number, drainedAtMs: number, wallUs: number): void {
    for (const device of this.devices.values()) {
      for (const { run, gap } of this.#dueGaps(device, drainedAtMs)) {
        if (!run.gaps.includes(gap)) continue; // the bound of R15 took it
        this.#askKernel(device, run, gap);
        if (this.#isToBeAsked(device, run, gap)) {
          this.#hit("recovery began");
          gap.isAsked = true;
          gap.hasRow = true;
          gap.deadlineMs = drainedAtMs + 10_000;
          continue;
        }
        this.#hit("R9 window closed");
        this.#closeGap(run, gap, wallUs);
        this.#bound(device, wallUs);
      }
      const { held } = device;
      if (held !== null && held.deadlineMs <= nowMs) {
        this.#hit("step 6 hold expired");
        this.#dropHeld(device);
      }
    }
  }

  /** R14: once, when the window is over. */
  #askKernel(device: NaiveDevice, run: NaiveRun, gap: NaiveGap): void {
    if (gap.isAsked || gap.collectorWasDown || gap.isBelowFirstContact) return;
    let count = 0;
    for (const number of run.shed) if (gap.first <= number && number <= gap.last) count += 1;
    count = gap.last - gap.first + 1 - count;
    if (count === 0) return;
    const fromMs = gap.clearMs - this.#options.windowMs;
    gap.kernelCause =
      fromMs === Number.NEGATIVE_INFINITY
        ? CAUSE.UNDETERMINED
        : this.#evidence.causeOf(device.heardBy, device.source?.name ?? "", fromMs, gap.deadlineMs, count);
  }

  #isToBeAsked(device: NaiveDevice, run: NaiveRun, gap: NaiveGap): boolean {
    if (!this.#recovers || gap.isAsked || gap.requests >= 10) return false;
    return device.canBeAsked !== false && isAskable(device, run);
  }

  /** A NACK named everything the device can be asked for. After ten of them it is waited for a moment, and no longer. */
  ask(id: string, port: number, nowMs: number): void {
    const device = this.devices.get(id);
    if (device === undefined) return;
    for (const gap of device.runs.filter((run) => isAskable(device, run)).flatMap((run) => run.gaps)) {
      if (gap.state !== "open" || !gap.isAsked) continue;
      this.#hit("recovery asked");
      gap.requests += 1;
      gap.askedAtMs = nowMs;
      if (gap.requests >= 10) gap.deadlineMs = Math.min(gap.deadlineMs, nowMs + 100);
      device.asked = { atMs: nowMs, port };
    }
  }

  /** GONE: what was asked for of it is lost. */
  #goneFor(data: Data): void {
    const run = this.#runsOfEpoch(data)[0];
    const { nowMs, arrivalUs } = data.arrival;
    for (const [first, last] of data.datagram.gone ?? []) {
      for (const gap of run?.gaps.filter((gap) => gap.first <= last && gap.last >= first) ?? []) {
        const isAwaited = gap.askedAtMs !== undefined && nowMs - gap.askedAtMs <= 10_000;
        if (gap.state !== "open" || !gap.isAsked || !isAwaited) continue;
        this.#hit("recovery gone");
        this.#closeGap(run!, run!.cut(gap, first, last), arrivalUs, true);
      }
    }
  }

  /** A listener was not OK for a while. */
  listenersBroke(): void {
    this.#breaks += 1;
  }

  /** The collector stops in an orderly way: held datagrams are decided. */
  stop(): void {
    for (const device of this.devices.values()) {
      if (device.held !== null) this.#hit("step 6 hold decided at the stop");
      this.#dropHeld(device);
    }
  }

  /** It starts again from what was committed: all that `stop` left, but no clock, no hold, no evidence. */
  start(nowMs: number): void {
    this.#breaks += 1;
    this.#restartedAtMs = nowMs;
    this.#evidence = new NaiveEvidence(nowMs);
    this.paths = new NaivePaths(this.#options.paths ?? [0]);
    for (const device of this.devices.values()) {
      device.held = null;
      if (device.source !== undefined) device.source = unheard(device.source.name);
      device.newRunsMs = [];
      device.heardBy.clear();
      device.canBeAsked = undefined;
      device.asked = undefined;
      for (const run of device.runs) this.#restoreRun(run, nowMs);
    }
  }

  #restoreRun(run: NaiveRun, nowMs: number): void {
    run.isFromDatabase = true;
    run.wasCurrent = run.received.size >= 2;
    run.collectorDownUntilMs = Number.NEGATIVE_INFINITY;
    run.firstHeardMs = undefined;
    run.highWaterTimeUs = undefined;
    run.clearMs = Number.NEGATIVE_INFINITY;
    run.shed.clear();
    for (const gap of run.gaps.filter((gap) => gap.state === "open")) {
      this.#hit("R14 window cut by the stop");
      gap.collectorWasDown = true;
      gap.isBelowFirstContact = false;
      gap.deadlineMs = nowMs + this.#options.windowMs;
      gap.isAsked = false;
      gap.hasRow = true;
      gap.askedAtMs = undefined;
    }
  }

  // ---- Step 2 -----------------------------------------------------------------------------------------------

  /** R16. Null when there is no place, or when the datagram creates nothing. */
  #deviceFor(datagram: NaiveDatagram): NaiveDevice | null {
    const known = this.devices.get(datagram.device);
    if (known !== undefined) return known;
    if (!createsDevice(datagram)) return null;
    if (this.devices.size >= this.#options.maxDevices && !this.#forgetOldestProvisional()) return null;
    const device: NaiveDevice = {
      device: this.#nextDevice++,
      id: datagram.device,
      isConfirmed: false,
      runs: [],
      current: null,
      held: null,
      breaksWhenHeard: this.#breaks,
      source: undefined,
      newRunsMs: [],
      heardBy: new Set(),
      canBeAsked: undefined,
      asked: undefined,
    };
    this.devices.set(device.id, device);
    this.#sink.deviceCreated(device.device, device.id);
    return device;
  }

  #forgetOldestProvisional(): boolean {
    const provisional = [...this.devices.values()].find((device) => !device.isConfirmed);
    if (provisional === undefined) return false;
    this.#hit("R16 provisional forgotten");
    this.#dropHeld(provisional);
    this.devices.delete(provisional.id);
    this.#sink.deviceForgotten(provisional.device);
    return true;
  }

  #withoutDevice(datagram: NaiveDatagram): Outcome {
    if (createsDevice(datagram)) return this.#refuse("device-limit");
    this.#hit("R8 control without a device");
    return plain(VERDICT.CONTROL);
  }

  /** "Send time": what of it is usable. */
  #judge(device: NaiveDevice, datagram: NaiveDatagram, arrival: Arrival): Data {
    const { sendTimeUs, isRelative } = datagram;
    const wallUs = isRelative ? arrival.arrivalUs - sendTimeUs : sendTimeUs;
    const isUsable =
      sendTimeUs !== 0 &&
      (isRelative
        ? sendTimeUs > 0 && wallUs >= EARLIEST_US
        : wallUs >= EARLIEST_US && wallUs <= arrival.arrivalUs + DAY_US);
    if (!isUsable && sendTimeUs !== 0) this.#hit("send time refused");
    return {
      device,
      datagram,
      number: datagram.sequence ?? -1,
      bits: datagram.bits ?? 53,
      wallTimeUs: isUsable && !isRelative ? sendTimeUs : 0,
      relativeUs: isUsable && isRelative ? sendTimeUs : undefined,
      arrival,
    };
  }

  // ---- Steps 3 and 4: DATA ----------------------------------------------------------------------------------

  #data(data: Data): Outcome {
    const runs = this.#runsThatMayOwn(data); // step 3
    if (runs.length === 0) return this.#beginWith(data); // step 7
    for (const run of runs) {
      const outcome = this.#offer(run, data); // step 4
      if (outcome !== null) return outcome;
    }
    const newest = this.#runsOfEpoch(data)[0]!;
    const number = this.#cannotExtend(newest, data) ? data.number : this.#extend(newest, data);
    const isBefore = number < newest.first;
    return this.#holdUnbelieved(data, isBefore ? "before-first" : "implausible-sequence"); // step 6
  }

  /** Step 3. */
  #runsThatMayOwn(data: Data): NaiveRun[] {
    const runs = this.#runsOfEpoch(data);
    const taking = runs.filter((run, position) => {
      const isPassedOver =
        isKnownLess(data.wallTimeUs, run.firstSendTimeUs) &&
        runs.slice(position + 1).some((older) => hasSentUntil(older, data.wallTimeUs));
      if (isPassedOver) this.#hit("step 3 newer run passed over");
      return !isPassedOver;
    });
    return data.datagram.epoch === null || data.datagram.sequence === null ? taking.slice(0, 1) : taking;
  }

  /** Numbered runs of its epoch, newest first, closed ones too. */
  #runsOfEpoch({ device, datagram }: Data): NaiveRun[] {
    return device.runs.filter((run) => run.epoch === datagram.epoch && !run.isUnsequenced).reverse();
  }

  /** Step 4: null when the run does not believe the number. */
  #offer(run: NaiveRun, data: Data): Outcome | null {
    if (this.#cannotExtend(run, data)) return this.#endNarrowRun(data);
    const number = this.#extend(run, data);
    if (number < 0) {
      this.#hit("R7 below 0");
      return null;
    }
    const jump = this.#jump(run, data);
    if (number > run.highWater)
      return number > run.highWater + jump ? null : this.#takeInOrder(run, number, data);
    if (run.epoch === null && run.highWater - number > Math.min(100, 2 ** data.bits / 4)) {
      this.#hit("R7 too far back");
      return null;
    }
    if (number >= run.first) {
      if (number < run.floor) return this.#refuse("below-floor");
      return run.gapOf(number) === undefined
        ? this.#alreadyReceived(run, number, data)
        : this.#takeAbsent(run, number, data);
    }
    const { nowMs } = data.arrival;
    const isInWindow = run.firstHeardMs !== undefined && nowMs - run.firstHeardMs <= this.#options.windowMs;
    if (run.first - number > jump || run.floor !== 0 || !isInWindow) return null;
    return this.#takeBelowFirst(run, number, data);
  }

  /** @param now - the arrival that decided it: later than its own when it was held */
  #takeInOrder(run: NaiveRun, number: number, data: Data, now: Arrival = data.arrival): Outcome {
    const isSecond = number === run.highWater + 1 && run.received.size > 0;
    this.#hit(number === run.highWater + 1 ? "step 4 in order" : "step 4 jump ahead");
    this.#hear(run, data, true);
    this.#reachEnd(run, data);
    if (number > run.highWater + 1)
      this.#openGap(run, run.highWater + 1, number - 1, now, { timeAfter: timeOf(run, data) });
    run.highWater = number;
    run.highWaterAtUs = data.arrival.arrivalUs;
    run.highWaterTimeUs = timeOf(run, data);
    run.clearMs = this.#evidence.clearMs();
    run.isTailKnown = false;
    run.isEnded = false;
    run.sleepUntilUs = 0;
    run.inOrder += 1;
    run.received.add(number);
    this.paths.accepted(run, data.device.device, number, data.arrival.listener, now.nowMs);
    if (isSecond) {
      data.device.isConfirmed = true;
      if (!run.wasCurrent) this.#makeCurrent(run, data.device, now, "step 7 current by second number");
    }
    this.#makeCurrentBySilence(run, data.device, now);
    this.#bound(data.device, now.arrivalUs);
    return accepted(VERDICT.IN_ORDER, run, number, data);
  }

  #takeAbsent(run: NaiveRun, number: number, data: Data): Outcome {
    this.#hear(run, data, true);
    this.#makeCurrentBySilence(run, data.device, data.arrival);
    const gap = run.take(number, timeOf(run, data));
    this.paths.accepted(run, data.device.device, number, data.arrival.listener, data.arrival.nowMs);
    const wasLost = gap.state === "lost";
    const isRecovered = gap.requests > 0;
    const isLate = wasLost && !isRecovered;
    this.#hit(isRecovered ? "step 4 recovered" : isLate ? "step 4 late" : "step 4 reordered");
    if (isRecovered) run.recovered += 1;
    else if (isLate) run.late += 1;
    else run.reordered += 1;
    this.#tellFilled(run, gap, number, data);
    this.#bound(data.device, data.arrival.arrivalUs);
    const verdict = isRecovered ? VERDICT.RECOVERED : isLate ? VERDICT.LATE : VERDICT.REORDERED;
    return accepted(verdict, run, number, data);
  }

  /** R13. */
  #tellFilled(run: NaiveRun, gap: NaiveGap, number: number, data: Data): void {
    if (!gap.hasRow) return;
    const wasLost = gap.state === "lost";
    this.#hit(wasLost ? "R13 filled when lost" : "R13 filled while open");
    const { openedAtUs, closedAtUs, requests } = gap;
    const cause = wasLost ? gap.cause : causeOf(run, gap, number);
    const filledAtUs = data.arrival.arrivalUs;
    run.filled.set(number, {
      cause,
      openedAtUs,
      lostAtUs: wasLost ? closedAtUs : undefined,
      filledAtUs,
      requests,
    });
    const time = timeOf(run, data);
    this.#sink.gapFilled(run.run, number, filledAtUs, wasLost, openedAtUs, cause, time, requests);
  }

  #takeBelowFirst(run: NaiveRun, number: number, data: Data): Outcome {
    this.#hit("R2 first moved down");
    this.#hear(run, data, true);
    this.#makeCurrentBySilence(run, data.device, data.arrival);
    if (number < run.first - 1)
      this.#openGap(run, number + 1, run.first - 1, data.arrival, {
        timeBefore: timeOf(run, data),
        isBelowFirstContact: true,
      });
    run.first = number;
    run.reordered += 1;
    run.received.add(number);
    this.paths.accepted(run, data.device.device, number, data.arrival.listener, data.arrival.nowMs);
    this.#bound(data.device, data.arrival.arrivalUs);
    return accepted(VERDICT.REORDERED, run, number, data);
  }

  // ---- Step 5: already received -----------------------------------------------------------------------------

  #alreadyReceived(run: NaiveRun, number: number, data: Data): Outcome {
    if (!run.received.has(number)) throw new RangeError(`number ${number} of run ${run.run} is in no bin`);
    if (isSentAfterAll(run, data)) return this.#beginReused(run, data);
    if (this.paths.isRedundant(run, data.device.device, number, data.arrival.listener)) {
      this.#hit("R4 redundant");
      run.redundant += 1;
      return plain(VERDICT.REDUNDANT);
    }
    const saysNothing =
      data.relativeUs !== undefined || data.wallTimeUs === 0 || run.greatestSendTimeUs() === 0;
    const isUnasked = !wasAsked(data.device, data.arrival.nowMs);
    if (saysNothing && isUnasked && data.arrival.arrivalUs - run.highWaterAtUs > TEN_SECONDS_US)
      return this.#holdReused(run, data);
    this.#hit("R4 duplicate");
    this.#hear(run, data, false);
    run.duplicates += 1;
    return plain(VERDICT.DUPLICATE);
  }

  #beginReused(run: NaiveRun, data: Data): Outcome {
    const next = this.#newRun(data, data.number);
    if (next === null) return this.#refuse("too-many-epochs");
    this.#tellReuse(run, data);
    return this.#takeInOrder(next, data.number, data);
  }

  #tellReuse(run: NaiveRun, { device, arrival }: Data): void {
    const { source } = device;
    const isOwn =
      source?.name === sourceOf(arrival) || isElsewhere(device, sourceOf(arrival), this.#pathOf(arrival));
    const otherHeardUs = isOwn ? source?.othersHeardUs : source?.heardUs;
    const isConflict = otherHeardUs !== undefined && arrival.arrivalUs - otherHeardUs <= TEN_SECONDS_US;
    const kind = isConflict ? "id-conflict" : "epoch-reused";
    this.#hit(`R5 ${kind}`);
    this.#sink.event(arrival.arrivalUs, kind, device.device, { epoch: run.epoch });
  }

  // ---- Step 6: held -----------------------------------------------------------------------------------------

  #holdReused(run: NaiveRun, data: Data): Outcome {
    const { held } = data.device;
    if (held !== null && held.owner !== null && isNextOf(held.data, data)) {
      this.#hit("R5 confirmed without send times");
      return this.#confirmHeld(held, data, () => this.#tellReuse(run, data));
    }
    this.#hit("R5 held");
    return this.#hold({ data, owner: run, reason: "sound" });
  }

  #holdUnbelieved(data: Data, reason: RejectReason): Outcome {
    const { held } = data.device;
    if (held !== null && held.owner === null && isNextOf(held.data, data)) {
      this.#hit("R3 confirmed");
      const { device, arrival } = data;
      return this.#confirmHeld(held, data, () =>
        this.#sink.event(arrival.arrivalUs, "run-split", device.device, {}),
      );
    }
    this.#hit(`R3 held ${reason}`);
    return this.#hold({ data, owner: null, reason });
  }

  #hold(held: Omit<Held, "deadlineMs">): Outcome {
    const { device, arrival } = held.data;
    if (device.held !== null) this.#hit("step 6 hold replaced");
    this.#dropHeld(device);
    device.held = { ...held, deadlineMs: arrival.nowMs + this.#holdMs(device) };
    return plain(VERDICT.HELD);
  }

  #holdMs(device: NaiveDevice): number {
    const rate = device.current?.rate() ?? 0;
    const patienceMs = rate === 0 ? 0 : Math.min(3000 / rate, 3_600_000);
    if (patienceMs <= this.#options.holdMs) return this.#options.holdMs;
    this.#hit("step 6 slow device holds longer");
    return patienceMs;
  }

  #confirmHeld(held: Held, data: Data, tell: () => void): Outcome {
    const { device } = data;
    device.held = null;
    const run = this.#newRun(held.data, held.data.number, data.arrival);
    if (run === null) {
      this.#hit("step 6 both refused");
      this.#sink.heldDropped(device.device, false, REJECT["too-many-epochs"], held.data.arrival.listener);
      return this.#refuse("too-many-epochs");
    }
    tell();
    this.#takeInOrder(run, held.data.number, held.data, data.arrival);
    this.#sink.heldAccepted(device.device, run.run, held.data.number, held.data.arrival.listener);
    return this.#takeInOrder(run, held.data.number + 1, data);
  }

  /** It became a duplicate, or is rejected. */
  #dropHeld(device: NaiveDevice): void {
    const { held } = device;
    if (held === null) return;
    device.held = null;
    if (held.owner !== null) held.owner.duplicates += 1;
    this.#hit(held.owner !== null ? "R5 hold became duplicate" : `R3 hold became ${held.reason}`);
    this.#sink.heldDropped(
      device.device,
      held.owner !== null,
      REJECT[held.reason],
      held.data.arrival.listener,
    );
  }

  // ---- Step 7: new epoch or run -----------------------------------------------------------------------------

  #beginWith(data: Data): Outcome {
    const run = this.#newRun(data, data.number);
    if (run === null) return this.#refuse("too-many-epochs");
    this.#hit(data.device.runs.length === 1 ? "R2 first contact" : "R6 new epoch");
    return this.#takeInOrder(run, data.number, data);
  }

  /** The run has received nothing yet. Null when the bounds refuse it. */
  #newRun(data: Data, number: number, now: Arrival = data.arrival): NaiveRun | null {
    const { device, datagram } = data;
    if (!this.#makePlace(device, now)) return null;
    const isFromZero = this.#beganWhileWeListened(data, number, now);
    const isControl = datagram.kind !== "data";
    const run = this.#addRun(data, isFromZero ? 0 : isControl ? number + 1 : number, false);
    device.newRunsMs.push(data.arrival.nowMs);
    // its numbers were sent after those of the run before it
    run.clearMs = isFromZero && device.current !== null ? device.current.clearMs : this.#evidence.clearMs();
    if (device.current === null) {
      device.current = run;
      run.wasCurrent = true;
    }
    return run;
  }

  #addRun({ device, datagram, wallTimeUs, arrival }: Data, first: number, isUnsequenced: boolean): NaiveRun {
    const epoch = isUnsequenced ? null : datagram.epoch;
    const run = new NaiveRun({
      run: this.#nextRun++,
      epoch,
      index: device.runs.filter((known) => known.epoch === epoch).length,
      isUnsequenced,
      first,
      firstSendTimeUs: isUnsequenced ? 0 : wallTimeUs,
      isHeadKnowable: beginsAtZero(datagram) && !isUnsequenced,
      arrivalUs: arrival.arrivalUs,
      nowMs: arrival.nowMs,
    });
    device.runs.push(run);
    this.#sink.runCreated(run.run, device.device, epoch, run.index);
    return run;
  }

  #makePlace(device: NaiveDevice, now: Arrival): boolean {
    const recent = device.newRunsMs.filter((beganMs) => now.nowMs - beganMs < 60_000);
    if (recent.length >= this.#options.maxNewRunsPerMinute) {
      this.#hit("R6 too many in a minute");
      return false;
    }
    if (openRuns(device).length < this.#options.maxOpenRuns) return true;
    const silent = leastRecentlyHeard(device, (run) => run.silenceUs(now.arrivalUs) >= TEN_SECONDS_US);
    this.#hit(silent === undefined ? "R6 too many open" : "R6 silent run closed");
    if (silent !== undefined) silent.isClosed = true;
    return silent !== undefined;
  }

  /** R2. */
  #beganWhileWeListened({ device, datagram }: Data, number: number, now: Arrival): boolean {
    const { current } = device;
    if (current === null || !beginsAtZero(datagram)) return false;
    if (device.breaksWhenHeard !== this.#breaks) {
      this.#hit("R2 listeners had a break");
      return false;
    }
    const isNear = number <= Math.max(1024, Math.floor(4 * current.usedInSilence(now.arrivalUs)));
    this.#hit(isNear ? "R2 began while we listened" : "R2 too far to have begun while we listened");
    return isNear;
  }

  /** A datagram of the run that was accepted, or a control datagram that was not ignored. */
  #makeCurrentBySilence(run: NaiveRun, device: NaiveDevice, now: Arrival): void {
    const { current } = device;
    if (current === null || current === run) return;
    if (current.silenceUs(now.arrivalUs) >= TEN_SECONDS_US)
      this.#makeCurrent(run, device, now, "step 7 current by silence");
  }

  #makeCurrent(run: NaiveRun, device: NaiveDevice, { arrivalUs }: Arrival, why: string): void {
    const former = device.current;
    if (former === run || former === null) return;
    this.#hit(why);
    device.current = run;
    run.wasCurrent = true;
    if (former.epoch === run.epoch) return;
    this.#sink.event(arrivalUs, "restart", device.device, {});
    if (run.epoch === null || former.epoch === null || run.epoch > former.epoch) return;
    this.#hit("R6 epoch went back");
    this.#sink.event(arrivalUs, "epoch-went-back", device.device, {});
  }

  // ---- Control (R8) -----------------------------------------------------------------------------------------

  #control(data: Data): Outcome {
    const { device, datagram } = data;
    if (this.#recovers && datagram.kind === "gone") {
      const { arrival } = data;
      if (wasAsked(device, arrival.nowMs, arrival.port)) this.#goneFor(data);
      else if (
        wasAsked(device, arrival.nowMs) &&
        isElsewhere(device, sourceOf(arrival), this.#pathOf(arrival))
      )
        this.#hit("R12 answer by another path");
      else return this.#refuse("not-asked");
    }
    const isForeignGone = datagram.kind === "gone" && device.current?.epoch !== datagram.epoch;
    if (
      datagram.sequence === null ||
      isForeignGone ||
      (datagram.kind === "gone" && device.current === null)
    ) {
      this.#hit("R8 asserts nothing");
      // GONE may have cut ranges all the same
      this.#bound(device, data.arrival.arrivalUs);
      return plain(VERDICT.CONTROL);
    }
    const run = this.#runsThatMayOwn(data)[0];
    if (run === undefined) this.#controlBegins(data, "R8 first contact");
    else if (this.#cannotExtend(run, data)) {
      if (this.#controlBegins(data, "R7 silence ends the run (control)") !== null) this.#tellSplit(data);
    } else this.#controlSays(run, data);
    this.#bound(device, data.arrival.arrivalUs);
    return plain(VERDICT.CONTROL);
  }

  #controlBegins(data: Data, why: string): NaiveRun | null {
    const run = this.#newRun(data, data.number - 1);
    if (run === null) return null;
    this.#hit(why);
    this.#assertNext(run, data.number, data);
    // what carries the numbers from there on was sent after it
    run.clearMs = this.#evidence.clearMs();
    return run;
  }

  #controlSays(run: NaiveRun, data: Data): void {
    const next = this.#extend(run, data);
    if (next < 0) return;
    if (next - 1 < run.highWater) {
      this.#controlIsLower(run, data);
      return;
    }
    if (next - 1 > run.highWater + this.#jump(run, data)) {
      this.#hit("R8 beyond J ignored");
      return;
    }
    this.#hit(next - 1 > run.highWater ? "R8 tail loss seen" : "R8 nothing new");
    this.#assertNext(run, next, data);
  }

  #controlIsLower(run: NaiveRun, data: Data): void {
    if (!isSentAfterAll(run, data)) {
      this.#hit("R8 lower ignored");
      this.#hear(run, data, true);
      return;
    }
    if (this.#controlBegins(data, "R8 numbers reused") !== null) this.#tellReuse(run, data);
  }

  /** The run's end is at least `next`, at most J above what we knew. */
  #assertNext(run: NaiveRun, next: number, data: Data): void {
    const { datagram, arrival } = data;
    this.#hear(run, data, true);
    this.#makeCurrentBySilence(run, data.device, data.arrival);
    this.#reachEnd(run, data);
    if (next - 1 > run.highWater) {
      this.#openGap(run, run.highWater + 1, next - 1, arrival, { timeAfter: timeOf(run, data) });
      run.highWater = next - 1;
      run.highWaterAtUs = arrival.arrivalUs;
      run.highWaterTimeUs = undefined;
      run.clearMs = this.#evidence.clearMs();
      run.isEnded = false;
    }
    run.isTailKnown = true;
    if (datagram.isEnd === true) {
      this.#hit("R8 end");
      run.isEnded = true;
    }
    const { sleepSeconds } = datagram;
    run.sleepUntilUs = sleepSeconds === undefined ? 0 : arrival.arrivalUs + sleepSeconds * 1e6;
  }

  // ---- Unsequenced (R10) ------------------------------------------------------------------------------------

  #unsequenced(data: Data): Outcome {
    const { device } = data;
    const run = device.runs.find((known) => known.isUnsequenced) ?? this.#addRun(data, -1, true);
    this.#hit("R10 unsequenced");
    this.#hear(run, data, true);
    const counter = run.unsequenced++;
    if (run.unsequenced > 1) device.isConfirmed = true;
    return accepted(VERDICT.UNSEQUENCED, run, counter, data);
  }

  // ---- Narrow numbers (R7) ----------------------------------------------------------------------------------

  /** The number nearest the high water that reads as `data.number` on the wire. */
  #extend(run: NaiveRun, { number, bits }: Data): number {
    if (bits === 53) return number;
    const circle = 2 ** bits;
    let extended = number + Math.floor(run.highWater / circle) * circle - circle;
    while (extended < run.highWater - circle / 2) extended += circle;
    while (extended >= run.highWater + circle / 2) extended -= circle;
    return extended;
  }

  #cannotExtend(run: NaiveRun, { bits, arrival }: Data): boolean {
    return bits !== 53 && run.usedInSilence(arrival.arrivalUs) >= 2 ** bits / 2;
  }

  #endNarrowRun(data: Data): Outcome {
    const run = this.#newRun(data, data.number);
    if (run === null) return this.#refuse("too-many-epochs");
    this.#hit("R7 silence ends the run");
    this.#tellSplit(data);
    return this.#takeInOrder(run, data.number, data);
  }

  #tellSplit({ device, arrival }: Data): void {
    this.#sink.event(arrival.arrivalUs, "run-split", device.device, {});
  }

  // ---- What the steps need ----------------------------------------------------------------------------------

  #jump(run: NaiveRun, { bits, arrival }: Data): number {
    const bySilence = Math.floor(4 * run.usedInSilence(arrival.arrivalUs));
    if (bySilence > MINIMUM_JUMP) this.#hit("R3 J grew with silence");
    const jump = Math.max(MINIMUM_JUMP, bySilence);
    return run.epoch === null ? Math.min(jump, 2 ** bits / 2) : jump;
  }

  /** The datagram is accounted to the run. */
  #hear(run: NaiveRun, data: Data, setsTimes: boolean): void {
    const { arrival, relativeUs, wallTimeUs, device } = data;
    run.lastHeardUs = arrival.arrivalUs;
    if (run.isClosed) this.#reopen(run, device);
    if (!setsTimes) return;
    run.maxWallTimeUs = Math.max(run.maxWallTimeUs, wallTimeUs);
    if (relativeUs === undefined) return;
    run.clockBaseUs = Math.min(run.clockBaseUs ?? Number.POSITIVE_INFINITY, arrival.arrivalUs - relativeUs);
    run.maxRelativeUs = Math.max(run.maxRelativeUs ?? 0, relativeUs);
  }

  #reopen(run: NaiveRun, device: NaiveDevice): void {
    this.#hit("step 7 closed run heard again");
    run.isClosed = false;
    if (openRuns(device).length <= this.#options.maxOpenRuns) return;
    const other = leastRecentlyHeard(device, (candidate) => candidate !== run);
    if (other !== undefined) other.isClosed = true;
  }

  /** R14 (a): the run's end was reached, for the first time since the start. */
  #reachEnd(run: NaiveRun, { arrival }: Data): void {
    if (!run.isFromDatabase) return;
    this.#hit("R14 end reached since the start");
    run.isFromDatabase = false;
    run.collectorDownUntilMs = arrival.nowMs + this.#options.windowMs;
  }

  #openGap(
    run: NaiveRun,
    first: number,
    last: number,
    { nowMs, arrivalUs }: Arrival,
    how: { timeBefore?: number; timeAfter?: number; isBelowFirstContact?: boolean },
  ): void {
    const { windowMs } = this.#options;
    run.open({
      first,
      last,
      openedAtUs: arrivalUs,
      deadlineMs: nowMs + windowMs,
      order: this.#gapsOpened++,
      clearMs: run.clearMs,
      isBelowFirstContact: how.isBelowFirstContact ?? false,
      collectorWasDown:
        nowMs <= run.collectorDownUntilMs ||
        (this.#restartedAtMs !== undefined && nowMs - this.#restartedAtMs <= windowMs),
      timeBefore: how.timeBefore ?? run.highWaterTimeUs,
      timeAfter: how.timeAfter,
    });
    const owner = [...this.devices.values()].find(({ runs }) => runs.includes(run));
    this.paths.absent(run, owner!.device, first, last, nowMs);
  }

  #dueGaps(device: NaiveDevice, drainedAtMs: number): { run: NaiveRun; gap: NaiveGap }[] {
    return device.runs
      .flatMap((run) => run.gaps.map((gap) => ({ run, gap })))
      .filter(({ gap }) => gap.state === "open" && gap.deadlineMs <= drainedAtMs)
      .sort((a, b) => a.gap.deadlineMs - b.gap.deadlineMs || a.gap.order - b.gap.order);
  }

  #closeGap(run: NaiveRun, gap: NaiveGap, wallUs: number, isGone = false): NaiveGap[] {
    const parts = run.close(gap, (number) => causeOf(run, gap, number, isGone));
    for (const part of parts) {
      part.closedAtUs = wallUs;
      part.hasRow = true;
      const { first, last, openedAtUs, cause, requests } = part;
      this.#hit(`R14 cause ${cause}`);
      this.#sink.gapLost(run.run, first, last, openedAtUs, wallUs, cause, 0, 0, requests);
    }
    return parts;
  }

  /** R15: in the oldest run that has any, the lowest range goes. */
  #bound(device: NaiveDevice, wallUs: number): void {
    while (
      gapsOf(device) > 0 &&
      (gapsOf(device) > this.#options.maxGapsPerDevice || this.#allGaps() > this.#options.maxGaps)
    ) {
      this.#hit(gapsOf(device) > this.#options.maxGapsPerDevice ? "R15 floor rose" : "R15 total bound");
      const run = device.runs.find((candidate) => candidate.gaps.length > 0)!;
      const lowest = run.gaps[0]!;
      if (lowest.state === "open") this.#closeGap(run, lowest, wallUs);
      run.foldLowest();
    }
  }

  #allGaps(): number {
    return [...this.devices.values()].reduce((sum, device) => sum + gapsOf(device), 0);
  }

  #refuse(reason: RejectReason): Outcome {
    this.#hit(`R12 ${reason}`);
    return plain(VERDICT.REJECTED, reason);
  }
}
