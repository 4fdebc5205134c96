import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../common/clock.ts";
import { KIND } from "../protocol/constants.ts";
import { Emission } from "./emission.ts";
import { Encoder } from "./encoder.ts";
import { Fleet } from "./fleet.ts";
import {
  type FleetSettings,
  greatestDatagramBytes,
  resolveStart,
  type SimulatorSettings,
} from "./options.ts";
import { Pacer } from "./pace.ts";
import { truthHeader } from "./truth.ts";
import { writeTruth } from "./truth-file.ts";
import { openUdpTransport, type Slot, type Transport } from "./udp-transport.ts";

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
}

export interface Summary extends Progress {
  startedAtUs: number;
  /** what was asked for, datagrams per second without copies and control */
  targetRateHz: number;
  settings: FleetSettings;
}

export interface RunControl {
  clock: Clock;
  /** asked often; once true no further number is used */
  isStopped(): boolean;
  onProgress(progress: Progress): void;
}

const PROGRESS_MS = 250;
/** a stop is noticed at least so often */
const LONGEST_SLEEP_MS = 50;

/** Counts copies that were overtaken: their number is below the greatest that left of the same start. */
class ReorderCount {
  count = 0;
  readonly #greatest: Float64Array;
  readonly #epoch: Float64Array;

  constructor(devices: number) {
    this.#greatest = new Float64Array(devices).fill(-1);
    this.#epoch = new Float64Array(devices).fill(-1);
  }

  left({ kind, damage, device, epoch, sequence }: Emission): void {
    if (kind !== KIND.DATA || damage !== 0) return;
    if (this.#epoch[device] !== epoch) {
      this.#epoch[device] = epoch;
      this.#greatest[device] = sequence;
    } else if (sequence > this.#greatest[device]!) {
      this.#greatest[device] = sequence;
    } else if (sequence < this.#greatest[device]!) {
      this.count++;
    }
  }
}

/** Sends a fleet's datagrams at their time through a transport. */
class Sending {
  readonly fleet: Fleet;
  sent = 0;
  /** how far it was when the last datagram before the farewell left */
  #beforeEnd = { sent: 0, elapsedMs: 0 };
  readonly #encoder: Encoder;
  readonly #transport: Transport;
  readonly #control: RunControl;
  readonly #startMs: number;
  readonly #pacer: Pacer;
  readonly #reorders: ReorderCount;
  #reportedMs: number;
  #reportedSent = 0;

  constructor(settings: FleetSettings, transport: Transport, control: RunControl) {
    this.fleet = new Fleet(settings);
    this.#encoder = new Encoder(settings, this.fleet.schedule);
    this.#transport = transport;
    this.#control = control;
    this.#startMs = control.clock.monotonicMs();
    this.#reportedMs = this.#startMs;
    this.#pacer = new Pacer(this.fleet.schedule.totalRateHz, this.#startMs);
    this.#reorders = new ReorderCount(settings.devices);
  }

  async run(): Promise<void> {
    const emission = new Emission();
    while (this.fleet.next(emission)) {
      // both are awaited only when there is something to wait for: a promise per datagram would halve the rate
      for (let waitMs = this.#waitMs(emission); waitMs > 0; waitMs = this.#waitMs(emission)) {
        await sleep(Math.min(waitMs, LONGEST_SLEEP_MS));
      }
      let slot = this.#transport.take();
      while (slot === null) {
        await this.#transport.free();
        slot = this.#transport.take();
      }
      this.#send(emission, slot);
    }
    await this.#transport.flush();
  }

  progress(sinceMs = this.#startMs, sinceSent = 0): Progress {
    const nowMs = this.#control.clock.monotonicMs();
    const rateHz = ((this.sent - sinceSent) / Math.max(1, nowMs - sinceMs)) * 1000;
    const { counts } = this.fleet;
    const reordered = this.#reorders.count;
    return { elapsedMs: nowMs - this.#startMs, sent: this.sent, rateHz, reordered, ...counts };
  }

  /** datagrams per second until the farewell, which keeps a pace of its own */
  get rateHz(): number {
    return (this.#beforeEnd.sent / Math.max(1, this.#beforeEnd.elapsedMs)) * 1000;
  }

  #waitMs({ dueUs, isEnd }: Emission): number {
    const nowMs = this.#control.clock.monotonicMs();
    this.#report(nowMs);
    if (this.#control.isStopped()) this.fleet.stop();
    if (!isEnd) this.#beforeEnd.elapsedMs = nowMs - this.#startMs;
    return this.#pacer.waitMs(dueUs, nowMs);
  }

  #send(emission: Emission, slot: Slot): void {
    const length = this.#encoder.encode(emission, slot.bytes, slot.view);
    this.#transport.send(slot, length, emission.device);
    this.#reorders.left(emission);
    this.sent++;
    if (!emission.isEnd) this.#beforeEnd.sent = this.sent;
  }

  #report(nowMs: number): void {
    if (nowMs - this.#reportedMs < PROGRESS_MS) return;
    this.#control.onProgress(this.progress(this.#reportedMs, this.#reportedSent));
    this.#reportedMs = nowMs;
    this.#reportedSent = this.sent;
  }
}

/**
 * Runs a simulation on this thread until its end or until stopped, then writes the truth file. `simulate` does it in a worker.
 * @throws LacunaError of the transport and of the truth file
 */
export const runSimulation = async (settings: SimulatorSettings, control: RunControl): Promise<Summary> => {
  const startedAtUs = control.clock.wallUs();
  const resolved = resolveStart(settings, startedAtUs);
  const transport = await openUdpTransport(
    settings.target,
    settings.sockets,
    greatestDatagramBytes(settings),
  );
  try {
    const sending = new Sending(resolved, transport, control);
    await sending.run();
    const progress = sending.progress();
    if (settings.truthPath !== null) {
      await writeTruth(settings.truthPath, truthHeader(resolved, startedAtUs), sending.fleet.truth());
    }
    const targetRateHz = sending.fleet.schedule.totalRateHz;
    return { ...progress, rateHz: sending.rateHz, startedAtUs, targetRateHz, settings: resolved };
  } finally {
    await transport.close();
  }
};
