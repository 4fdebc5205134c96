import { MAX_CHANNELS_PER_DEVICE } from "../../protocol/constants.ts";

/** How much of something may be kept that senders can make grow. */
export interface Bounds {
  perDevice: number;
  /** a device may have so much whatever others have taken */
  sure: number;
  /** what all devices together may have beyond that */
  beyond: number;
}

/** For what is known of channels, in pieces. Ingest knows 8 epochs of a device, and a million channels in all; older ones need room as well. */
export const CHANNEL_BOUNDS: Bounds = {
  perDevice: 8 * MAX_CHANNELS_PER_DEVICE,
  sure: 32,
  beyond: 2_000_000,
};

/** Room that devices share, so that one of them, or many forged ones, cannot take what another needs. */
export class Room {
  readonly #bounds: Bounds;
  #taken = 0;
  /** there was no room left for all at some time: what was refused then is not there when it is free again */
  #wasFull = false;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** A device has `to` instead of `from`. */
  move(from: number, to: number): void {
    this.#taken += this.#beyondSure(to) - this.#beyondSure(from);
    this.#wasFull ||= this.#taken >= this.#bounds.beyond;
  }

  /** Whether a device that has so much was never refused any since the start. */
  hasAll(amount: number): boolean {
    const { perDevice, sure } = this.#bounds;
    return amount < perDevice && (amount < sure || !this.#wasFull);
  }

  /**
   * Whether a device may have `to` instead of `from`.
   * @param asked - what others are to have beyond what is sure, and have not moved to yet
   */
  fits(from: number, to: number, asked = 0): boolean {
    const { perDevice, sure, beyond } = this.#bounds;
    return to <= perDevice && (to <= sure || this.#taken + asked + this.asks(from, to) <= beyond);
  }

  /** How much more of the shared room a device takes that has `to` instead of `from`. */
  asks(from: number, to: number): number {
    return this.#beyondSure(to) - this.#beyondSure(from);
  }

  #beyondSure(amount: number): number {
    return Math.max(0, amount - this.#bounds.sure);
  }
}
