import { KIND } from "../../protocol/constants.ts";
import type { Emission } from "../fleet/emission.ts";

/**
 * Counts copies that were overtaken: a later number of the same start left before them by the same path. Send times tell which is later: numbers begin
 * again under the same epoch when a device reuses it.
 */
export class ReorderCount {
  count = 0;
  /** of the start that was heard of last: the latest send time that left, and its epoch */
  readonly #latestUs: Float64Array;
  readonly #epoch: Float64Array;
  /** by lane and epoch: the same of the device's other starts, stragglers of which may be under way */
  readonly #others = new Map<number, Map<number, number>>();
  readonly #paths: number;

  constructor(devices: number, paths: number) {
    this.#paths = paths;
    this.#latestUs = new Float64Array(devices * paths).fill(-Infinity);
    this.#epoch = new Float64Array(devices * paths).fill(-1);
  }

  left({ kind, damage, device, path, epoch, sendTimeUs }: Emission): void {
    if (kind !== KIND.DATA || damage !== 0) return;
    const lane = device * this.#paths + path;
    if (this.#epoch[lane] !== epoch) this.#turnTo(lane, epoch);
    if (sendTimeUs > this.#latestUs[lane]!) this.#latestUs[lane] = sendTimeUs;
    else if (sendTimeUs < this.#latestUs[lane]!) this.count++;
  }

  #turnTo(lane: number, epoch: number): void {
    let others = this.#others.get(lane);
    if (this.#epoch[lane] !== -1) {
      others ??= new Map();
      others.set(this.#epoch[lane]!, this.#latestUs[lane]!);
      this.#others.set(lane, others);
    }
    this.#epoch[lane] = epoch;
    this.#latestUs[lane] = others?.get(epoch) ?? -Infinity;
  }
}
