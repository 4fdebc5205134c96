import { KIND } from "../protocol/constants.ts";
import type { Datagram } from "../protocol/datagram.ts";
import { intersect, normalise, type Range, union } from "../protocol/ranges.ts";
import { Emission, EmissionQueue } from "./emission.ts";
import type { Fleet } from "./fleet.ts";
import { Flight, type PathStages, stagesOfPaths } from "./impairments.ts";
import { PURPOSE, subKey } from "./random.ts";
import type { FleetSettings } from "./settings.ts";
import type { StartTruth } from "./truth.ts";

/** GONE is said of at most so many ranges of one NACK: the rest is asked for again */
const MOST_GONE = 64;

/** What a device has been asked for and not sent yet. */
interface Wanted {
  start: StartTruth;
  numbers: Range[];
}

/**
 * How a fleet answers NACKs (design §3): with the original datagrams at a bounded rate per device, through the same impairments; with GONE for
 * numbers its ring no longer holds and for former epochs; with a HEARTBEAT for numbers never used. The ring needs no memory: any datagram is
 * a function of its number and the settings. What is answered, and when, depends on who asks: everything else of a fleet does not depend on it.
 */
export class Repeats {
  /** NACKs that were understood */
  asked = 0;
  readonly #settings: FleetSettings;
  readonly #fleet: Fleet;
  /** of their own: whether a path is in a burst must not depend on who asks */
  readonly #paths: readonly PathStages[];
  readonly #spacingUs: number;
  readonly #wanted = new Map<number, Wanted>();
  /** whose turn is when; one entry for each device in `#wanted` */
  readonly #turns = new EmissionQueue();
  /** under way */
  readonly #queue = new EmissionQueue();
  /** by device: it may send again from then on */
  readonly #freeUs: Float64Array;
  readonly #flight = new Flight();
  readonly #emission = new Emission();
  readonly #turn = new Emission();
  #controls = 0;

  constructor(settings: FleetSettings, fleet: Fleet) {
    this.#settings = settings;
    this.#fleet = fleet;
    this.#paths = stagesOfPaths(settings, fleet.schedule.intervalUs);
    this.#spacingUs = 1e6 / settings.repeatRateHz;
    this.#freeUs = new Float64Array(settings.devices);
  }

  /** When something can leave next, microseconds since the start; Infinity = nothing to do. */
  get nextDueUs(): number {
    return Math.min(this.#queue.nextDueUs, this.#turns.nextDueUs);
  }

  /** A NACK was heard. @param nack - decoded; of an unknown device it is ignored */
  hear(nack: Datagram, deviceId: string, nowUs: number): void {
    const device = this.#fleet.schedule.deviceOf(deviceId);
    const start = device < 0 ? undefined : this.#fleet.startOf(device);
    if (start === undefined) return;
    this.asked++;
    const asked = rangesOf(nack);
    if (nack.epoch !== start.epoch) {
      this.#sayGone(start, nack.epoch, -1, asked, nowUs);
      return;
    }
    const firstHeld = Math.max(0, start.next - this.#settings.ringNumbers);
    this.#sayGone(start, start.epoch, start.next, intersect(asked, [[0, firstHeld - 1]]), nowUs);
    this.#want(start, intersect(asked, [[firstHeld, start.next - 1]]), nowUs);
    if (asked.some(([, last]) => last >= start.next)) this.#say(start, KIND.HEARTBEAT, start.next, nowUs);
  }

  /**
   * The next datagram to leave.
   * @param out - filled
   * @returns false when none is due at `nowUs`
   */
  next(out: Emission, nowUs: number): boolean {
    if (this.pathDue(nowUs) < 0) return false;
    this.#queue.pop(out);
    return true;
  }

  /** The path of the datagram that leaves next; -1 when none is due at `nowUs`. */
  pathDue(nowUs: number): number {
    while (this.#queue.nextDueUs > this.#turns.nextDueUs && this.#turns.nextDueUs <= nowUs)
      this.#takeTurn(nowUs);
    return this.#queue.nextDueUs > nowUs ? -1 : this.#queue.nextPath;
  }

  #want(start: StartTruth, numbers: readonly Range[], nowUs: number): void {
    if (numbers.length === 0) return;
    const { device } = start;
    const wanted = this.#wanted.get(device);
    if (wanted?.start === start) {
      wanted.numbers = union(wanted.numbers, numbers);
      return;
    }
    this.#wanted.set(device, { start, numbers: [...numbers] });
    if (wanted === undefined) this.#schedule(device, Math.max(nowUs, this.#freeUs[device]!));
  }

  #schedule(device: number, dueUs: number): void {
    this.#turn.device = device;
    this.#turn.dueUs = dueUs;
    this.#turns.push(this.#turn);
  }

  /** A device sends one number again, unless it has restarted meanwhile: then it holds nothing of what was asked. */
  #takeTurn(nowUs: number): void {
    this.#turns.pop(this.#turn);
    const { device, dueUs } = this.#turn;
    const { start, numbers } = this.#wanted.get(device)!;
    const [first, last] = numbers[0]!;
    if (first < last) numbers[0] = [first + 1, last];
    else numbers.shift();
    const isCurrent = this.#fleet.startOf(device) === start;
    if (isCurrent) this.#repeat(start, first, nowUs);
    if (!isCurrent || numbers.length === 0) this.#wanted.delete(device);
    // a late turn is made good at twice the rate, not at once
    const nextUs = Math.max(dueUs + this.#spacingUs, nowUs - this.#spacingUs);
    this.#freeUs[device] = nextUs;
    if (this.#wanted.has(device)) this.#schedule(device, nextUs);
  }

  #repeat(start: StartTruth, number: number, nowUs: number): void {
    const { schedule } = this.#fleet;
    const usedUs = schedule.slotTimeUs(schedule.slotOf(start.device, start.startUs, number));
    this.#prepare(start, KIND.DATA, number, usedUs);
    const flight = this.#flight;
    const key = subKey(subKey(this.#fleet.startKey(start), PURPOSE.REPEAT), start.timesRepeated(number));
    const byPath = this.#paths.map(({ keyOf, stages }, path) => {
      flight.begin(start.device, keyOf(key), number);
      for (const stage of stages) stage(flight);
      this.#push(path, nowUs);
      return { copies: flight.copies, intact: flight.intactCopies };
    });
    this.#fleet.countRepeat(start, number, byPath);
  }

  #sayGone(start: StartTruth, epoch: number, next: number, gone: readonly Range[], nowUs: number): void {
    for (const [first, last] of gone.slice(0, MOST_GONE)) {
      this.#emission.goneFirst = first;
      this.#emission.goneLast = last;
      this.#say(start, KIND.GONE, next, nowUs, epoch);
    }
  }

  #say(start: StartTruth, kind: number, next: number, nowUs: number, epoch = start.epoch): void {
    this.#fleet.counts.control++;
    this.#prepare(start, kind, next, nowUs);
    this.#emission.epoch = epoch;
    const flight = this.#flight;
    const key = subKey(this.#fleet.startKey(start), PURPOSE.REPEAT);
    const draws = this.#controls++;
    for (const [path, { keyOf, stages }] of this.#paths.entries()) {
      flight.begin(start.device, keyOf(key), draws);
      if (this.#settings.impairControl) for (const stage of stages) stage(flight);
      else flight.delayUs[0] = this.#settings.delayMs * 1000;
      this.#push(path, nowUs);
    }
  }

  #prepare(start: StartTruth, kind: number, sequence: number, timeUs: number): void {
    const emission = this.#emission;
    emission.device = start.device;
    emission.kind = kind;
    emission.epoch = start.epoch;
    emission.sequence = sequence;
    emission.sendTimeUs = this.#fleet.schedule.sendTimeUs(start.device, Math.floor(timeUs));
    emission.isEnd = false;
  }

  #push(path: number, nowUs: number): void {
    const { device, copies, delayUs, damage } = this.#flight;
    const latestUs = this.#fleet.latestUs(device);
    this.#emission.path = path;
    for (let copy = 0; copy < copies; copy++) {
      this.#emission.dueUs = Math.min(nowUs + delayUs[copy]!, latestUs);
      this.#emission.damage = damage[copy]!;
      this.#queue.push(this.#emission);
    }
  }
}

const rangesOf = ({ rangeCount, rangeFirst, rangeLast }: Datagram): Range[] =>
  normalise(Array.from({ length: rangeCount }, (_, at) => [rangeFirst[at]!, rangeLast[at]!]));
