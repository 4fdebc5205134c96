import { randomInt } from "node:crypto";
import { SharedStrings } from "../../common/shared-strings.ts";
import { Entries, type FlushColumn, withRoom } from "./columns.ts";
import { EntryIndex } from "./entry-index.ts";
import { hashOf } from "./id-index.ts";
import { findPlace, hasPlace, type PlaceSet, placesOf } from "./place-set.ts";
import { type Bounds, Room } from "./room.ts";

/** What a channel is called, and in what its values are. */
export interface Description {
  channel: number;
  name: string;
  unit: string;
}

/** One of the different descriptions a device has given, whatever the epoch. */
export interface PlacedDescription extends Description {
  /** among those of its device; that of one no epoch has any more is used again */
  place: number;
}

/** What descriptions take is counted in pieces: one, and another for each so many characters. */
const PIECE = 32;
export const piecesOf = ({ name, unit }: Pick<Description, "name" | "unit">): number =>
  1 + Math.floor((name.length + unit.length) / PIECE);

/** strings of many devices are mostly the same few */
const MAX_SHARED = 10_000;
/** A device that has given more places than that has its descriptions in the index; those of others are walked. */
const FEW_PLACES = 32;
/** odd, and known to nobody: descriptions cannot be chosen to meet in one place */
const OF_DEVICE = 2 * randomInt(2 ** 30) + 1;
const OF_CHANNEL = 2 * randomInt(2 ** 30) + 1;
const OF_UNIT = 2 * randomInt(2 ** 30) + 1;

/** The different descriptions of all devices, each at a place of its device. Devices go by a small number, their head. */
export class Descriptions {
  /** for pieces of descriptions; nothing here refuses what does not fit, see `keptNotes` */
  readonly room: Room;
  /** of a device: its first description, one whose place is free (-1 = none) */
  #first = new Int32Array(0);
  #free = new Int32Array(0);
  /** places given out, and pieces of the descriptions in use */
  #places = new Uint32Array(0);
  #pieces = new Uint32Array(0);

  readonly #entries = new Entries();
  readonly #byWhat = new EntryIndex();
  /** of a device whose descriptions are in the index: the one at each of its places */
  readonly #entryAt = new Map<number, Uint32Array>();
  readonly #shared = new SharedStrings(MAX_SHARED);
  /** of a description: the next one of its device, its device (of a free place: -2 - the next free one), its place, how many epochs have it */
  #next = new Int32Array(0);
  #head = new Int32Array(0);
  #place = new Uint16Array(0);
  #users = new Uint32Array(0);
  #channel = new Uint16Array(0);
  readonly #name: string[] = [];
  readonly #unit: string[] = [];
  /** flush that brought it or set it free */
  #flush: FlushColumn = new Float64Array(0);

  constructor(bounds: Bounds) {
    this.room = new Room(bounds);
  }

  /** A device that has none yet. */
  open(head: number): void {
    const length = head + 1;
    this.#first = withRoom(this.#first, length);
    this.#free = withRoom(this.#free, length);
    this.#places = withRoom(this.#places, length);
    this.#pieces = withRoom(this.#pieces, length);
    for (const column of [this.#first, this.#free]) column[head] = -1;
    for (const column of [this.#places, this.#pieces]) column[head] = 0;
  }

  /** All of a device go. */
  remove(head: number): void {
    for (const entry of this.entriesOf(head)) {
      if (this.#head[entry]! >= 0) this.#empty(head, entry);
      this.#entries.giveBack(entry);
    }
    this.#entryAt.delete(head);
  }

  /** Pieces of a device's descriptions. */
  piecesOf(head: number): number {
    return this.#pieces[head]!;
  }

  /** @returns the entry of this very description of the device, -1 = it has none */
  find(head: number, description: Readonly<Description>): number {
    if (this.#isIndexed(head))
      return this.#byWhat.find(hashOfWhat(head, description), (entry) => this.isIt(entry, head, description));
    for (const entry of this.entriesOf(head)) if (this.isIt(entry, head, description)) return entry;
    return -1;
  }

  isIt(entry: number, head: number, { channel, name, unit }: Readonly<Description>): boolean {
    return (
      this.#channel[entry] === channel &&
      this.#head[entry] === head &&
      this.#name[entry] === name &&
      this.#unit[entry] === unit
    );
  }

  /** One of the descriptions at these places; what else the device has described is not looked at where that may be much. */
  findAt(head: number, places: PlaceSet, isIt: (entry: number) => boolean): number | undefined {
    const entryAt = this.#entryAt.get(head);
    if (entryAt !== undefined) {
      const found = findPlace(places, (place) => isIt(entryAt[place]!));
      return found < 0 ? undefined : entryAt[found]!;
    }
    for (const entry of this.entriesOf(head))
      if (isIt(entry) && hasPlace(places, this.#place[entry]!)) return entry;
    return undefined;
  }

  /** One epoch more has the description. @returns its entry, made when the device has none */
  take(head: number, description: Readonly<Description>, flush: number): number {
    let entry = this.find(head, description);
    if (entry < 0) {
      entry = this.#placeFor(head, flush);
      this.#flush[entry] = flush;
      this.#fill(entry, head, description);
    }
    this.use(entry);
    return entry;
  }

  /** One epoch more has it. */
  use(entry: number): void {
    this.#users[entry]!++;
  }

  /** One epoch less has it; when that was the last one its place is free. */
  release(head: number, entry: number, flush: number): void {
    if (--this.#users[entry]! > 0) return;
    this.#empty(head, entry);
    this.#flush[entry] = flush;
    this.#setFree(head, entry);
  }

  /** A description as the database has it. Those of a device come by ascending place. */
  restore(head: number, { place, ...description }: Readonly<PlacedDescription>): void {
    while (this.#places[head]! < place) this.#setFree(head, this.#add(head, 0));
    this.#fill(this.#add(head, 0), head, description);
  }

  /** Those of a device, each at its place; a place that is free has none. */
  entriesByPlace(head: number): (number | undefined)[] {
    const entries: number[] = [];
    for (const entry of this.entriesOf(head))
      if (this.#head[entry]! >= 0) entries[this.#place[entry]!] = entry;
    return entries;
  }

  *entriesOf(head: number): Generator<number> {
    for (let entry = this.#first[head]!; entry >= 0; entry = this.#next[entry]!) yield entry;
  }

  placeOf(entry: number): number {
    return this.#place[entry]!;
  }

  channelOf(entry: number): number {
    return this.#channel[entry]!;
  }

  nameOf(entry: number): string {
    return this.#name[entry]!;
  }

  /** Those some epoch has, by place. */
  list(head: number): PlacedDescription[] {
    const found: PlacedDescription[] = [];
    for (const entry of this.entriesOf(head)) {
      if (this.#users[entry] === 0) continue;
      found.push({ place: this.#place[entry]!, ...this.#what(entry) });
    }
    return found.reverse();
  }

  /** Those at these places; what else the device has described is not looked at where that may be much. */
  at(head: number, places: PlaceSet): Description[] {
    const entryAt = this.#entryAt.get(head) ?? this.entriesByPlace(head);
    return Array.from(placesOf(places), (place) => this.#what(entryAt[place]!));
  }

  /** Places that came to a description or lost it after a flush; null = it is free. */
  *changed(head: number, after: number): Generator<{ place: number; description: Description | null }> {
    for (const entry of this.entriesOf(head)) {
      if (this.#flush[entry]! <= after) continue;
      const isFree = this.#head[entry]! < 0;
      yield { place: this.#place[entry]!, description: isFree ? null : this.#what(entry) };
    }
  }

  #isIndexed(head: number): boolean {
    return this.#places[head]! > FEW_PLACES;
  }

  #placeFor(head: number, flush: number): number {
    const entry = this.#free[head]!;
    if (entry < 0) return this.#add(head, flush);
    this.#free[head] = -2 - this.#head[entry]!;
    return entry;
  }

  #setFree(head: number, entry: number): void {
    this.#head[entry] = -2 - this.#free[head]!;
    this.#free[head] = entry;
  }

  #fill(entry: number, head: number, description: Readonly<Description>): void {
    this.#head[entry] = head;
    this.#channel[entry] = description.channel;
    this.#name[entry] = this.#shared.share(description.name);
    this.#unit[entry] = this.#shared.share(description.unit);
    if (this.#isIndexed(head)) this.#byWhat.add(hashOfWhat(head, description), entry);
    this.#count(head, piecesOf(description));
  }

  #empty(head: number, entry: number): void {
    const description = this.#what(entry);
    if (this.#isIndexed(head)) this.#byWhat.delete(hashOfWhat(head, description), entry);
    this.#count(head, -piecesOf(description));
    this.#name[entry] = "";
    this.#unit[entry] = "";
  }

  #count(head: number, pieces: number): void {
    const before = this.#pieces[head]!;
    this.#pieces[head] = before + pieces;
    this.room.move(before, before + pieces);
  }

  #add(head: number, flush: number): number {
    const entry = this.#entries.take();
    const { used } = this.#entries;
    this.#next = withRoom(this.#next, used);
    this.#head = withRoom(this.#head, used);
    this.#place = withRoom(this.#place, used);
    this.#users = withRoom(this.#users, used);
    this.#channel = withRoom(this.#channel, used);
    this.#flush = withRoom(this.#flush, used);
    this.#next[entry] = this.#first[head]!;
    this.#first[head] = entry;
    this.#place[entry] = this.#places[head]!++;
    this.#users[entry] = 0;
    this.#flush[entry] = flush;
    this.#name[entry] = "";
    this.#unit[entry] = "";
    if (this.#places[head] === FEW_PLACES + 1) this.#indexAll(head);
    if (this.#isIndexed(head)) this.#putAt(head, this.#place[entry]!, entry);
    return entry;
  }

  /** All but the first, which is being added. */
  #indexAll(head: number): void {
    for (let entry = this.#next[this.#first[head]!]!; entry >= 0; entry = this.#next[entry]!) {
      this.#putAt(head, this.#place[entry]!, entry);
      if (this.#head[entry]! >= 0) this.#byWhat.add(hashOfWhat(head, this.#what(entry)), entry);
    }
  }

  #putAt(head: number, place: number, entry: number): void {
    let entryAt = this.#entryAt.get(head) ?? new Uint32Array(2 * FEW_PLACES);
    if (place >= entryAt.length) {
      const longer = new Uint32Array(2 * place);
      longer.set(entryAt);
      entryAt = longer;
    }
    entryAt[place] = entry;
    this.#entryAt.set(head, entryAt);
  }

  #what(entry: number): Description {
    return { channel: this.#channel[entry]!, name: this.#name[entry]!, unit: this.#unit[entry]! };
  }
}

const hashOfWhat = (head: number, { channel, name, unit }: Readonly<Description>): number =>
  (hashOf(name) ^
    Math.imul(hashOf(unit), OF_UNIT) ^
    Math.imul(head, OF_DEVICE) ^
    Math.imul(channel, OF_CHANNEL)) >>>
  0;
