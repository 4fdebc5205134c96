import { ChannelIndex } from "./channel-index.ts";
import { Entries, type FlushColumn, withRoom } from "./columns.ts";
import { CHANNEL_BOUNDS, Room } from "./room.ts";

/** Newest values as columns, one entry per changed (device, channel): what the writer posts after a commit. */
export interface LatestColumns {
  count: number;
  device: Uint32Array;
  channel: Uint16Array;
  run: Uint32Array;
  sequence: Float64Array;
  /** reading time, microseconds */
  time: Float64Array;
  /** VALUE_TYPE.* */
  type: Uint8Array;
  value: Float64Array;
}

export const emptyLatest = (count = 0): LatestColumns => ({
  count,
  device: new Uint32Array(count),
  channel: new Uint16Array(count),
  run: new Uint32Array(count),
  sequence: new Float64Array(count),
  time: new Float64Array(count),
  type: new Uint8Array(count),
  value: new Float64Array(count),
});

/** One newest value. */
export interface LatestEntry {
  device: number;
  channel: number;
  run: number;
  sequence: number;
  time: number;
  type: number;
  value: number;
  /** flush that brought it */
  flush: number;
}

export const emptyEntry = (): LatestEntry => ({
  device: 0,
  channel: 0,
  run: 0,
  sequence: 0,
  time: 0,
  type: 0,
  value: 0,
  flush: 0,
});

/** A list in which a search went so far gets an index: in what order its channels come is for the sender to choose. */
const LONG_WALK = 256;

/** Whether what a run brings, late or not, is newer than what another run of the device brought before. */
export type TakesFrom = (run: number, isLate: boolean, other: number) => boolean;

/**
 * The newest value of each channel of each device, as columns linked into one list per device.
 *
 * Newest is what the newest datagram brought, not the greatest time: within a run the greater sequence wins (then the later reading time),
 * so a late datagram changes nothing; a later run wins from an earlier one, which wins from it only in a later flush and where `takesFrom` says
 * that it speaks on. A wrong or forged clock can thus not freeze a value.
 *
 * A channel there is no room for has none: who offers decides, and all others put what they are told.
 */
export class LatestValues {
  readonly #entries = new Entries();
  readonly #room: Room;
  /** of a list's head: entries of the list */
  #count = new Uint32Array(0);
  #next = new Int32Array(0);
  #device = new Uint32Array(0);
  #channel = new Uint16Array(0);
  #type = new Uint8Array(0);
  #run = new Uint32Array(0);
  #flush: FlushColumn = new Float64Array(0);
  #sequence = new Float64Array(0);
  #time = new Float64Array(0);
  #value = new Float64Array(0);
  /** where the last search ended: datagrams name their channels in the same order again and again */
  #hintHead = -1;
  #hint = -1;
  /** of the lists that need one, by their head */
  readonly #indexes = new Map<number, ChannelIndex>();
  /** entries that the search under way has looked at */
  #walked = 0;
  /** entries that `offer` changed since `takeChanged`, each once */
  #changed: number[] = [];
  readonly #takesFrom: TakesFrom;

  /** @param bounds - smaller ones for tests */
  constructor(takesFrom: TakesFrom, bounds = CHANNEL_BOUNDS) {
    this.#takesFrom = takesFrom;
    this.#room = new Room(bounds);
  }

  /**
   * Bring one reading of the device whose list begins at `head` (-1 = empty).
   * @param isLate - its run had greater numbers before the flush
   * @returns the list's head
   */
  offer(head: number, reading: Readonly<LatestEntry>, isLate: boolean): number {
    const known = this.#find(head, reading.channel);
    if (known >= 0 ? !this.#isNewer(known, reading, isLate) : !this.hasRoom(head)) return head;
    const entry = known < 0 ? this.#add(head, reading.channel) : known;
    if (known < 0 || this.#flush[entry] !== reading.flush) this.#changed.push(entry);
    this.#set(entry, reading);
    return head < 0 ? entry : head;
  }

  /** Whether there is room for a further channel. @param head - -1 = empty */
  hasRoom(head: number): boolean {
    const count = this.countOf(head);
    return this.#room.fits(count, count + 1);
  }

  /** Whether no channel of the list was left out since the start. @param head - -1 = empty */
  hasAll(head: number): boolean {
    return this.#room.hasAll(this.countOf(head));
  }

  /** What `offer` changed since the last call, as columns. */
  takeChanged(): LatestColumns {
    const changed = this.#changed;
    this.#changed = [];
    const columns = emptyLatest(changed.length);
    // a flush may change one of every device: an iterator would allocate for each
    for (let at = 0; at < changed.length; at++) {
      const entry = changed[at]!;
      columns.device[at] = this.#device[entry]!;
      columns.channel[at] = this.#channel[entry]!;
      columns.run[at] = this.#run[entry]!;
      columns.sequence[at] = this.#sequence[entry]!;
      columns.time[at] = this.#time[entry]!;
      columns.type[at] = this.#type[entry]!;
      columns.value[at] = this.#value[entry]!;
    }
    return columns;
  }

  /** Set without asking whether it is newer. @returns the list's head */
  put(head: number, reading: Readonly<LatestEntry>): number {
    const known = this.#find(head, reading.channel);
    const entry = known < 0 ? this.#add(head, reading.channel) : known;
    this.#set(entry, reading);
    return head < 0 ? entry : head;
  }

  /** Set the newest value of a channel the list has none of. @returns the list's head */
  append(head: number, reading: Readonly<LatestEntry>): number {
    const entry = this.#add(head, reading.channel);
    this.#set(entry, reading);
    return head < 0 ? entry : head;
  }

  /** Entries of a list. */
  countOf(head: number): number {
    return head < 0 ? 0 : this.#count[head]!;
  }

  *list(head: number): Generator<LatestEntry> {
    for (let entry = head; entry >= 0; entry = this.#next[entry]!) yield this.#read(entry, emptyEntry());
  }

  /** The entries of these lists, ascending by the flush that brought them, then by run. One object is used for all: there may be millions. */
  *inOrder(heads: Iterable<number>): Generator<Readonly<LatestEntry>> {
    const [flush, run] = [this.#flush, this.#run];
    const order = new Uint32Array(this.#entries.used);
    let count = 0;
    for (const head of heads)
      for (let entry = head; entry >= 0; entry = this.#next[entry]!) order[count++] = entry;
    const ascending = order
      .subarray(0, count)
      .sort((one, other) => flush[one]! - flush[other]! || run[one]! - run[other]!);
    const read = emptyEntry();
    for (const entry of ascending) yield this.#read(entry, read);
  }

  #read(entry: number, into: LatestEntry): LatestEntry {
    into.device = this.#device[entry]!;
    into.channel = this.#channel[entry]!;
    into.run = this.#run[entry]!;
    into.sequence = this.#sequence[entry]!;
    into.time = this.#time[entry]!;
    into.type = this.#type[entry]!;
    into.value = this.#value[entry]!;
    into.flush = this.#flush[entry]!;
    return into;
  }

  /** The whole list goes. */
  remove(head: number): void {
    if (head >= 0) this.#room.move(this.#count[head]!, 0);
    for (let entry = head; entry >= 0; entry = this.#next[entry]!) this.#entries.giveBack(entry);
    this.#indexes.delete(head);
    this.#hintHead = -1;
  }

  /** The channel's entry in the list, or -1; looks first behind the one found last when that was in the same list. */
  #find(head: number, channel: number): number {
    const start = head >= 0 && head === this.#hintHead ? this.#next[this.#hint]! : head;
    let found = -1;
    if (start >= 0 && this.#channel[start] === channel) found = start;
    else found = this.#indexes.get(head)?.get(channel) ?? this.#walk(head, start, channel);
    if (found >= 0) this.#remember(head, found);
    return found;
  }

  #walk(head: number, start: number, channel: number): number {
    this.#walked = 0;
    let found = this.#search(start, -1, channel);
    if (found < 0 && start !== head) found = this.#search(head, start, channel);
    if (this.#walked > LONG_WALK) this.#indexes.set(head, this.#indexOf(head));
    return found;
  }

  #search(from: number, end: number, channel: number): number {
    for (let entry = from; entry !== end && entry >= 0; entry = this.#next[entry]!) {
      if (this.#channel[entry] === channel) return entry;
      this.#walked++;
    }
    return -1;
  }

  #indexOf(head: number): ChannelIndex {
    const index = new ChannelIndex();
    for (let entry = head; entry >= 0; entry = this.#next[entry]!) index.add(this.#channel[entry]!, entry);
    return index;
  }

  #remember(head: number, entry: number): void {
    this.#hintHead = head;
    this.#hint = entry;
  }

  #isNewer(entry: number, reading: Readonly<LatestEntry>, isLate: boolean): boolean {
    const run = this.#run[entry]!;
    if (reading.run < run && reading.flush <= this.#flush[entry]!) return false;
    if (reading.run !== run) return this.#takesFrom(reading.run, isLate, run);
    const sequence = this.#sequence[entry]!;
    if (reading.sequence !== sequence) return reading.sequence > sequence;
    return reading.time >= this.#time[entry]!;
  }

  /** A new entry of the list, behind the one found last (the head of an empty one). */
  #add(head: number, channel: number): number {
    const entry = this.#entries.take();
    this.#makeRoom(this.#entries.used);
    const before = head >= 0 && head === this.#hintHead ? this.#hint : head;
    this.#next[entry] = before < 0 ? -1 : this.#next[before]!;
    if (before >= 0) this.#next[before] = entry;
    this.#remember(head < 0 ? entry : head, entry);
    this.#indexes.get(head)?.add(channel, entry);
    const first = head < 0 ? entry : head;
    const count = this.countOf(head);
    this.#count[first] = count + 1;
    this.#room.move(count, count + 1);
    return entry;
  }

  #set(entry: number, reading: Readonly<LatestEntry>): void {
    this.#device[entry] = reading.device;
    this.#channel[entry] = reading.channel;
    this.#type[entry] = reading.type;
    this.#run[entry] = reading.run;
    this.#flush[entry] = reading.flush;
    this.#sequence[entry] = reading.sequence;
    this.#time[entry] = reading.time;
    this.#value[entry] = reading.value;
  }

  #makeRoom(length: number): void {
    this.#next = withRoom(this.#next, length);
    this.#count = withRoom(this.#count, length);
    this.#device = withRoom(this.#device, length);
    this.#channel = withRoom(this.#channel, length);
    this.#type = withRoom(this.#type, length);
    this.#run = withRoom(this.#run, length);
    this.#flush = withRoom(this.#flush, length);
    this.#sequence = withRoom(this.#sequence, length);
    this.#time = withRoom(this.#time, length);
    this.#value = withRoom(this.#value, length);
  }
}
