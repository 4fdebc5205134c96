import { draw, PURPOSE, subKey, uniform } from "../fleet/random.ts";
import { pathCountOf, type SimulatorSettings } from "../options/settings.ts";

/** one datagram and up to seven more */
export const MAX_COPIES = 8;

/** What becomes of one used number between device and network: the copies of it, each with a delay and perhaps damage. Reused. */
export class Flight {
  device = 0;
  /** random key of this start of the device */
  key = 0;
  /** what the draws of this datagram are numbered by: its sequence number */
  number = 0;
  copies = 1;
  readonly delayUs = new Float64Array(MAX_COPIES);
  /** 0 = intact, else what the damage is drawn from */
  readonly damage = new Uint32Array(MAX_COPIES);

  /** One intact copy without delay. */
  begin(device: number, key: number, number: number): void {
    this.device = device;
    this.key = key;
    this.number = number;
    this.copies = 1;
    this.delayUs[0] = 0;
    this.damage[0] = 0;
  }

  addCopies(count: number): void {
    for (let copy = this.copies; copy < this.copies + count; copy++) {
      this.delayUs[copy] = this.delayUs[0]!;
      this.damage[copy] = this.damage[0]!;
    }
    this.copies += count;
  }

  removeCopy(copy: number): void {
    this.copies--;
    for (let at = copy; at < this.copies; at++) {
      this.delayUs[at] = this.delayUs[at + 1]!;
      this.damage[at] = this.damage[at + 1]!;
    }
  }

  /** copies that will be received as they were sent */
  get intactCopies(): number {
    let intact = 0;
    for (let copy = 0; copy < this.copies; copy++) if (this.damage[copy] === 0) intact++;
    return intact;
  }

  /** A fraction in [0, 1) for one purpose and copy. */
  chance(purpose: number, copy = 0): number {
    return uniform(subKey(this.key, purpose), this.number * MAX_COPIES + copy);
  }
}

/** One impairment: changes the flight in place. Those that need a memory keep it per device. */
export type Stage = (flight: Flight) => void;

/** Sends 1 to `mostExtra` further copies of a share of the datagrams. */
export const duplication =
  (ratio: number, mostExtra: number): Stage =>
  (flight) => {
    if (flight.chance(PURPOSE.DUPLICATE) >= ratio) return;
    const extra = 1 + Math.floor(flight.chance(PURPOSE.EXTRA_COPIES) * mostExtra);
    flight.addCopies(Math.min(extra, MAX_COPIES - flight.copies));
  };

const loseCopies = (flight: Flight, purpose: number, ratio: number): void => {
  for (let copy = flight.copies - 1; copy >= 0; copy--) {
    if (flight.chance(purpose, copy) < ratio) flight.removeCopy(copy);
  }
};

/** Loses each copy with the same probability. */
export const randomLoss =
  (ratio: number): Stage =>
  (flight) =>
    loseCopies(flight, PURPOSE.LOSS, ratio);

/**
 * Gilbert-Elliott loss: each device's path is good or bad, turns with probability `enter` and `leave` per datagram, and loses only
 * while bad. In the long run enter / (enter + leave) x lossInBad of the datagrams are lost.
 */
export const burstLoss = (devices: number, enter: number, leave: number, lossInBad: number): Stage => {
  const isBad = new Uint8Array(devices);
  return (flight) => {
    const bad = isBad[flight.device] === 1;
    if (flight.chance(PURPOSE.BURST_STATE) < (bad ? leave : enter)) isBad[flight.device] = bad ? 0 : 1;
    if (isBad[flight.device] === 1) loseCopies(flight, PURPOSE.BURST_LOSS, lossInBad);
  };
};

/** Damages each copy with the same probability. */
export const corruption =
  (ratio: number): Stage =>
  (flight) => {
    for (let copy = 0; copy < flight.copies; copy++) {
      if (flight.chance(PURPOSE.CORRUPT, copy) >= ratio) continue;
      // 0 would mean intact
      flight.damage[copy] = draw(subKey(flight.key, PURPOSE.DAMAGE), flight.number * MAX_COPIES + copy) || 1;
    }
  };

/**
 * Holds a share of the copies back until 1 to `mostNumbers` later datagrams of the device have passed, or for `mostUs` when that is sooner.
 * @param intervalUs - between two datagrams of a device
 */
export const reordering =
  (ratio: number, mostNumbers: number, mostUs: number, intervalUs: number): Stage =>
  (flight) => {
    for (let copy = 0; copy < flight.copies; copy++) {
      if (flight.chance(PURPOSE.REORDER, copy) >= ratio) continue;
      const numbers = 1 + Math.floor(flight.chance(PURPOSE.DISPLACEMENT, copy) * mostNumbers);
      // a quarter of an interval more, so that it falls clearly behind the last of them
      flight.delayUs[copy]! += Math.floor(Math.min((numbers + 0.25) * intervalUs, mostUs));
    }
  };

/** Delays every copy by `delayUs` and up to `jitterUs` more. */
export const delay =
  (delayUs: number, jitterUs: number): Stage =>
  (flight) => {
    for (let copy = 0; copy < flight.copies; copy++) {
      flight.delayUs[copy]! += delayUs + Math.floor(flight.chance(PURPOSE.JITTER, copy) * jitterUs);
    }
  };

/** The stages the settings ask for, in the order a datagram meets them; none for what is off. */
const stagesOf = (settings: SimulatorSettings, intervalUs: number): Stage[] => {
  const stages: Stage[] = [];
  if (settings.duplicate > 0) stages.push(duplication(settings.duplicate, settings.duplicateCopies));
  if (settings.loss > 0) stages.push(randomLoss(settings.loss));
  if (settings.burstEnter > 0) {
    stages.push(burstLoss(settings.devices, settings.burstEnter, settings.burstLeave, settings.burstLoss));
  }
  if (settings.corrupt > 0) stages.push(corruption(settings.corrupt));
  if (settings.reorder > 0) {
    stages.push(reordering(settings.reorder, settings.reorderCount, settings.reorderMs * 1000, intervalUs));
  }
  if (settings.delayMs > 0 || settings.jitterMs > 0) {
    stages.push(delay(settings.delayMs * 1000, settings.jitterMs * 1000));
  }
  return stages;
};

/** The impairments of one path. */
export interface PathStages {
  /** the key its draws are made with: independent of those of the other path */
  keyOf(key: number): number;
  /** with memories of their own */
  stages: readonly Stage[];
}

/** One for each target. What the first path does does not depend on whether there is a second. */
export const stagesOfPaths = (settings: SimulatorSettings, intervalUs: number): PathStages[] =>
  Array.from({ length: pathCountOf(settings) }, (_, path) => ({
    keyOf: (key) => (path === 0 ? key : subKey(key, PURPOSE.SECOND_PATH)),
    stages: stagesOf(settings, intervalUs),
  }));
