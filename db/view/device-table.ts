import { SharedStrings } from "../../common/shared-strings.ts";
import { Entries, type FlushColumn, withRoom } from "./columns.ts";
import { IdIndex } from "./id-index.ts";
import { IdOrder } from "./id-order.ts";
import { NumberMap } from "./number-map.ts";

const MAX_SHARED_SOURCES = 4096;

/** Devices as columns: names, and where each one's lists of runs, channels and newest values begin (-1 = empty). */
export class DeviceTable {
  readonly #entries = new Entries();
  readonly #slotOfNumber = new NumberMap();
  /** made with the first question by id, kept up from then on: the writer's thread never asks */
  #slotOfId: IdIndex | undefined;
  /** the same, made with the first question for the order */
  #order: IdOrder | undefined;
  /** sources shared between devices: those behind one address and port have one string */
  readonly #sharedSources = new SharedStrings(MAX_SHARED_SOURCES);
  readonly ids: string[] = [];
  readonly sources: string[] = [];
  number = new Uint32Array(0);
  firstRun = new Int32Array(0);
  lastRun = new Int32Array(0);
  channels = new Int32Array(0);
  latest = new Int32Array(0);
  /** flush that changed its id or source last */
  changed: FlushColumn = new Float64Array(0);
  /** flush up to which the tables of the database hold all of it; -1 = not in the tables */
  asOf: FlushColumn = new Float64Array(0);

  get size(): number {
    return this.#slotOfNumber.size;
  }

  /** Slots of all devices, in the order they became known. */
  slots(): Uint32Array {
    const slots = Uint32Array.from(this.#slotOfNumber.values());
    return slots.sort((a, b) => this.number[a]! - this.number[b]!);
  }

  /** Slots of all devices, in the order of their ids. */
  get order(): IdOrder {
    this.#order ??= new IdOrder(this.ids, this.#slotOfNumber.values());
    return this.#order;
  }

  /** @returns the device's slot, or -1 */
  slotOf(device: number): number {
    return this.#slotOfNumber.get(device);
  }

  /** @returns the device's slot, or -1 */
  slotOfId(id: string): number {
    if (this.#slotOfId === undefined) {
      this.#slotOfId = new IdIndex(this.ids);
      for (const slot of this.slots()) this.#slotOfId.set(this.ids[slot]!, slot);
    }
    return this.#slotOfId.get(id);
  }

  add(device: number, id: string): number {
    const slot = this.#entries.take();
    this.#makeRoom(this.#entries.used);
    this.#slotOfNumber.set(device, slot);
    this.number[slot] = device;
    this.ids[slot] = id;
    this.#slotOfId?.set(id, slot);
    this.#order?.came(slot);
    this.sources[slot] = "";
    this.firstRun[slot] = -1;
    this.lastRun[slot] = -1;
    this.channels[slot] = -1;
    this.latest[slot] = -1;
    this.changed[slot] = 0;
    this.asOf[slot] = -1;
    return slot;
  }

  setSource(slot: number, source: string): void {
    this.sources[slot] = this.#sharedSources.share(source);
  }

  remove(device: number): void {
    const slot = this.slotOf(device);
    if (slot < 0) return;
    this.#slotOfNumber.delete(device);
    // a device that came back under a new number before its former one went has the id by then
    this.#slotOfId?.delete(this.ids[slot]!, slot);
    this.#order?.gone(slot);
    this.ids[slot] = "";
    this.sources[slot] = "";
    this.#entries.giveBack(slot);
  }

  #makeRoom(length: number): void {
    this.number = withRoom(this.number, length);
    this.firstRun = withRoom(this.firstRun, length);
    this.lastRun = withRoom(this.lastRun, length);
    this.channels = withRoom(this.channels, length);
    this.latest = withRoom(this.latest, length);
    this.changed = withRoom(this.changed, length);
    this.asOf = withRoom(this.asOf, length);
  }
}
