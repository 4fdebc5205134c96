import { Entries, type FlushColumn, withRoom } from "./columns.ts";
import { isSameSet, NO_PLACES, type PlaceSet } from "./place-set.ts";

/** A list with more epochs gets an index of them: a sender that restarts often has tens of thousands in a year. */
const MANY_EPOCHS = 256;

/** Of each epoch of all devices at which places the descriptions are that hold there; linked into one list per device, which goes by its head. */
export class DescribedEpochs {
  readonly #records = new Entries();
  readonly #indexes = new Map<number, Map<number, number>>();
  /** of a device: its newest epoch */
  #newest = new Int32Array(0);
  /** of an epoch: the one described before it, its number, what holds there, and the flush that changed that */
  #older = new Int32Array(0);
  #epoch = new Float64Array(0);
  readonly #places: PlaceSet[] = [];
  #changed: FlushColumn = new Float64Array(0);

  /** A device that has none yet. */
  open(head: number): void {
    this.#newest = withRoom(this.#newest, head + 1);
    this.#newest[head] = -1;
  }

  /** All of a device go. */
  remove(head: number): void {
    for (let record = this.#newest[head]!; record >= 0; record = this.#older[record]!) {
      this.#places[record] = NO_PLACES;
      this.#records.giveBack(record);
    }
    this.#indexes.delete(head);
  }

  /** @returns the record of the epoch, -1 = nothing was described there */
  find(head: number, epoch: number): number {
    const index = this.#indexes.get(head);
    if (index !== undefined) return index.get(epoch) ?? -1;
    let record = this.#newest[head]!;
    let walked = 0;
    for (; record >= 0 && this.#epoch[record] !== epoch; walked++) record = this.#older[record]!;
    if (walked > MANY_EPOCHS) this.#indexes.set(head, this.#indexOf(head));
    return record;
  }

  /** The epoch becomes the device's newest. @returns its record */
  add(head: number, epoch: number): number {
    const record = this.#records.take();
    this.#older = withRoom(this.#older, this.#records.used);
    this.#epoch = withRoom(this.#epoch, this.#records.used);
    this.#changed = withRoom(this.#changed, this.#records.used);
    this.#older[record] = this.#newest[head]!;
    this.#newest[head] = record;
    this.#epoch[record] = epoch;
    this.#places[record] = NO_PLACES;
    this.#indexes.get(head)?.set(epoch, record);
    return record;
  }

  placesOf(record: number): PlaceSet {
    return this.#places[record]!;
  }

  /** What is described as in the epoch before takes no memory of its own. */
  setPlaces(record: number, places: PlaceSet, flush: number): void {
    const older = this.#older[record]!;
    const before = older < 0 ? NO_PLACES : this.#places[older]!;
    this.#places[record] = isSameSet(before, places) ? before : places;
    this.#changed[record] = flush;
  }

  /** The epochs of a device, the newest first. */
  *list(head: number): Generator<{ epoch: number; places: PlaceSet; flush: number }> {
    for (let record = this.#newest[head]!; record >= 0; record = this.#older[record]!)
      yield { epoch: this.#epoch[record]!, places: this.#places[record]!, flush: this.#changed[record]! };
  }

  #indexOf(head: number): Map<number, number> {
    const index = new Map<number, number>();
    for (let record = this.#newest[head]!; record >= 0; record = this.#older[record]!)
      index.set(this.#epoch[record]!, record);
    return index;
  }
}
