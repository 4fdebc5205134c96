import { KIND, MAX_EPOCH } from "../../protocol/constants.ts";
import { Outbound } from "../network/outbound.ts";
import { type FleetSettings, pathCountOf } from "../options/settings.ts";
import type { Departures } from "../truth/departures.ts";
import { StartTruth, type TruthRecord } from "../truth/truth.ts";
import type { Emission } from "./emission.ts";
import { declaredEpoch } from "./encoder.ts";
import { PURPOSE, subKey } from "./random.ts";
import { RestartPlan } from "./restarts.ts";
import { Schedule } from "./schedule.ts";

/** How far apart two end heartbeats of a device are at least. */
const END_SPACING_US = 50_000;
/** a slow fleet says farewell faster than it spoke */
const END_RATE_HZ = 10_000;
const CONTROL_PER_NUMBER = 32;

export interface FleetCounts {
  /** numbers used */
  used: number;
  dropped: number;
  corrupted: number;
  /** further intact copies */
  duplicated: number;
  control: number;
  restarts: number;
  /** numbers sent again, each time */
  repeated: number;
  /** datagrams that did not leave: the system refused them */
  refused: number;
}

/**
 * A fleet of devices: walks through the slots of the schedule, uses a number in each, and yields what leaves, in the order it leaves.
 * Deterministic and without a clock: the same settings give the same emissions, however fast they are taken.
 */
export class Fleet {
  readonly schedule: Schedule;
  readonly counts: FleetCounts = {
    used: 0,
    dropped: 0,
    corrupted: 0,
    duplicated: 0,
    control: 0,
    restarts: 0,
    repeated: 0,
    refused: 0,
  };
  readonly #settings: FleetSettings;
  readonly #outbound: Outbound;
  readonly #reusesNumbers: boolean;
  readonly #restarts: RestartPlan;
  /** the running start of each device, undefined before its first slot */
  readonly #starts: (StartTruth | undefined)[];
  readonly #describeAtUs: Float64Array;
  readonly #heartbeatAtUs: Float64Array;
  readonly #finished: StartTruth[] = [];
  #slot = 0;
  #slots: number;
  /** end heartbeats begin then, -1 while numbers are used or emissions wait */
  #endUs = -1;
  #endSlot = 0;
  #lastDueUs = 0;

  constructor(settings: FleetSettings) {
    this.#settings = settings;
    this.schedule = new Schedule(settings);
    this.#outbound = new Outbound(settings, this.schedule, (device) => this.latestUs(device));
    this.#reusesNumbers = settings.epochOrder === "same" || declaredEpoch(settings.epoch, settings) === null;
    this.#restarts = new RestartPlan(settings, this.schedule);
    this.#starts = new Array(settings.devices);
    this.#describeAtUs = new Float64Array(settings.devices);
    this.#heartbeatAtUs = new Float64Array(settings.devices);
    this.#slots = this.schedule.slots;
  }

  /** Use no further number; what is under way still leaves, then the end heartbeats. */
  stop(): void {
    this.#slots = this.#slot;
  }

  /**
   * The next datagram to leave.
   * @param out - filled
   * @returns false when there is none
   */
  next(out: Emission): boolean {
    if (this.advance(Infinity) === Infinity) return false;
    this.#outbound.queue.pop(out);
    this.#lastDueUs = out.dueUs;
    return true;
  }

  /**
   * Uses numbers until one of them leaves, but none before its time: who stops the fleet stops it there, also when all that it would send is lost.
   * @returns when the next datagram leaves, or the next number is used where that is after `nowUs`; Infinity once everything has left
   */
  advance(nowUs: number): number {
    const { queue } = this.#outbound;
    while (queue.nextDueUs > this.nextSlotUs && this.nextSlotUs <= nowUs) this.#useSlot();
    if (queue.size === 0 && this.nextSlotUs === Infinity) this.#pushEnd();
    return Math.min(queue.nextDueUs, this.nextSlotUs);
  }

  /** When the next number is used, which may be overdue; Infinity when none will be. */
  get nextSlotUs(): number {
    return this.#slot < this.#slots ? this.schedule.slotTimeUs(this.#slot) : Infinity;
  }

  /** What is left to leave is the farewell. */
  get isEnding(): boolean {
    return this.#endUs >= 0;
  }

  /** The start a device is in; undefined before its first number. */
  startOf(device: number): StartTruth | undefined {
    return this.#starts[device];
  }

  /** A number of a start was sent again: so much more of it left on each path. */
  countRepeat(start: StartTruth, number: number, byPath: readonly Departures[]): void {
    this.#countDepartures(start, number, -1);
    start.repeat(number, byPath);
    this.#countDepartures(start, number, 1);
    this.counts.repeated++;
  }

  /** A datagram that was to leave did not. */
  countRefused({ kind, device, path, sequence, sendTimeUs, damage }: Emission): void {
    this.counts.refused++;
    if (kind !== KIND.DATA) return;
    const usedUs = sendTimeUs - this.schedule.sendTimeUs(device, 0);
    const start = this.#startThen(device, usedUs);
    this.#countDepartures(start, sequence, -1);
    start.refuse(sequence, path, damage === 0);
    this.#countDepartures(start, sequence, 1);
  }

  /** The start a device was in when it used a number. */
  #startThen(device: number, usedUs: number): StartTruth {
    const running = this.#starts[device]!;
    if (running.startUs <= usedUs) return running;
    return this.#finished.findLast((start) => start.device === device && start.startUs <= usedUs)!;
  }

  /** The truth of every start so far. */
  *truth(): Generator<TruthRecord> {
    const running = this.#starts.filter((start) => start !== undefined);
    for (const start of [...this.#finished, ...running]) {
      yield start.record(this.schedule.deviceId(start.device), this.#settings);
    }
  }

  #useSlot(): void {
    const device = this.#slot % this.schedule.devices;
    const timeUs = this.schedule.slotTimeUs(this.#slot++);
    const start = this.#startAt(device, timeUs);
    this.#sayControl(start, timeUs);
    const number = start.next;
    this.#outbound.prepare(start, KIND.DATA, number, timeUs);
    start.use(this.#outbound.sendData(this.startKey(start), timeUs));
    this.counts.used++;
    this.#countDepartures(start, number, 1);
  }

  #countDepartures(start: StartTruth, number: number, sign: 1 | -1): void {
    const { copies, intact } = start.departuresOf(number);
    if (copies === 0) this.counts.dropped += sign;
    else if (intact === 0) this.counts.corrupted += sign;
    else this.counts.duplicated += sign * (intact - 1);
  }

  /** The start a device is in at `timeUs`; begins its first one and those after a restart. */
  #startAt(device: number, timeUs: number): StartTruth {
    const running = this.#starts[device];
    if (running !== undefined && !this.#restarts.isDue(device, timeUs)) return running;
    if (running !== undefined) {
      this.#finished.push(running);
      this.counts.restarts++;
    }
    const start = new StartTruth(
      device,
      this.#epochOf(this.#restarts.begin(device, timeUs)),
      timeUs,
      pathCountOf(this.#settings),
    );
    this.#starts[device] = start;
    // a start speaks at once: DESCRIBE, or a heartbeat when it names nothing
    this.#describeAtUs[device] = timeUs;
    this.#heartbeatAtUs[device] = this.#settings.describe ? timeUs + this.#heartbeatUs() : timeUs;
    return start;
  }

  #epochOf(index: number): number {
    const { epoch, epochOrder } = this.#settings;
    const step = { grow: 1, shrink: -1, same: 0 }[epochOrder];
    const circle = MAX_EPOCH + 1;
    return (((epoch + step * index) % circle) + circle) % circle;
  }

  /** Impairments differ between two starts also when their epochs do not. */
  startKey(start: StartTruth): number {
    return subKey(this.schedule.deviceKey(start.device), start.startUs);
  }

  #heartbeatUs(): number {
    return (this.#settings.heartbeatMs ?? Infinity) * 1000;
  }

  /** DESCRIBE and HEARTBEAT that are due go ahead of the device's next DATA. */
  #sayControl(start: StartTruth, timeUs: number): void {
    const { device } = start;
    if (this.#settings.describe && timeUs >= this.#describeAtUs[device]!) {
      this.#describeAtUs[device] = timeUs + this.#settings.describeMs * 1000;
      this.#pushControl(start, KIND.DESCRIBE, timeUs, 0);
    }
    if (this.#settings.heartbeatMs !== null && timeUs >= this.#heartbeatAtUs[device]!) {
      this.#heartbeatAtUs[device] = timeUs + this.#heartbeatUs();
      this.#pushControl(start, KIND.HEARTBEAT, timeUs, 1);
    }
  }

  /** @param nth - tells the control datagrams before the same number apart, below CONTROL_PER_NUMBER */
  #pushControl(start: StartTruth, kind: number, timeUs: number, nth: number, isEnd = false): void {
    this.counts.control++;
    this.#outbound.prepare(start, kind, start.next, timeUs);
    this.#outbound.emission.isEnd = isEnd;
    const key = subKey(this.startKey(start), PURPOSE.CONTROL);
    this.#outbound.sendControl(key, start.next * CONTROL_PER_NUMBER + nth, timeUs);
  }

  /**
   * When a device's datagrams have left at the latest. When numbers are used again under the same epoch, nobody could tell a straggler of one start from the next one's own: nothing of a
   * start is under way any more when the next begins.
   */
  latestUs(device: number): number {
    if (!this.#reusesNumbers) return Infinity;
    return this.#restarts.nextUs(device) + this.#settings.delayMs * 1000 - 1;
  }

  /** Once everything else has left: the next of the heartbeats that say what was used, unless those have left too. */
  #pushEnd(): void {
    // devices begin in turn: those that have not spoken are the last ones, and take no time
    const devices = Math.min(this.schedule.devices, this.#slot);
    const rate = Math.max(this.schedule.totalRateHz, END_RATE_HZ);
    if (this.#endUs < 0) this.#endUs = this.#lastDueUs + END_SPACING_US;
    while (this.#outbound.queue.size === 0 && this.#endSlot < devices * this.#settings.endHeartbeats) {
      const round = Math.floor(this.#endSlot / devices);
      const device = this.#endSlot++ % devices;
      const start = this.#starts[device]!;
      const roundUs = Math.max(END_SPACING_US, (devices / rate) * 1e6);
      const timeUs = Math.floor(this.#endUs + round * roundUs + (device / rate) * 1e6);
      this.#pushControl(start, KIND.HEARTBEAT, timeUs, 2 + round, true);
    }
  }
}
