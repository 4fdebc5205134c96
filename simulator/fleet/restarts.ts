import type { SimulatorSettings } from "../options/settings.ts";
import { PURPOSE, subKey, uniform } from "./random.ts";
import type { Schedule } from "./schedule.ts";

/**
 * A collector accepts 8 open epochs per device and 16 new ones a minute, and closes one after 10 s of silence (R6, docs/ledger.md). Five restarts
 * at least 2 s apart and 8 s between the others stay within both: at most 13 starts a minute, and the ninth open one is silent for 10 s.
 */
const QUICK_RESTARTS = 5;
const QUICK_SPACING_US = 2_000_000;
const SPACING_US = 8_000_000;

/** When devices restart: at random, evenly spread in time, each device by draws of its own. */
export class RestartPlan {
  readonly #schedule: Schedule;
  readonly #meanUs: number;
  readonly #isFlood: boolean;
  readonly #startCount: Uint32Array;
  readonly #nextUs: Float64Array;

  constructor(settings: SimulatorSettings, schedule: Schedule) {
    this.#schedule = schedule;
    this.#meanUs = 60e6 / settings.restartsPerMinute;
    this.#isFlood = settings.restartFlood;
    this.#startCount = new Uint32Array(settings.devices);
    this.#nextUs = new Float64Array(settings.devices);
  }

  /** The device's next restart comes with its first slot from then on. */
  nextUs(device: number): number {
    return this.#nextUs[device]!;
  }

  isDue(device: number, timeUs: number): boolean {
    return timeUs >= this.#nextUs[device]!;
  }

  /**
   * The device starts now: its next restart is drawn.
   * @returns how often it had started before
   */
  begin(device: number, timeUs: number): number {
    const index = this.#startCount[device]!++;
    this.#nextUs[device] = timeUs + this.#lifeUs(device, index);
    return index;
  }

  #lifeUs(device: number, index: number): number {
    if (this.#meanUs === Infinity) return Infinity;
    const key = subKey(this.#schedule.deviceKey(device), PURPOSE.RESTART);
    const drawn = -Math.log(1 - uniform(key, index));
    if (this.#isFlood) return drawn * this.#meanUs;
    const spacingUs = index < QUICK_RESTARTS ? QUICK_SPACING_US : SPACING_US;
    return spacingUs + drawn * Math.max(0, this.#meanUs - spacingUs);
  }
}
