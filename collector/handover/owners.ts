import { IdHash } from "../tracker/device/id-hash.ts";

/** Which ingest worker owns a device: its ledger is kept there and nowhere else. All workers are given the same seed. */
export class Owners {
  readonly #hash: IdHash;
  readonly #workers: number;

  constructor(seed: number, workers: number) {
    this.#hash = new IdHash(seed);
    this.#workers = workers;
  }

  /** @returns index of the worker, by the upper bits of the hash: the lower ones place the device in its owner's table */
  ownerOf(id: DataView, offset: number, length: number): number {
    return Math.floor((this.#hash.low(id, offset, length) * this.#workers) / 2 ** 32);
  }
}
