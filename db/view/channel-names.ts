import { randomInt } from "node:crypto";
import { MAX_CHANNELS_PER_DEVICE } from "../../protocol/constants.ts";
import { undescribedName } from "../../protocol/text.ts";
import { Entries, withRoom } from "./columns.ts";
import { EntryIndex } from "./entry-index.ts";
import { hashOf } from "./id-index.ts";
import {
  countPlaces,
  findPlace,
  hasPlace,
  isSameSet,
  NO_PLACES,
  type PlaceSet,
  placesOf,
  withoutPlace,
  withPlace,
} from "./place-set.ts";
import { type Bounds, Room } from "./room.ts";

/** What a channel is called, and in what its values are. */
export interface Description {
  channel: number;
  name: string;
  unit: string;
}

export interface ChannelEntry extends Description {
  /** -1 = null */
  epoch: number;
  /** flush that brought it */
  flush: number;
}

/** One of the different descriptions a device has given, whatever the epoch. */
export interface PlacedDescription extends Description {
  /** among those of its device; that of one no epoch has any more is used again */
  place: number;
}

const UNDESCRIBED = /^ch(\d{1,5})$/;

/** The channel whose name that would be; null = of none. */
export const undescribedNumber = (name: string): number | null => {
  const number = Number(UNDESCRIBED.exec(name)?.[1] ?? Number.NaN);
  return undescribedName(number) === name ? number : null;
};

/** What descriptions take is counted in pieces: one, and another for each so many characters. */
const PIECE = 32;
export const piecesOf = ({ name, unit }: Pick<Description, "name" | "unit">): number =>
  1 + Math.floor((name.length + unit.length) / PIECE);

/** In pieces. Ingest knows 8 epochs of a device, of 1,024 channels each, and a million channels in all; older names need room as well. */
const BOUNDS: Bounds = { perDevice: 8192, sure: 32, beyond: 2_000_000 };

/** Strings of many devices are mostly the same few; beyond this many different ones they are no longer shared. */
const MAX_SHARED = 10_000;
/** A list with more epochs gets an index of them: a sender that restarts often has tens of thousands in a year. */
const MANY_EPOCHS = 256;
/** A device that has given more places than that has its descriptions in the index; those of others are walked. */
const FEW_PLACES = 32;
/** After so many descriptions of one epoch, with none of another between them, it gets maps: they take as long to make as that many searches. */
const WORTH_MAPS = 64;
/** odd, and known to nobody: descriptions cannot be chosen to meet in one place */
const OF_DEVICE = 2 * randomInt(2 ** 30) + 1;
const OF_CHANNEL = 2 * randomInt(2 ** 30) + 1;
const OF_UNIT = 2 * randomInt(2 ** 30) + 1;

/** The epoch that was described last. */
interface OpenEpoch {
  head: number;
  record: number;
  epoch: number;
  /** descriptions since it was opened */
  described: number;
  maps: EpochMaps | null;
}

/** The names of an epoch, by channel and by name. */
interface EpochMaps {
  /** channel to entry */
  byChannel: Map<number, number>;
  /** name to channel */
  byName: Map<string, number>;
}

/**
 * Channel descriptions of all devices; a name holds for its epoch. A device has each different description once, and of an epoch it knows which of them hold
 * there: what a sender says again at each of its starts takes a number per start.
 */
export class ChannelNames {
  /** for pieces of descriptions; nothing here refuses what does not fit, see `keptNotes` */
  readonly room: Room;
  readonly #heads = new Entries();
  readonly #indexes = new Map<number, Map<number, number>>();
  /** of a device: its first description, its newest epoch, a description whose place is free (-1 = none) */
  #firstEntry = new Int32Array(0);
  #newest = new Int32Array(0);
  #free = new Int32Array(0);
  /** places given out, and pieces of the descriptions in use */
  #places = new Uint32Array(0);
  #pieces = new Uint32Array(0);

  readonly #entries = new Entries();
  readonly #byWhat = new EntryIndex();
  /** of a device whose descriptions are in the index: the one at each of its places */
  readonly #entryAt = new Map<number, Uint32Array>();
  readonly #shared = new Map<string, string>();
  /** of a description: the next one of its device, its device (of a free place: -2 - the next free one), its place, how many epochs have it */
  #next = new Int32Array(0);
  #head = new Int32Array(0);
  #place = new Uint16Array(0);
  #users = new Uint32Array(0);
  #channel = new Uint16Array(0);
  readonly #name: string[] = [];
  readonly #unit: string[] = [];
  /** flush that brought it or set it free */
  #flush = new Uint32Array(0);

  readonly #records = new Entries();
  /** of an epoch: the one described before it, its number, what holds there, and the flush that changed that */
  #older = new Int32Array(0);
  #epoch = new Float64Array(0);
  readonly #described: PlaceSet[] = [];
  #changed = new Uint32Array(0);

  #open: OpenEpoch | null = null;

  /** @param bounds - smaller ones for tests */
  constructor(bounds = BOUNDS) {
    this.room = new Room(bounds);
  }

  /** Pieces of a device's descriptions. @param head - -1 = none */
  piecesOf(head: number): number {
    return head < 0 ? 0 : this.#pieces[head]!;
  }

  /** Whether some epoch of the device has this very description. @param head - -1 = none */
  has(head: number, description: Readonly<Description>): boolean {
    return head >= 0 && this.#find(head, description) >= 0;
  }

  /**
   * Describe a channel. A name that another channel of the epoch has gets the suffix `#<channel>`.
   * @param head - the device's, -1 = it has none
   * @returns the device's head
   */
  describe(head: number, described: Readonly<ChannelEntry>): number {
    const device = head < 0 ? this.#addDevice() : head;
    const { maps, record } = this.#opened(device, described);
    const { channel, flush } = described;
    const before = this.#described[record]!;
    const known = maps === null ? this.#ofChannel(device, before, channel) : maps.byChannel.get(channel);
    // ingest refuses what is beyond, but forgets epochs that others have followed
    if (known === undefined && countPlaces(before) >= MAX_CHANNELS_PER_DEVICE) return device;
    const isTaken =
      maps === null
        ? this.#isTaken(device, before, described)
        : (maps.byName.get(described.name) ?? channel) !== channel;
    const name = isTaken ? `${described.name}#${channel}` : described.name;
    const description = { channel, name, unit: described.unit };
    if (known !== undefined && this.#isIt(known, device, description)) return device;
    const entry = this.#findOrAdd(device, description, flush);
    this.#users[entry]!++;
    if (maps !== null) {
      if (known !== undefined && maps.byName.get(this.#name[known]!) === channel)
        maps.byName.delete(this.#name[known]!);
      maps.byChannel.set(channel, entry);
      maps.byName.set(name, channel);
    }
    const rest = known === undefined ? before : withoutPlace(before, this.#place[known]!);
    this.#setDescribed(record, withPlace(rest, this.#place[entry]!), flush);
    if (known !== undefined) this.#release(device, known, flush);
    return device;
  }

  /**
   * A description as the database has it: its name is final. Those of a device come by ascending place, before its epochs.
   * @returns the device's head
   */
  restore(head: number, { place, ...description }: Readonly<PlacedDescription>): number {
    const device = head < 0 ? this.#addDevice() : head;
    while (this.#places[device]! < place) this.#setFree(device, this.#addEntry(device, 0));
    this.#fill(this.#addEntry(device, 0), device, description);
    return device;
  }

  /** The epochs of a device as the database has them, in the order in which they became known, once its descriptions are restored. */
  restoreEpochs(head: number, epochs: Iterable<{ epoch: number; places: PlaceSet }>): void {
    const entryAt: number[] = [];
    for (const entry of this.#entriesOf(head)) entryAt[this.#place[entry]!] = entry;
    for (const { epoch, places } of epochs) {
      this.#setDescribed(this.#addEpoch(head, epoch), places, 0);
      for (const place of placesOf(places)) this.#users[entryAt[place]!]!++;
    }
  }

  /** The different descriptions of a device, by place. @param head - -1 = none */
  descriptions(head: number): PlacedDescription[] {
    const found: PlacedDescription[] = [];
    for (const entry of this.#entriesOf(head)) {
      if (this.#users[entry] === 0) continue;
      found.push({ place: this.#place[entry]!, ...this.#what(entry) });
    }
    return found.reverse();
  }

  /** Places of the descriptions that hold in an epoch. @param head - -1 = none */
  placesIn(head: number, epoch: number): PlaceSet {
    const record = head < 0 ? -1 : this.#recordOf(head, epoch);
    return record < 0 ? NO_PLACES : this.#described[record]!;
  }

  /** The described epochs of a device, the newest first. @param head - -1 = none */
  *epochs(head: number): Generator<{ epoch: number; places: PlaceSet; flush: number }> {
    for (let record = head < 0 ? -1 : this.#newest[head]!; record >= 0; record = this.#older[record]!) {
      yield {
        epoch: this.#epoch[record]!,
        places: this.#described[record]!,
        flush: this.#changed[record]!,
      };
    }
  }

  /** Places of a device that came to a description or lost it after a flush; null = it is free. */
  *changedPlaces(head: number, after: number): Generator<{ place: number; description: Description | null }> {
    for (const entry of this.#entriesOf(head)) {
      if (this.#flush[entry]! <= after) continue;
      const isFree = this.#head[entry]! < 0;
      yield { place: this.#place[entry]!, description: isFree ? null : this.#what(entry) };
    }
  }

  /** All of every epoch, the newest epoch first. @param head - -1 = none */
  *list(head: number): Generator<ChannelEntry> {
    const placed: Description[] = [];
    for (const { place, ...description } of this.descriptions(head)) placed[place] = description;
    for (const { epoch, places, flush } of this.epochs(head))
      for (const place of placesOf(places)) yield { epoch, ...placed[place]!, flush };
  }

  /** All of a device goes. @param head - -1 = none */
  remove(head: number): void {
    if (head < 0) return;
    if (this.#open?.head === head) this.#open = null;
    for (const entry of this.#entriesOf(head)) {
      if (this.#head[entry]! >= 0) this.#empty(head, entry);
      this.#entries.giveBack(entry);
    }
    for (let record = this.#newest[head]!; record >= 0; record = this.#older[record]!) {
      this.#described[record] = NO_PLACES;
      this.#records.giveBack(record);
    }
    this.#indexes.delete(head);
    this.#entryAt.delete(head);
    this.#heads.giveBack(head);
  }

  *#entriesOf(head: number): Generator<number> {
    for (let entry = head < 0 ? -1 : this.#firstEntry[head]!; entry >= 0; entry = this.#next[entry]!)
      yield entry;
  }

  /** The epoch that is described; one without a description before becomes the device's newest. */
  #opened(head: number, { epoch }: Readonly<ChannelEntry>): OpenEpoch {
    let open = this.#open;
    if (open === null || open.head !== head || open.epoch !== epoch) {
      const known = this.#recordOf(head, epoch);
      const record = known < 0 ? this.#addEpoch(head, epoch) : known;
      open = { head, record, epoch, described: 0, maps: null };
      this.#open = open;
    }
    if (++open.described > WORTH_MAPS) open.maps ??= this.#mapsOf(head, this.#described[open.record]!);
    return open;
  }

  #mapsOf(head: number, places: PlaceSet): EpochMaps {
    const maps: EpochMaps = { byChannel: new Map(), byName: new Map() };
    for (const entry of this.#entriesOf(head)) {
      if (!hasPlace(places, this.#place[entry]!)) continue;
      maps.byChannel.set(this.#channel[entry]!, entry);
      maps.byName.set(this.#name[entry]!, this.#channel[entry]!);
    }
    return maps;
  }

  #ofChannel(head: number, places: PlaceSet, channel: number): number | undefined {
    return this.#findAt(head, places, (entry) => this.#channel[entry] === channel);
  }

  /** Whether another channel of the epoch has the name. */
  #isTaken(head: number, places: PlaceSet, { channel, name }: Readonly<Description>): boolean {
    const isOther = (entry: number): boolean =>
      this.#name[entry] === name && this.#channel[entry] !== channel;
    return this.#findAt(head, places, isOther) !== undefined;
  }

  /** One of the descriptions at these places; what else the device has described is not looked at where that may be much. */
  #findAt(head: number, places: PlaceSet, isIt: (entry: number) => boolean): number | undefined {
    const entryAt = this.#entryAt.get(head);
    if (entryAt !== undefined) {
      const found = findPlace(places, (place) => isIt(entryAt[place]!));
      return found < 0 ? undefined : entryAt[found]!;
    }
    for (const entry of this.#entriesOf(head))
      if (isIt(entry) && hasPlace(places, this.#place[entry]!)) return entry;
    return undefined;
  }

  /** What is described as in the epoch before takes no memory of its own. */
  #setDescribed(record: number, places: PlaceSet, flush: number): void {
    const older = this.#older[record]!;
    const before = older < 0 ? NO_PLACES : this.#described[older]!;
    this.#described[record] = isSameSet(before, places) ? before : places;
    this.#changed[record] = flush;
  }

  #recordOf(head: number, epoch: number): number {
    const index = this.#indexes.get(head);
    if (index !== undefined) return index.get(epoch) ?? -1;
    let record = this.#newest[head]!;
    let walked = 0;
    for (; record >= 0 && this.#epoch[record] !== epoch; walked++) record = this.#older[record]!;
    if (walked > MANY_EPOCHS) this.#indexes.set(head, this.#indexOf(head));
    return record;
  }

  #indexOf(head: number): Map<number, number> {
    const index = new Map<number, number>();
    for (let record = this.#newest[head]!; record >= 0; record = this.#older[record]!)
      index.set(this.#epoch[record]!, record);
    return index;
  }

  #findOrAdd(head: number, description: Readonly<Description>, flush: number): number {
    const known = this.#find(head, description);
    if (known >= 0) return known;
    let entry = this.#free[head]!;
    if (entry < 0) entry = this.#addEntry(head, flush);
    else this.#free[head] = -2 - this.#head[entry]!;
    this.#flush[entry] = flush;
    this.#fill(entry, head, description);
    return entry;
  }

  #find(head: number, description: Readonly<Description>): number {
    if (this.#isIndexed(head))
      return this.#byWhat.find(hashOfWhat(head, description), (entry) =>
        this.#isIt(entry, head, description),
      );
    for (const entry of this.#entriesOf(head)) if (this.#isIt(entry, head, description)) return entry;
    return -1;
  }

  #isIndexed(head: number): boolean {
    return this.#places[head]! > FEW_PLACES;
  }

  #isIt(entry: number, head: number, { channel, name, unit }: Readonly<Description>): boolean {
    return (
      this.#channel[entry] === channel &&
      this.#head[entry] === head &&
      this.#name[entry] === name &&
      this.#unit[entry] === unit
    );
  }

  /** One epoch less has it; when that was the last one its place is free. */
  #release(head: number, entry: number, flush: number): void {
    if (--this.#users[entry]! > 0) return;
    this.#empty(head, entry);
    this.#flush[entry] = flush;
    this.#setFree(head, entry);
  }

  #fill(entry: number, head: number, description: Readonly<Description>): void {
    this.#head[entry] = head;
    this.#channel[entry] = description.channel;
    this.#name[entry] = this.#share(description.name);
    this.#unit[entry] = this.#share(description.unit);
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

  #setFree(head: number, entry: number): void {
    this.#head[entry] = -2 - this.#free[head]!;
    this.#free[head] = entry;
  }

  #addDevice(): number {
    const head = this.#heads.take();
    const { used } = this.#heads;
    this.#firstEntry = withRoom(this.#firstEntry, used);
    this.#newest = withRoom(this.#newest, used);
    this.#free = withRoom(this.#free, used);
    this.#places = withRoom(this.#places, used);
    this.#pieces = withRoom(this.#pieces, used);
    for (const column of [this.#firstEntry, this.#newest, this.#free]) column[head] = -1;
    for (const column of [this.#places, this.#pieces]) column[head] = 0;
    return head;
  }

  #addEntry(head: number, flush: number): number {
    const entry = this.#entries.take();
    const { used } = this.#entries;
    this.#next = withRoom(this.#next, used);
    this.#head = withRoom(this.#head, used);
    this.#place = withRoom(this.#place, used);
    this.#users = withRoom(this.#users, used);
    this.#channel = withRoom(this.#channel, used);
    this.#flush = withRoom(this.#flush, used);
    this.#next[entry] = this.#firstEntry[head]!;
    this.#firstEntry[head] = entry;
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
    for (let entry = this.#next[this.#firstEntry[head]!]!; entry >= 0; entry = this.#next[entry]!) {
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

  #addEpoch(head: number, epoch: number): number {
    const record = this.#records.take();
    this.#older = withRoom(this.#older, this.#records.used);
    this.#epoch = withRoom(this.#epoch, this.#records.used);
    this.#changed = withRoom(this.#changed, this.#records.used);
    this.#older[record] = this.#newest[head]!;
    this.#newest[head] = record;
    this.#epoch[record] = epoch;
    this.#described[record] = NO_PLACES;
    this.#indexes.get(head)?.set(epoch, record);
    return record;
  }

  #share(text: string): string {
    const known = this.#shared.get(text);
    if (known !== undefined) return known;
    if (this.#shared.size < MAX_SHARED) this.#shared.set(text, text);
    return text;
  }
}

const hashOfWhat = (head: number, { channel, name, unit }: Readonly<Description>): number =>
  (hashOf(name) ^
    Math.imul(hashOf(unit), OF_UNIT) ^
    Math.imul(head, OF_DEVICE) ^
    Math.imul(channel, OF_CHANNEL)) >>>
  0;
