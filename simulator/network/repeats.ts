import { KIND } from "../../protocol/constants.ts";
import type { Datagram } from "../../protocol/datagram.ts";
import { intersect, normalise, type Range, union } from "../../protocol/ranges.ts";
import { Emission, EmissionQueue } from "../fleet/emission.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { PURPOSE, subKey } from "../fleet/random.ts";
import { type FleetSettings, MOST_GONE } from "../options/settings.ts";
import type { StartTruth } from "../truth/truth.ts";
import { Outbound } from "./outbound.ts";

/** what is asked of more former epochs is not answered; it is asked for again, as is what one GONE has no room for */
const MOST_FORMER = 8;
/** in the place of an epoch: the number the next DATA will carry is wanted */
const NEXT = -1;

/** What a device has been asked for and not answered yet. */
interface Wanted {
  start: StartTruth;
  /** to be sent again */
  numbers: Range[];
  /** to be told, in this order: what is gone of the epoch and of former ones, by epoch; NEXT */
  control: Map<number, Range[]>;
  /** the next turn is a number's: control and numbers take turns */
  isNumberNext: boolean;
}

/**
 * How a fleet answers NACKs (docs/protocol.md, "NACK and GONE"), at a bounded rate per device: with the original datagrams, through the same impairments; with GONE for
 * numbers its ring no longer holds and for former epochs; with a HEARTBEAT for numbers never used. The ring needs no memory: any datagram is
 * a function of its number and the settings. What is answered, and when, depends on who asks: everything else of a fleet does not depend on it.
 */
export class Repeats {
  /** NACKs that were understood */
  asked = 0;
  readonly #settings: FleetSettings;
  readonly #fleet: Fleet;
  /** of their own: whether a path of the fleet is in a burst must not depend on who asks */
  readonly #outbound: Outbound;
  readonly #spacingUs: number;
  readonly #wanted = new Map<number, Wanted>();
  /** whose turn is when; one entry for each device in `#wanted` */
  #turns = new EmissionQueue();
  /** by device: it may send again from then on */
  readonly #freeUs: Float64Array;
  readonly #turn = new Emission();
  #controls = 0;

  constructor(settings: FleetSettings, fleet: Fleet) {
    this.#settings = settings;
    this.#fleet = fleet;
    this.#outbound = new Outbound(settings, fleet.schedule, (device) => fleet.latestUs(device));
    this.#spacingUs = 1e6 / settings.repeatRateHz;
    this.#freeUs = new Float64Array(settings.devices);
  }

  /** When something can leave next, microseconds since the start; Infinity = nothing to do. */
  get nextDueUs(): number {
    return Math.min(this.#outbound.queue.nextDueUs, this.#turns.nextDueUs);
  }

  /** A NACK was heard. @param nack - decoded; of an unknown device it is ignored */
  hear(nack: Datagram, deviceId: string, nowUs: number): void {
    const device = this.#fleet.schedule.deviceOf(deviceId);
    const start = device < 0 ? undefined : this.#fleet.startOf(device);
    if (start === undefined) return;
    this.asked++;
    const asked = rangesOf(nack);
    if (nack.epoch !== start.epoch) {
      if (asked.length > 0) this.#addGone(this.#wantedOf(start, nowUs), nack.epoch, asked);
      return;
    }
    const firstHeld = Math.max(0, start.next - this.#settings.ringNumbers);
    const gone = intersect(asked, [[0, firstHeld - 1]]);
    const numbers = intersect(asked, [[firstHeld, start.next - 1]]);
    const wantsNext = asked.some(([, last]) => last >= start.next);
    if (gone.length === 0 && numbers.length === 0 && !wantsNext) return;
    const wanted = this.#wantedOf(start, nowUs);
    if (gone.length > 0) this.#addGone(wanted, start.epoch, gone);
    if (numbers.length > 0) wanted.numbers = union(wanted.numbers, numbers);
    if (wantsNext) wanted.control.set(NEXT, []);
  }

  /** What nobody has been answered yet never will be, unless it is asked for again; what is under way leaves. */
  giveUp(): void {
    this.#wanted.clear();
    this.#turns = new EmissionQueue();
  }

  /**
   * The next datagram to leave.
   * @param out - filled
   * @returns false when none is due at `nowUs`
   */
  next(out: Emission, nowUs: number): boolean {
    if (this.pathDue(nowUs) < 0) return false;
    this.#outbound.queue.pop(out);
    return true;
  }

  /** The path of the datagram that leaves next; -1 when none is due at `nowUs`. */
  pathDue(nowUs: number): number {
    const { queue } = this.#outbound;
    while (queue.nextDueUs > this.#turns.nextDueUs && this.#turns.nextDueUs <= nowUs) this.#takeTurn(nowUs);
    return queue.nextDueUs > nowUs ? -1 : queue.nextPath;
  }

  /** With a turn to come. What a device was asked before it restarted is forgotten. */
  #wantedOf(start: StartTruth, nowUs: number): Wanted {
    const { device } = start;
    const known = this.#wanted.get(device);
    if (known?.start === start) return known;
    const wanted = { start, numbers: [], control: new Map(), isNumberNext: false };
    this.#wanted.set(device, wanted);
    if (known === undefined) this.#schedule(device, Math.max(nowUs, this.#freeUs[device]!));
    return wanted;
  }

  #addGone({ start, control }: Wanted, epoch: number, ranges: readonly Range[]): void {
    const known = control.get(epoch);
    if (known === undefined && epoch !== start.epoch && control.size >= MOST_FORMER) return;
    control.set(epoch, union(known ?? [], ranges).slice(0, MOST_GONE));
  }

  #schedule(device: number, dueUs: number): void {
    this.#turn.device = device;
    this.#turn.dueUs = dueUs;
    this.#turns.push(this.#turn);
  }

  /** A device sends one datagram, unless it has restarted meanwhile: then it holds nothing of what was asked. */
  #takeTurn(nowUs: number): void {
    this.#turns.pop(this.#turn);
    const { device, dueUs } = this.#turn;
    const wanted = this.#wanted.get(device)!;
    const isCurrent = this.#fleet.startOf(device) === wanted.start;
    if (isCurrent) this.#answer(wanted, nowUs);
    if (!isCurrent || isAnswered(wanted)) this.#wanted.delete(device);
    // a late turn is made good at twice the rate, not at once
    const nextUs = Math.max(dueUs + this.#spacingUs, nowUs - this.#spacingUs);
    this.#freeUs[device] = nextUs;
    if (this.#wanted.has(device)) this.#schedule(device, nextUs);
  }

  #answer(wanted: Wanted, nowUs: number): void {
    const { start, numbers, control } = wanted;
    if (numbers.length > 0 && (wanted.isNumberNext || control.size === 0)) {
      const [first, last] = numbers[0]!;
      if (first < last) numbers[0] = [first + 1, last];
      else numbers.shift();
      this.#repeat(start, first, nowUs);
      wanted.isNumberNext = false;
      return;
    }
    const [epoch, ranges] = control.entries().next().value!;
    control.delete(epoch);
    this.#outbound.emission.gone = ranges;
    if (epoch === NEXT) this.#say(start, KIND.HEARTBEAT, start.epoch, nowUs);
    else this.#say(start, KIND.GONE, epoch, nowUs);
    wanted.isNumberNext = true;
  }

  #repeat(start: StartTruth, number: number, nowUs: number): void {
    const { schedule } = this.#fleet;
    const usedUs = schedule.slotTimeUs(schedule.slotOf(start.device, start.startUs, number));
    const key = subKey(subKey(this.#fleet.startKey(start), PURPOSE.REPEAT), start.timesRepeated(number));
    this.#outbound.prepare(start, KIND.DATA, number, usedUs);
    this.#fleet.countRepeat(start, number, this.#outbound.sendData(key, nowUs));
  }

  #say(start: StartTruth, kind: number, epoch: number, nowUs: number): void {
    this.#fleet.counts.control++;
    // of a former epoch nothing is asserted
    const next = epoch === start.epoch ? start.next : -1;
    // a fleet behind the clock uses its next number at a time that has passed: said later than that, it would be as if numbers were used again (R8)
    const timeUs = Math.min(Math.floor(nowUs), this.#fleet.nextSlotUs);
    this.#outbound.prepare(start, kind, next, timeUs);
    this.#outbound.emission.epoch = epoch;
    const key = subKey(this.#fleet.startKey(start), PURPOSE.REPEAT);
    this.#outbound.sendControl(key, this.#controls++, nowUs);
  }
}

const isAnswered = ({ numbers, control }: Wanted): boolean => numbers.length === 0 && control.size === 0;

const rangesOf = ({ rangeCount, rangeFirst, rangeLast }: Datagram): Range[] =>
  normalise(Array.from({ length: rangeCount }, (_, at) => [rangeFirst[at]!, rangeLast[at]!]));
