import { MisuseError } from "../../../common/errors.ts";
import * as constants from "../../../protocol/constants.ts";
import type { Arrival } from "../types.ts";
import * as deviceSlot from "./device-slot.ts";
import { IdHash } from "./id-hash.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { MAX_ID_BYTES } = constants;
const { MARK, MARK_FIELDS, SLOT, SLOT_FIELDS } = deviceSlot;

/** what came before so long a silence is not recent */
const RECENT_MS = 60_000;

const FIRST_BUCKETS = 1024;
/** ids up to this length lie close together; longer ones have room of their own, of which a device with a short one uses none */
const SHORT_ID_BYTES = 24;

/** Ids of one size class, by slot. */
class IdRoom {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly size: number;

  constructor(capacity: number, size: number) {
    this.bytes = new Uint8Array(capacity * size);
    this.view = new DataView(this.bytes.buffer);
    this.size = size;
  }
}

/**
 * Devices by the bytes of their id: open addressing with linear probing over (hash, slot) pairs, no string and no allocation per lookup.
 * A slot is a small integer that is used again once its device is removed.
 */
export class DeviceTable {
  readonly ints: Int32Array;
  readonly marks: Float64Array;
  /** address of the reported source */
  readonly addresses: string[] = [];
  count = 0;
  readonly #hash: IdHash;
  readonly #capacity: number;
  /** hash, slot + 1 (0 = empty); at least twice as many as devices, so that probing stays short */
  #buckets = new Uint32Array(FIRST_BUCKETS * 4);
  readonly #shortIds: IdRoom;
  readonly #longIds: IdRoom;
  readonly #free: number[] = [];
  #used = 0;

  /**
   * @param capacity - most devices it holds. Room for them is asked for at once: the system gives memory only for what a device has used,
   * and nothing is ever copied
   */
  constructor(hashSeed: number, capacity: number) {
    this.#hash = new IdHash(hashSeed);
    this.#capacity = capacity;
    this.ints = new Int32Array(capacity * SLOT_FIELDS);
    this.marks = new Float64Array(capacity * MARK_FIELDS);
    this.#shortIds = new IdRoom(capacity, SHORT_ID_BYTES);
    this.#longIds = new IdRoom(capacity, MAX_ID_BYTES);
  }

  /** slots ever used are below this */
  get slotEnd(): number {
    return this.#used;
  }

  isUsed(slot: number): boolean {
    return this.ints[slot * SLOT_FIELDS + SLOT.ID_LENGTH]! > 0;
  }

  int(slot: number, field: number): number {
    return this.ints[slot * SLOT_FIELDS + field]!;
  }

  setInt(slot: number, field: number, value: number): void {
    this.ints[slot * SLOT_FIELDS + field] = value;
  }

  mark(slot: number, field: number): number {
    return this.marks[slot * MARK_FIELDS + field]!;
  }

  setMark(slot: number, field: number, value: number): void {
    this.marks[slot * MARK_FIELDS + field] = value;
  }

  /** A datagram came from the reported source. */
  hear(slot: number, { nowMs, lengthBytes }: Arrival): void {
    const { marks } = this;
    const base = slot * MARK_FIELDS;
    const isRecent = nowMs - marks[base + MARK.SOURCE_SEEN]! <= RECENT_MS;
    marks[base + MARK.CREDIT] = (isRecent ? marks[base + MARK.CREDIT]! : 0) + lengthBytes;
    marks[base + MARK.SOURCE_SEEN] = nowMs;
  }

  /** @returns the device's slot, -1 when the id is unknown */
  find(view: DataView, offset: number, length: number): number {
    const hash = this.#hash.low(view, offset, length);
    const buckets = this.#buckets;
    const mask = buckets.length / 2 - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const entry = buckets[at * 2 + 1]!;
      if (entry === 0) return -1;
      if (buckets[at * 2] === hash && this.#hasId(entry - 1, view, offset, length)) return entry - 1;
    }
  }

  /** Add an id that is not in the table. @returns its slot, all fields at their defaults */
  add(view: DataView, offset: number, length: number, device: number): number {
    if (this.count * 4 === this.#buckets.length) this.#widenBuckets();
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= this.#capacity) throw new MisuseError(`more than ${this.#capacity} devices`);
    const { bytes, size } = this.#roomFor(length);
    for (let at = 0; at < length; at++) bytes[slot * size + at] = view.getUint8(offset + at);
    this.ints.fill(0, slot * SLOT_FIELDS, (slot + 1) * SLOT_FIELDS);
    this.ints.fill(-1, slot * SLOT_FIELDS, slot * SLOT_FIELDS + SLOT.PORT);
    this.setInt(slot, SLOT.ID_LENGTH, length);
    this.marks.fill(Number.NEGATIVE_INFINITY, slot * MARK_FIELDS, (slot + 1) * MARK_FIELDS);
    this.setMark(slot, MARK.DEVICE, device);
    this.setMark(slot, MARK.CREDIT, 0);
    this.addresses[slot] = "";
    this.#enter(this.#hash.low(view, offset, length), slot);
    this.count++;
    return slot;
  }

  /** Take a device out; the entries behind it move up, so that no tombstone is left. */
  remove(slot: number): void {
    const buckets = this.#buckets;
    const mask = buckets.length / 2 - 1;
    let hole = this.#bucketOf(slot);
    for (let at = (hole + 1) & mask; buckets[at * 2 + 1] !== 0; at = (at + 1) & mask) {
      const home = buckets[at * 2]! & mask;
      // an entry may move to the hole when its home does not lie between the hole and itself
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      buckets[hole * 2] = buckets[at * 2]!;
      buckets[hole * 2 + 1] = buckets[at * 2 + 1]!;
      hole = at;
    }
    buckets[hole * 2 + 1] = 0;
    this.setInt(slot, SLOT.ID_LENGTH, 0);
    this.addresses[slot] = "";
    this.#free.push(slot);
    this.count--;
  }

  /** @returns a view of the id's bytes, valid until the device is removed or another is added */
  idBytes(slot: number): Uint8Array {
    const length = this.int(slot, SLOT.ID_LENGTH);
    const { bytes, size } = this.#roomFor(length);
    return bytes.subarray(slot * size, slot * size + length);
  }

  /** 53 bits that stand for the id of a device outside this table (R16) */
  wideHashOf(slot: number): number {
    const length = this.int(slot, SLOT.ID_LENGTH);
    const { view, size } = this.#roomFor(length);
    return this.wideHash(view, slot * size, length);
  }

  /** The same for an id that is not in the table. */
  wideHash(view: DataView, offset: number, length: number): number {
    return this.#hash.wide(view, offset, length);
  }

  /** Compared four bytes at a time; of the last word only what belongs to the id. */
  #hasId(slot: number, view: DataView, offset: number, length: number): boolean {
    if (this.ints[slot * SLOT_FIELDS + SLOT.ID_LENGTH] !== length) return false;
    const { view: ids, size } = this.#roomFor(length);
    const start = slot * size;
    const words = length & ~3;
    for (let at = 0; at < words; at += 4)
      if (ids.getInt32(start + at) !== view.getInt32(offset + at)) return false;
    for (let at = words; at < length; at++)
      if (ids.getUint8(start + at) !== view.getUint8(offset + at)) return false;
    return true;
  }

  #roomFor(length: number): IdRoom {
    return length <= SHORT_ID_BYTES ? this.#shortIds : this.#longIds;
  }

  #bucketOf(slot: number): number {
    const mask = this.#buckets.length / 2 - 1;
    const length = this.int(slot, SLOT.ID_LENGTH);
    const { view, size } = this.#roomFor(length);
    let at = this.#hash.low(view, slot * size, length) & mask;
    while (this.#buckets[at * 2 + 1] !== slot + 1) at = (at + 1) & mask;
    return at;
  }

  #enter(hash: number, slot: number): void {
    const mask = this.#buckets.length / 2 - 1;
    let at = hash & mask;
    while (this.#buckets[at * 2 + 1] !== 0) at = (at + 1) & mask;
    this.#buckets[at * 2] = hash;
    this.#buckets[at * 2 + 1] = slot + 1;
  }

  #widenBuckets(): void {
    const old = this.#buckets;
    this.#buckets = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 2) if (old[at + 1] !== 0) this.#enter(old[at]!, old[at + 1]! - 1);
  }
}
