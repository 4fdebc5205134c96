import { ROW, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { withRoom } from "./columns.ts";

/** What lies so many seconds back counts a third of what is new. */
const MEMORY_S = 10;
const DIGITS = 4;

/**
 * How many numbers a second each device has used lately, from what its current run rose by between two flushes. Not from the learned interval
 * (ROW.INTERVAL): that is the pause between bursts, and datagrams that are read at once are one.
 */
export class SendRates {
  /** by slot of the device: numbers used, and the seconds in which they were, both fading at one pace */
  #numbers = new Float32Array(0);
  #seconds = new Float32Array(0);

  /**
   * A row of the device changed.
   * @param before - the row as it was
   * @param rows - the row as it is begins at `from`
   */
  add(device: number, before: Float64Array, rows: Float64Array, from: number): void {
    const flags = rows[from + ROW.FLAGS]!;
    if ((flags & ROW_FLAG.CURRENT) === 0) return;
    const isUnsequenced = (flags & ROW_FLAG.UNSEQUENCED) !== 0;
    const used = isUnsequenced ? ROW.UNSEQUENCED : ROW.HIGH_WATER;
    const at = isUnsequenced ? ROW.LAST_ARRIVAL : ROW.HIGH_WATER_AT;
    const seconds = (rows[from + at]! - before[at]!) / 1e6;
    // new, or the clock was set back
    if (before[at] === 0 || before[used]! < 0 || seconds <= 0) return;
    this.#numbers = withRoom(this.#numbers, device + 1);
    this.#seconds = withRoom(this.#seconds, device + 1);
    const left = Math.exp(-seconds / MEMORY_S);
    this.#numbers[device] = this.#numbers[device]! * left + rows[from + used]! - before[used]!;
    this.#seconds[device] = this.#seconds[device]! * left + seconds;
  }

  /** The slot belongs to another device now. */
  clear(device: number): void {
    if (device >= this.#seconds.length) return;
    this.#numbers[device] = 0;
    this.#seconds[device] = 0;
  }

  /** @returns numbers a second (datagrams, of a device without numbers), to four digits; null = its numbers did not rise since the start */
  of(device: number): number | null {
    const seconds = this.#seconds[device] ?? 0;
    return seconds > 0 ? rounded(this.#numbers[device]! / seconds) : null;
  }
}

const rounded = (value: number): number => {
  const scale = 10 ** (DIGITS - 1 - Math.floor(Math.log10(value)));
  return Math.round(value * scale) / scale;
};
