import { isUnsequenced, ROW } from "../../protocol/ledger-row.ts";
import { withRoom } from "./columns.ts";

/** What lies so many seconds back counts a third of what is new. */
const MEMORY_S = 10;
const DIGITS = 4;
/** less is nothing: once in 11 days */
const LEAST_HZ = 1e-6;

/**
 * How many numbers a second each device has used lately, from what the run it is heard on rose by between two flushes. Not from the learned interval
 * (ROW.INTERVAL): that is the pause between bursts, and datagrams that are read at once are one.
 */
export class SendRates {
  /** by slot of the device: rates, each with its weight, and the weights, both fading at one pace */
  #rates = new Float32Array(0);
  #weights = new Float32Array(0);

  /**
   * The row of the run that the device is heard on changed.
   * @param before - the row as it was
   * @param rows - the row as it is begins at `from`
   */
  add(device: number, before: Float64Array, rows: Float64Array, from: number): void {
    const used = isUnsequenced(rows[from + ROW.FLAGS]!) ? ROW.UNSEQUENCED : ROW.HIGH_WATER;
    // a heartbeat, which uses no number, tells of time that passed without one
    const seconds = (rows[from + ROW.LAST_ARRIVAL]! - before[ROW.LAST_ARRIVAL]!) / 1e6;
    // new, or the clock was set back
    if (before[ROW.LAST_ARRIVAL] === 0 || before[used]! < 0 || seconds <= 0) return;
    this.#rates = withRoom(this.#rates, device + 1);
    this.#weights = withRoom(this.#weights, device + 1);
    const left = Math.exp(-seconds / MEMORY_S);
    const rate = (rows[from + used]! - before[used]!) / seconds;
    // a long silence weighs no more than what is remembered of it
    this.#rates[device] = this.#rates[device]! * left + rate * (1 - left);
    this.#weights[device] = this.#weights[device]! * left + (1 - left);
  }

  /** The slot belongs to another device now. */
  clear(device: number): void {
    if (device >= this.#weights.length) return;
    this.#rates[device] = 0;
    this.#weights[device] = 0;
  }

  /** @returns numbers a second (datagrams, of a device without numbers), to four digits; null = it was not heard twice since the start */
  of(device: number): number | null {
    const weight = this.#weights[device] ?? 0;
    return weight > 0 ? rounded(this.#rates[device]! / weight) : null;
  }
}

const rounded = (value: number): number => {
  if (value < LEAST_HZ) return 0;
  const scale = 10 ** (DIGITS - 1 - Math.floor(Math.log10(value)));
  return Math.round(value * scale) / scale;
};
