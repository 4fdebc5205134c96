import { MAX_CHANNELS_PER_DEVICE } from "../../protocol/constants.ts";
import { undescribedName } from "../../protocol/text.ts";
import { Entries, withRoom } from "./columns.ts";

export interface ChannelEntry {
  /** -1 = null */
  epoch: number;
  channel: number;
  name: string;
  unit: string;
  /** flush that brought it */
  flush: number;
}

const UNDESCRIBED = /^ch(\d{1,5})$/;

/** The channel whose name that would be; null = of none. */
export const undescribedNumber = (name: string): number | null => {
  const number = Number(UNDESCRIBED.exec(name)?.[1] ?? Number.NaN);
  return undescribedName(number) === name ? number : null;
};

/** Strings of many devices are mostly the same few; beyond this many different ones they are no longer shared. */
const MAX_SHARED = 10_000;
/** A list with more epochs gets an index of them: a sender that restarts often has tens of thousands in a year. */
const MANY_EPOCHS = 256;

/**
 * Channel descriptions of all devices; a name holds for its epoch. A device has a list of its epochs, an epoch one of its channels: a sender with many
 * epochs, forged ones maybe, must not make every description a walk over all it ever said.
 */
export class ChannelNames {
  readonly #entries = new Entries();
  readonly #shared = new Map<string, string>();
  /** of the same epoch */
  #next = new Int32Array(0);
  /** of an epoch's first entry: the first one of the epoch before it in the list */
  #older = new Int32Array(0);
  /** of lists with many epochs, by their head: the first entry of each */
  readonly #indexes = new Map<number, Map<number, number>>();
  #channel = new Uint16Array(0);
  #epoch = new Float64Array(0);
  #flush = new Uint32Array(0);
  readonly #name: string[] = [];
  readonly #unit: string[] = [];

  /**
   * Describe a channel. A name that another channel of the epoch has gets the suffix `#<channel>`.
   * @param head - the device's list, -1 = empty
   * @returns the list's head
   */
  describe(head: number, description: Readonly<ChannelEntry>): number {
    const { epoch, channel, flush } = description;
    const first = this.#firstOf(head, epoch);
    const known = this.#find(first, channel);
    // ingest refuses what is beyond, but forgets epochs that others have followed
    if (known < 0 && this.#isFull(first)) return head;
    const isTaken = this.#isTaken(first, description);
    const entry = known < 0 ? this.#add(head, first, epoch) : known;
    this.#channel[entry] = channel;
    this.#flush[entry] = flush;
    this.#name[entry] = this.#share(isTaken ? `${description.name}#${channel}` : description.name);
    this.#unit[entry] = this.#share(description.unit);
    return first < 0 ? entry : head;
  }

  /**
   * A description as the database has it: its name is final, and the list has none of that epoch and channel yet.
   * @returns the list's head
   */
  restore(head: number, { epoch, channel, name, unit, flush }: Readonly<ChannelEntry>): number {
    const first = this.#firstOf(head, epoch);
    const entry = this.#add(head, first, epoch);
    this.#channel[entry] = channel;
    this.#flush[entry] = flush;
    this.#name[entry] = this.#share(name);
    this.#unit[entry] = this.#share(unit);
    return first < 0 ? entry : head;
  }

  *list(head: number): Generator<ChannelEntry> {
    for (const entry of this.#all(head)) {
      yield {
        epoch: this.#epoch[entry]!,
        channel: this.#channel[entry]!,
        name: this.#name[entry]!,
        unit: this.#unit[entry]!,
        flush: this.#flush[entry]!,
      };
    }
  }

  /** The whole list goes. */
  remove(head: number): void {
    for (const entry of this.#all(head)) {
      this.#name[entry] = "";
      this.#unit[entry] = "";
      this.#entries.giveBack(entry);
    }
    this.#indexes.delete(head);
  }

  *#all(head: number): Generator<number> {
    for (let first = head; first >= 0; first = this.#older[first]!) {
      for (let entry = first; entry >= 0; entry = this.#next[entry]!) yield entry;
    }
  }

  #firstOf(head: number, epoch: number): number {
    if (head < 0 || this.#epoch[head] === epoch) return head;
    const index = this.#indexes.get(head);
    if (index !== undefined) return index.get(epoch) ?? -1;
    let first = head;
    let walked = 0;
    for (; first >= 0 && this.#epoch[first] !== epoch; walked++) first = this.#older[first]!;
    if (walked > MANY_EPOCHS) this.#indexes.set(head, this.#indexOf(head));
    return first;
  }

  #indexOf(head: number): Map<number, number> {
    const index = new Map<number, number>();
    for (let first = head; first >= 0; first = this.#older[first]!) index.set(this.#epoch[first]!, first);
    return index;
  }

  #find(first: number, channel: number): number {
    for (let entry = first; entry >= 0; entry = this.#next[entry]!) {
      if (this.#channel[entry] === channel) return entry;
    }
    return -1;
  }

  #isFull(first: number): boolean {
    let count = 0;
    for (let entry = first; entry >= 0; entry = this.#next[entry]!) count++;
    return count >= MAX_CHANNELS_PER_DEVICE;
  }

  #isTaken(first: number, { channel, name }: Readonly<ChannelEntry>): boolean {
    for (let entry = first; entry >= 0; entry = this.#next[entry]!) {
      if (this.#channel[entry] !== channel && this.#name[entry] === name) return true;
    }
    return false;
  }

  /**
   * Room for a description that comes before the others of its epoch; one of a new epoch becomes the list's head.
   * @param first - of its epoch: it stays where others find it, what it says moves one further. -1 = the epoch is new
   * @returns the entry to write it into
   */
  #add(head: number, first: number, epoch: number): number {
    const entry = this.#entries.take();
    this.#makeRoom(this.#entries.used);
    this.#epoch[entry] = epoch;
    if (first < 0) {
      this.#next[entry] = -1;
      this.#older[entry] = head;
      this.#moveIndex(head, entry, epoch);
      return entry;
    }
    this.#channel[entry] = this.#channel[first]!;
    this.#flush[entry] = this.#flush[first]!;
    this.#name[entry] = this.#name[first]!;
    this.#unit[entry] = this.#unit[first]!;
    this.#next[entry] = this.#next[first]!;
    this.#next[first] = entry;
    return first;
  }

  #moveIndex(head: number, newHead: number, epoch: number): void {
    const index = this.#indexes.get(head);
    if (index === undefined) return;
    this.#indexes.delete(head);
    this.#indexes.set(newHead, index.set(epoch, newHead));
  }

  #makeRoom(length: number): void {
    this.#next = withRoom(this.#next, length);
    this.#older = withRoom(this.#older, length);
    this.#channel = withRoom(this.#channel, length);
    this.#epoch = withRoom(this.#epoch, length);
    this.#flush = withRoom(this.#flush, length);
  }

  #share(text: string): string {
    const known = this.#shared.get(text);
    if (known !== undefined) return known;
    if (this.#shared.size < MAX_SHARED) this.#shared.set(text, text);
    return text;
  }
}
