/** channels below it are known by one bit each while they have no description */
export const LOW_CHANNELS = 30;
const DEVICES_PER_PAGE = 64;
const FIELDS = 2;

/**
 * Devices of which only undescribed channels with small numbers are known, which is what a forged one has: the bits of those channels in
 * the epoch heard last. Eight bytes a device, in pages by the device's number: as numbers are given in order, those of forged devices go
 * together.
 */
export class LowChannels {
  /** page number to (epoch, bits) of each of its devices; bits 0 = the device is not known */
  readonly #pages = new Map<number, Int32Array>();
  /** the page asked for last: devices that speak one after the other often share one */
  #page: Int32Array | undefined;
  #pageNumber = -1;

  /** Whether all these channels of the device are known in that epoch. Arguments as for `add`. */
  has(device: number, epoch: number, bits: number): boolean {
    const number = Math.floor(device / DEVICES_PER_PAGE);
    const page = this.#pageOf(number);
    if (page === undefined) return false;
    const at = (device - number * DEVICES_PER_PAGE) * FIELDS;
    return page[at] === (epoch | 0) && (page[at + 1]! & bits) === bits;
  }

  /** Add channels. @param epoch - -1 or a u32 @param bits - bit n: channel n, below LOW_CHANNELS; not 0 */
  add(device: number, epoch: number, bits: number): void {
    const number = Math.floor(device / DEVICES_PER_PAGE);
    let page = this.#pageOf(number);
    if (page === undefined) {
      page = new Int32Array(DEVICES_PER_PAGE * FIELDS);
      this.#pages.set(number, page);
      this.#pageNumber = -1;
    }
    const at = (device - number * DEVICES_PER_PAGE) * FIELDS;
    page[at + 1] = page[at] === (epoch | 0) ? page[at + 1]! | bits : bits;
    page[at] = epoch;
  }

  /** Forget the device. @returns the bits of its channels in this epoch, 0 = none are known */
  take(device: number, epoch: number): number {
    const number = Math.floor(device / DEVICES_PER_PAGE);
    const page = this.#pageOf(number);
    if (page === undefined) return 0;
    const at = (device - number * DEVICES_PER_PAGE) * FIELDS;
    const bits = page[at] === (epoch | 0) ? page[at + 1]! : 0;
    page.fill(0, at, at + FIELDS);
    if (page.every((field) => field === 0)) {
      this.#pages.delete(number);
      this.#pageNumber = -1;
    }
    return bits;
  }

  #pageOf(number: number): Int32Array | undefined {
    if (number === this.#pageNumber) return this.#page;
    this.#page = this.#pages.get(number);
    this.#pageNumber = number;
    return this.#page;
  }
}
