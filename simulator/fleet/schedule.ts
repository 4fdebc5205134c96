import { type FleetSettings, totalRateHz } from "../options/settings.ts";
import { PURPOSE, subKey, uniform } from "./random.ts";

/**
 * When each device uses which number: the fleet sends in rounds, slot `i` belongs to device `i % devices` and lies at
 * `i / totalRate`. Pure arithmetic on settings, shared by fleet and audit. Times are whole microseconds; those without "send" count from the
 * start of the simulation, by the simulator's own clock.
 */
export class Schedule {
  readonly devices: number;
  readonly totalRateHz: number;
  /** DATA slots in all; Infinity when it goes on until stopped */
  readonly slots: number;
  /** mean time between two numbers of a device */
  readonly intervalUs: number;
  readonly #settings: FleetSettings;
  readonly #key: number;
  readonly #idDigits: number;

  constructor(settings: FleetSettings) {
    this.#settings = settings;
    this.#key = subKey(0, settings.seed);
    this.devices = settings.devices;
    this.totalRateHz = totalRateHz(settings);
    this.intervalUs = (settings.devices / this.totalRateHz) * 1e6;
    this.slots = Math.min(
      settings.count === null ? Infinity : settings.count * settings.devices,
      settings.durationMs === null ? Infinity : Math.ceil((settings.durationMs / 1000) * this.totalRateHz),
    );
    this.#idDigits = String(settings.devices - 1).length;
  }

  slotTimeUs(slot: number): number {
    return Math.floor((slot / this.totalRateHz) * 1e6);
  }

  /** The slot of a device's number `sequence` in a start whose number 0 was used at `startUs`. */
  slotOf(device: number, startUs: number, sequence: number): number {
    const startSlot = (startUs * this.totalRateHz) / 1e6;
    const startRound = Math.round((startSlot - device) / this.devices);
    return (startRound + sequence) * this.devices + device;
  }

  deviceId(device: number): string {
    return `${this.#settings.idPrefix}-${String(device).padStart(this.#idDigits, "0")}`;
  }

  /** The device with this id, or -1. */
  deviceOf(id: string): number {
    const device = Number(id.slice(this.#settings.idPrefix.length + 1));
    return Number.isInteger(device) && device < this.devices && this.deviceId(device) === id ? device : -1;
  }

  /** Key of everything random about a device. */
  deviceKey(device: number): number {
    return subKey(this.#key, device);
  }

  /** Key of the values of one start: it goes by the declared epoch, so that the audit needs nothing else. */
  signalKey(device: number, epoch: number | null): number {
    return subKey(subKey(this.deviceKey(device), PURPOSE.SIGNAL), epoch ?? 0);
  }

  /** How far the device's clock is ahead, negative when behind. */
  skewUs(device: number): number {
    const { skewMs } = this.#settings;
    if (skewMs === 0) return 0;
    return Math.round((uniform(this.deviceKey(device), PURPOSE.SKEW) * 2 - 1) * skewMs * 1000);
  }

  /** What a device's clock says at an instant of the simulation, microseconds since the Unix epoch. */
  sendTimeUs(device: number, timeUs: number): number {
    return this.#settings.baseTimeUs + timeUs + this.skewUs(device);
  }
}
