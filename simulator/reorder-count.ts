import { KIND } from "../protocol/constants.ts";
import type { Emission } from "./emission.ts";

/** Counts copies that were overtaken: their number is below the greatest that left of the same start by the same path. */
export class ReorderCount {
  count = 0;
  readonly #greatest: Float64Array;
  readonly #epoch: Float64Array;
  readonly #paths: number;

  constructor(devices: number, paths: number) {
    this.#paths = paths;
    this.#greatest = new Float64Array(devices * paths).fill(-1);
    this.#epoch = new Float64Array(devices * paths).fill(-1);
  }

  left({ kind, damage, device, path, epoch, sequence }: Emission): void {
    if (kind !== KIND.DATA || damage !== 0) return;
    const lane = device * this.#paths + path;
    if (this.#epoch[lane] !== epoch) {
      this.#epoch[lane] = epoch;
      this.#greatest[lane] = sequence;
    } else if (sequence > this.#greatest[lane]!) {
      this.#greatest[lane] = sequence;
    } else if (sequence < this.#greatest[lane]!) {
      this.count++;
    }
  }
}
