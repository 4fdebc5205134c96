import type { Clock } from "../common/clock.ts";
import { Datagram } from "../protocol/datagram.ts";
import { decodeNack } from "../protocol/decode-binary.ts";
import { REJECT } from "../protocol/reasons.ts";
import { Emission } from "./fleet/emission.ts";
import { Encoder } from "./fleet/encoder.ts";
import { Fleet } from "./fleet/fleet.ts";
import { Pacer } from "./network/pace.ts";
import { ReorderCount } from "./network/reorder-count.ts";
import { Repeats } from "./network/repeats.ts";
import type { Slot, Transport } from "./network/udp-transport.ts";
import type { FleetSettings } from "./options/settings.ts";

/** How far a simulation is. Counts since its start. */
export interface Progress {
  elapsedMs: number;
  /** datagrams that left: copies, damaged ones and control included */
  sent: number;
  /** datagrams per second that left since the last report; in the summary over the whole run, farewell excepted */
  rateHz: number;
  /** sequence numbers used */
  used: number;
  /** numbers of which no copy left */
  dropped: number;
  /** numbers of which only damaged copies left */
  corrupted: number;
  /** further intact copies */
  duplicated: number;
  /** intact DATA copies that left after a later number of their device's start */
  reordered: number;
  control: number;
  restarts: number;
  /** NACKs heard */
  asked: number;
  /** numbers sent again, each time */
  repeated: number;
  /** datagrams that did not leave, since there was no way to the target */
  refused: number;
}

export interface RunControl {
  clock: Clock;
  /** asked often; once true no further number is used */
  isStopped(): boolean;
  /** asked often; once true devices do not wait to be asked */
  isHurried(): boolean;
  onProgress(progress: Progress): void;
  /** the truth is to go into a named pipe that nobody reads yet */
  onReaderAwaited(): void;
}

const utf8 = new TextDecoder();
const PROGRESS_MS = 250;
/** a stop is noticed at least so often */
const LONGEST_SLEEP_MS = 50;

/** Sends a fleet's datagrams at their time through a transport. */
export class Sending {
  readonly fleet: Fleet;
  readonly #repeats: Repeats;
  sent = 0;
  /** how far it was when the last datagram before the farewell left */
  #beforeEnd = { sent: 0, elapsedMs: 0 };
  readonly #encoder: Encoder;
  /** by path */
  readonly #transports: readonly Transport[];
  readonly #control: RunControl;
  readonly #startMs: number;
  readonly #pacer: Pacer;
  readonly #reorders: ReorderCount;
  readonly #lingerMs: number;
  readonly #nack = new Datagram();
  readonly #repeat = new Emission();
  /** what each slot under way holds */
  readonly #carried = new Map<Slot, Emission>();
  /** when a NACK was heard last; undefined = never */
  #askedMs: number | undefined;
  /** ends the pause that is being made */
  #wake: (() => void) | undefined;
  #reportedMs: number;
  #reportedSent = 0;

  constructor(settings: FleetSettings, transports: readonly Transport[], control: RunControl) {
    this.fleet = new Fleet(settings);
    this.#encoder = new Encoder(settings, this.fleet.schedule);
    this.#repeats = new Repeats(settings, this.fleet);
    this.#transports = transports;
    this.#control = control;
    this.#startMs = control.clock.monotonicMs();
    this.#reportedMs = this.#startMs;
    const paths = transports.length;
    this.#pacer = new Pacer(this.fleet.schedule.totalRateHz * paths, this.#startMs);
    this.#reorders = new ReorderCount(settings.devices, paths);
    const answers = settings.format === "native" && settings.ringNumbers > 0;
    this.#lingerMs = answers ? settings.lingerMs : 0;
    for (const transport of transports) transport.onRefused((slot) => this.#refused(slot));
    if (!answers) return;
    for (const transport of transports) transport.onHeard((bytes, view) => this.#hear(bytes, view));
  }

  async run(): Promise<void> {
    const emission = new Emission();
    for (;;) {
      // both are awaited only when there is something to wait for: a promise per datagram would halve the rate
      for (let waitMs = this.#waitMs(); waitMs > 0; waitMs = this.#waitMs()) await this.#pause(waitMs);
      if (!this.fleet.next(emission)) break;
      const transport = this.#transports[emission.path]!;
      let slot = transport.take();
      while (slot === null) {
        await transport.free();
        slot = transport.take();
      }
      this.#send(emission, slot);
    }
    // who has sent nothing is not asked
    if (this.fleet.counts.used > 0) await this.#linger();
    for (const transport of this.#transports) await transport.flush();
  }

  progress(sinceMs = this.#startMs, sinceSent = 0): Progress {
    const nowMs = this.#control.clock.monotonicMs();
    const rateHz = ((this.sent - sinceSent) / Math.max(1, nowMs - sinceMs)) * 1000;
    const { counts } = this.fleet;
    const { asked } = this.#repeats;
    const reordered = this.#reorders.count;
    return { elapsedMs: nowMs - this.#startMs, sent: this.sent, rateHz, reordered, asked, ...counts };
  }

  /** datagrams per second until the farewell, which keeps a pace of its own */
  get rateHz(): number {
    return (this.#beforeEnd.sent / Math.max(1, this.#beforeEnd.elapsedMs)) * 1000;
  }

  /** @returns 0 when the fleet's next datagram may leave now, or nothing is left */
  #waitMs(): number {
    const nowMs = this.#control.clock.monotonicMs();
    const nowUs = (nowMs - this.#startMs) * 1000;
    this.#report(nowMs);
    if (this.#control.isStopped()) this.fleet.stop();
    this.#sendRepeats(nowMs);
    const nextUs = this.fleet.advance(nowUs);
    if (!this.fleet.isEnding) this.#beforeEnd.elapsedMs = nowMs - this.#startMs;
    if (nextUs === Infinity) return 0;
    return nextUs > nowUs ? (nextUs - nowUs) / 1000 : this.#pacer.waitMs(nextUs, nowMs);
  }

  #send(emission: Emission, slot: Slot): void {
    this.#dispatch(emission, slot);
    this.#reorders.left(emission);
    if (!emission.isEnd) this.#beforeEnd.sent = this.sent;
  }

  #dispatch(emission: Emission, slot: Slot): void {
    const length = this.#encoder.encode(emission, slot.bytes, slot.view);
    const carried = this.#carried.get(slot);
    if (carried === undefined) this.#carried.set(slot, Object.assign(new Emission(), emission));
    else Object.assign(carried, emission);
    this.#transports[emission.path]!.send(slot, length, emission.device);
    this.sent++;
  }

  /** There was no way to the target. */
  #refused(slot: Slot): void {
    this.sent--;
    this.fleet.countRefused(this.#carried.get(slot)!);
  }

  /** What is due of the repeats, as far as pace and memory allow. */
  #sendRepeats(nowMs: number): void {
    const nowUs = (nowMs - this.#startMs) * 1000;
    while (this.#repeats.nextDueUs <= nowUs && this.#pacer.waitMs(this.#repeats.nextDueUs, nowMs) === 0) {
      const path = this.#repeats.pathDue(nowUs);
      if (path < 0) continue;
      const slot = this.#transports[path]!.take();
      if (slot === null) return;
      this.#repeats.next(this.#repeat, nowUs);
      this.#dispatch(this.#repeat, slot);
    }
  }

  /** After the farewell devices still answer: the loss of the last datagrams is only now asked for. */
  async #linger(): Promise<void> {
    const endMs = this.#control.clock.monotonicMs();
    // who stopped the fleet wants its tail answered, who stops it now does not
    const wasStopped = this.#control.isStopped();
    for (;;) {
      const nowMs = this.#control.clock.monotonicMs();
      const isOver = this.#control.isHurried() || (!wasStopped && this.#control.isStopped());
      if (isOver) return this.#repeats.giveUp();
      const quietFromMs = Math.max(endMs, this.#askedMs ?? 0);
      const untilMs = quietFromMs + (this.#askedMs === undefined ? this.#lingerMs / 2 : this.#lingerMs);
      this.#report(nowMs);
      this.#sendRepeats(nowMs);
      // all that was ever asked for would take hours at a low rate
      if (nowMs >= untilMs) this.#repeats.giveUp();
      if (nowMs >= untilMs && this.#repeats.nextDueUs === Infinity) return;
      await this.#pause(Math.max(1, untilMs - nowMs));
    }
  }

  /** Sleep, but no longer than until a repeat is due, and end it when one is asked for. */
  #pause(waitMs: number): Promise<void> {
    const nowUs = (this.#control.clock.monotonicMs() - this.#startMs) * 1000;
    const repeatMs = Math.max(1, (this.#repeats.nextDueUs - nowUs) / 1000);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(waitMs, repeatMs, LONGEST_SLEEP_MS));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #hear(bytes: Uint8Array, view: DataView): void {
    const nack = this.#nack;
    if (decodeNack(bytes, view, 0, bytes.length, nack) !== REJECT.sound) return;
    const nowMs = this.#control.clock.monotonicMs();
    this.#askedMs = nowMs;
    const { idBytes, idOffset, idLength } = nack;
    const id = utf8.decode(idBytes.subarray(idOffset, idOffset + idLength));
    this.#repeats.hear(nack, id, (nowMs - this.#startMs) * 1000);
    this.#wake?.();
  }

  #report(nowMs: number): void {
    if (nowMs - this.#reportedMs < PROGRESS_MS) return;
    this.#control.onProgress(this.progress(this.#reportedMs, this.#reportedSent));
    this.#reportedMs = nowMs;
    this.#reportedSent = this.sent;
  }
}
